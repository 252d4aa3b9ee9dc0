//! Deleting an account with everything that is the user's.

use domain::User;
use domain::audit::Event;
use domain::mail::{EmailJob, Template};
use domain::message::MessageKey;
use domain::password::Password;
use gateway::password::Guess;
use gateway::{AuthCookies, Field, Input, Problem, Request, Response};
use repository::Guessed;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;

/// Proof that it is the user who asks.
#[derive(Default, Deserialize, ToSchema)]
pub struct DeleteBody {
    /// The account's password.
    #[schema(value_type = String, format = Password, required)]
    #[serde(default)]
    password: Field<Password>,
}

#[utoipa::path(delete, path = "/user/me", tag = "account", summary = "Delete one's account",
    request_body = DeleteBody, responses((status = 204, description = "The account is gone, with its sessions and links; a last mail is queued")))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: DeleteBody = request.json()?;
    let mut input = Input::new();
    let password = input.required("password", body.password);
    let password = input.finish(password)?;

    let now = deps.clock.now();
    let claims = deps.callers.claims(request).await?;
    let key = async { Ok(deps.message_keys.of_user(&claims.sub).await?) };
    let caller = deps.callers.still_signed_in(request, &claims);
    let (caller, key) = futures::try_join!(caller, key)?;
    let user = caller.user;
    let guess = Guess::begin(
        &deps.attempts,
        request,
        user.user_id.clone(),
        Guessed::Password,
        now,
    )
    .await?;
    let right = guess
        .check(&deps.attempts, &deps.audit, request, || {
            password.verify(user.password_hash.as_ref())
        })
        .await?;
    right.forgive(&deps.attempts).await?;

    // A farewell that comes a moment too early is better than an account that ends without a word.
    deps.emails.send(&farewell(&user)).await?;
    if let Some(key) = &key {
        deps.messages.delete_all(&key.drop_address).await?;
    }
    let event = request.audit(Event::UserDeleted, &user.user_id, now);
    let delete = async |key: Option<&MessageKey>| {
        let (users, keys) = (&deps.users, (&deps.message_keys, key));
        let (attempts, tokens) = (&deps.attempts, &deps.tokens);
        users
            .delete(attempts, tokens, &deps.audit, keys, &user, &event)
            .await
    };
    let (mut key, mut gone) = (key.clone(), delete(key.as_ref()).await?);
    if !gone {
        // A message key that was made or deleted meanwhile is no reason to stay.
        key = deps.message_keys.of_user(&user.user_id).await?;
        gone = delete(key.as_ref()).await?;
    }
    if !gone {
        return Err(Problem::token_invalid());
    }
    if let Some(key) = &key
        && let Err(error) = deps.messages.delete_all(&key.drop_address).await
    {
        // Nobody can read them any more, and their time to live deletes them.
        tracing::warn!(%error, request_id = request.id(), "messages that came meanwhile are left");
    }
    if let Err(error) = deps.sessions.delete_all(&user.user_id).await {
        // They are dead with their account, and their time to live deletes them.
        tracing::warn!(%error, request_id = request.id(), "sessions of a deleted account are left");
    }
    Ok(AuthCookies::clear(Response::no_content()))
}

/// The last mail, once for each account.
fn farewell(user: &User) -> EmailJob {
    let made = user.created_at.as_millisecond();
    EmailJob::new(
        user.email.clone(),
        Some(Template::AccountDeleted),
        [("name", user.name.as_str().to_owned())],
        user.user_id.tenant().clone(),
        &format!("account-deleted:{}:{made}", user.user_id),
    )
}
