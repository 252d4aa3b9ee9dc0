//! Giving a message to its reader, opened or not.

use data_encoding::BASE64;
use domain::audit::Event;
use domain::password::Password;
use domain::{Timestamp, UserId};
use gateway::password::Guess;
use gateway::{AgeFileBody, Field, Input, Problem, Request, Response};
use lambda_http::http::{HeaderName, HeaderValue};
use message::Plaintext;
use repository::Guessed;
use repository::messages::Message;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Deps;

/// How to read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct ReadQuery {
    /// Whether the message must stay: one that burns is then refused, and left as it was.
    keep: Option<bool>,
}

/// What opens the key.
#[derive(Default, Deserialize, ToSchema)]
pub struct ReadBody {
    /// The passphrase of the message key.
    #[schema(value_type = String, format = Password, required)]
    #[serde(default)]
    password: Field<Password>,
}

/// What the message says: one of the three.
#[derive(Default, Serialize, ToSchema)]
pub struct ReadAnswer<'a> {
    /// The message, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<&'a str>,
    /// The message, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext_base64: Option<String>,
    /// The age file, where it was encrypted to another key than this one, or altered.
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_base64: Option<String>,
}

#[utoipa::path(post, path = "/messages/{id}/read", tag = "messages", summary = "Read one of one's messages",
    description = "A message that burns is given to exactly one reader, and is gone even if the answer gets lost on its way.",
    params(("id" = Uuid, Path, description = "The message"), ReadQuery), request_body = ReadBody,
    responses((status = 200, description = "What the message says", body = ReadAnswer)))]
pub async fn plaintext(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let id = crate::id(request)?;
    let body: ReadBody = request.json()?;
    let mut input = Input::new();
    input.only(request, &["keep"]);
    let if_it_stays = input.flag(request, "keep");
    let password = input.required("password", body.password);
    let password = input.finish(password)?;

    let claims = deps.callers.claims(request).await?;
    let (user, now) = (&claims.sub, deps.clock.now());
    let key = async { Ok(deps.keys.of_user(user).await?) };
    let (_, key, guess) = futures::try_join!(
        deps.callers.still_signed_in(request, &claims),
        key,
        Guess::begin(
            &deps.attempts,
            request,
            user.clone(),
            Guessed::Passphrase,
            now
        )
    )?;
    let key = key.ok_or_else(crate::unknown)?;
    let (right, identity) = guess
        .open(&deps.attempts, &deps.audit, request, || {
            Ok(message::unseal(&key.encrypted_identity, &password)?)
        })
        .await?;
    let taken = deps.messages.take(&key.drop_address, id, if_it_stays, now);
    let (forgiven, taken) = futures::join!(right.forgive(&deps.attempts), taken);
    let message = taken?.map_err(crate::not_taken)?;
    if let Err(error) = forgiven {
        // The reader has the message: a count that stays too high costs a wait at the most.
        tracing::warn!(%error, request_id = request.id(), "an attempt was not taken back");
    }
    note(deps, request, user, &message, now).await;
    Ok(match identity.open(&message.file) {
        Ok(plaintext) if message.summary.padded => answer(&plaintext.without_padding()),
        Ok(plaintext) => answer(&plaintext),
        // It may have burnt, so that whoever can open it gets it now or never.
        Err(_) => Response::ok(&ReadAnswer {
            ciphertext_base64: Some(BASE64.encode(&message.file)),
            ..ReadAnswer::default()
        }),
    })
}

fn answer(plaintext: &Plaintext) -> Response {
    let bytes = plaintext.as_bytes();
    Response::ok(&match std::str::from_utf8(bytes) {
        Ok(text) => ReadAnswer {
            plaintext: Some(text),
            ..ReadAnswer::default()
        },
        Err(_) => ReadAnswer {
            plaintext_base64: Some(BASE64.encode(bytes)),
            ..ReadAnswer::default()
        },
    })
}

#[utoipa::path(post, path = "/messages/{id}/ciphertext", tag = "messages", summary = "Get one of one's messages as an age file",
    description = "For decrypting on one's own device. A message that burns is given to exactly one reader, and is gone even if the answer gets lost on its way.",
    params(("id" = Uuid, Path, description = "The message"), ReadQuery),
    responses((status = 200, description = "The age file", body = AgeFileBody, content_type = "application/age",
        headers(("x-message-padding" = Option<String>, description = "`zeros` where zero bytes at the end of the plaintext are to be cut off")))))]
pub async fn ciphertext(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let id = crate::id(request)?;
    let mut input = Input::new();
    input.only(request, &["keep"]);
    let if_it_stays = input.flag(request, "keep");
    input.finish(())?;
    let claims = deps.callers.claims(request).await?;
    let (user, now) = (&claims.sub, deps.clock.now());
    let key = async { Ok(deps.keys.of_user(user).await?) };
    let (_, key) = futures::try_join!(deps.callers.still_signed_in(request, &claims), key)?;
    let key = key.ok_or_else(crate::unknown)?;
    let taken = deps
        .messages
        .take(&key.drop_address, id, if_it_stays, now)
        .await?;
    let message = taken.map_err(crate::not_taken)?;
    note(deps, request, user, &message, now).await;
    let response = Response::content(HeaderValue::from_static("application/age"), message.file);
    Ok(if message.summary.padded {
        response.with_header(
            HeaderName::from_static("x-message-padding"),
            HeaderValue::from_static("zeros"),
        )
    } else {
        response
    })
}

/// Writes down that a message was burnt. The reader gets it all the same where that fails: there is no second time.
async fn note(deps: &Deps, request: &Request, user: &UserId, message: &Message, now: Timestamp) {
    if !message.summary.burn {
        return;
    }
    let event = request.audit(Event::MessageBurnt, user, now);
    if let Err(error) = deps.audit.record(&event).await {
        tracing::error!(%error, request_id = request.id(), "a burnt message was not audited");
    }
}
