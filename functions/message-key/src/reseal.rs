//! Changing a key's passphrase.

use domain::audit::Event;
use domain::password::{NewPassword, Password};
use gateway::password::Guess;
use gateway::{Field, Input, Problem, Request, Response};
use repository::Guessed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;

/// The passphrase as it is and as it shall be.
#[derive(Default, Deserialize, ToSchema)]
pub struct ResealBody {
    /// What opens the key.
    #[schema(value_type = String, format = Password, required)]
    #[serde(default)]
    password: Field<Password>,
    /// What shall open it. Losing it is final.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, required)]
    #[serde(default)]
    new_password: Field<NewPassword>,
}

/// The key under its new passphrase.
#[derive(Serialize, ToSchema)]
pub struct ResealAnswer {
    /// By which other devices notice that theirs is the old one.
    version: u64,
}

#[utoipa::path(put, path = "/messages/key/password", tag = "messages", summary = "Change the passphrase of one's message key",
    request_body = ResealBody, responses((status = 200, description = "The identity is sealed anew; it is the same, so that messages stay readable", body = ResealAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: ResealBody = request.json()?;
    let mut input = Input::new();
    let password = input.required("password", body.password);
    let new = input.required("new_password", body.new_password);
    let (password, new) = input.finish((password, new))?;

    let now = deps.clock.now();
    let (caller, key) = crate::signed_in(deps, request).await?;
    let key = key.ok_or_else(crate::no_key)?;
    crate::create::check(deps, &caller, "new_password", &new).await?;
    let user = &caller.user.user_id;
    let guess = Guess::begin(
        &deps.attempts,
        request,
        user.clone(),
        Guessed::Passphrase,
        now,
    )
    .await?;
    let (right, identity) = guess
        .open(&deps.attempts, &deps.audit, request, || {
            Ok(message::unseal(&key.encrypted_identity, &password)?)
        })
        .await?;
    let sealed = identity.reseal(new.as_password())?;
    let event = request.audit(Event::MessageKeyResealed, user, now);
    let (forgiven, resealed) = futures::join!(
        right.forgive(&deps.attempts),
        deps.keys.reseal(&deps.audit, user, &key, &sealed, &event)
    );
    forgiven?;
    if !resealed? {
        return Err(Problem::unavailable("the key was changed at the same time"));
    }
    Ok(Response::ok(&ResealAnswer {
        version: key.version + 1,
    }))
}
