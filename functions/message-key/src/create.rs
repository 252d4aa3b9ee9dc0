//! Making a key.

use domain::Tenant;
use domain::audit::Event;
use domain::message::{Address, MessageKey};
use domain::password::NewPassword;
use gateway::password::known_about;
use gateway::{Code, Field, Input, Problem, Request, Response, SignedIn};
use repository::message_keys::NotCreated;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;

/// The passphrase of a new key.
#[derive(Default, Deserialize, ToSchema)]
pub struct CreateBody {
    /// What opens the key. It is stored nowhere: whoever loses it loses all messages, and nobody can bring them back.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, required)]
    #[serde(default)]
    password: Field<NewPassword>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub struct CreateAnswer {
    /// Messages are dropped at `/drop/{address}`.
    #[schema(example = "mzxw6ytboi4dcmrtgq2tmnzyha")]
    address: String,
    /// What others encrypt to.
    #[schema(example = "age1…")]
    recipient: String,
}

#[utoipa::path(post, path = "/messages/key", tag = "messages", summary = "Make one's message key",
    description = "The passphrase is stored nowhere. Whoever loses it loses all messages for good; nobody can reset it. `DELETE /messages/key` starts over.",
    request_body = CreateBody, responses((status = 201, description = "There is a key, and an address where messages can be left", body = CreateAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: CreateBody = request.json()?;
    let mut input = Input::new();
    let password = input.required("password", body.password);
    let password = input.finish(password)?;
    let (caller, known) = crate::signed_in(deps, request).await?;
    if known.is_some() {
        return Err(exists());
    }
    check(deps, &caller, "password", &password).await?;

    let sealed = message::generate(password.as_password())?;
    let now = deps.clock.now();
    let key = MessageKey {
        drop_address: Address::random(&deps.random),
        recipient: sealed.recipient,
        encrypted_identity: sealed.encrypted_identity,
        version: 1,
        created_at: now,
    };
    let user = &caller.user;
    let event = request.audit(Event::MessageKeyCreated, &user.user_id, now);
    let created = deps
        .keys
        .create(&deps.users, &deps.audit, user, &key, &event)
        .await?;
    created.map_err(|why| match why {
        NotCreated::Exists => exists(),
        NotCreated::NoAccount => Problem::token_invalid(),
    })?;
    Ok(Response::created(&CreateAnswer {
        address: key.drop_address.to_string(),
        recipient: key.recipient,
    }))
}

fn exists() -> Problem {
    Problem::new(
        Code::MessageKeyExists,
        "you have a message key; DELETE /messages/key starts over",
    )
}

/// Refuses a passphrase that whoever knows its owner would try early.
pub(crate) async fn check(
    deps: &Deps,
    caller: &SignedIn,
    field: &str,
    password: &NewPassword,
) -> Result<(), Problem> {
    let user = &caller.user;
    let tenant = deps.tenants.tenant(user.user_id.tenant()).await?;
    let site = tenant.as_deref().map_or("", |tenant: &Tenant| &tenant.name);
    let known = known_about(&user.user_id, user.name.as_str(), site);
    password
        .check_strength(&known)
        .map_err(|error| Problem::invalid_field(field, error))
}
