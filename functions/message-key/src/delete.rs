//! Deleting a key with its messages.

use domain::audit::Event;
use domain::password::Password;
use gateway::password::Guess;
use gateway::{Field, Input, Problem, Request, Response};
use repository::Guessed;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;

/// Proof that it is the user who asks: the passphrase may be what was lost.
#[derive(Default, Deserialize, ToSchema)]
pub struct DeleteKeyBody {
    /// The account's password.
    #[schema(value_type = String, format = Password, required)]
    #[serde(default)]
    password: Field<Password>,
}

#[utoipa::path(delete, path = "/messages/key", tag = "messages", summary = "Delete one's message key and all messages",
    request_body = DeleteKeyBody, responses((status = 204, description = "Key and messages are gone for good; a new key has a new address")))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: DeleteKeyBody = request.json()?;
    let mut input = Input::new();
    let password = input.required("password", body.password);
    let password = input.finish(password)?;

    let now = deps.clock.now();
    let (caller, key) = crate::signed_in(deps, request).await?;
    let key = key.ok_or_else(crate::no_key)?;
    let user = &caller.user.user_id;
    let guess = Guess::begin(
        &deps.attempts,
        request,
        user.clone(),
        Guessed::Password,
        now,
    )
    .await?;
    let right = guess
        .check(&deps.attempts, &deps.audit, request, || {
            password.verify(caller.user.password_hash.as_ref())
        })
        .await?;
    right.forgive(&deps.attempts).await?;

    // Messages first: while there is a key, a deletion that broke off can be repeated.
    deps.messages.delete_all(&key.drop_address).await?;
    let event = request.audit(Event::MessageKeyDeleted, user, now);
    let deleted = deps
        .keys
        .delete(&deps.attempts, &deps.audit, user, &key, &event);
    if !deleted.await? {
        return Err(crate::no_key());
    }
    if let Err(error) = deps.messages.delete_all(&key.drop_address).await {
        // Nobody can read them any more, and their time to live deletes them.
        tracing::warn!(%error, request_id = request.id(), "messages that came meanwhile are left");
    }
    Ok(Response::no_content())
}
