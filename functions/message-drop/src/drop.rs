//! Leaving a message.

use domain::clock::SignedDuration;
use domain::message::{DEFAULT_LIFETIME, LIFETIMES, MAX_BYTES, MAX_WAITING, MessageSummary};
use domain::{IdempotencyKey, Invalid, Timestamp};
use gateway::{AgeFileBody, Code, Input, Problem, Request, Response};
use lambda_http::http::StatusCode;
use message::AgeFile;
use repository::Idempotency;
use repository::messages::{Dropped, NotDropped};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Deps;

/// What an age file may be sent as. `curl --data-binary` says the last one where it is not told otherwise.
const MEDIA_TYPES: [&str; 4] = [
    "application/age",
    "application/octet-stream",
    "text/plain",
    "application/x-www-form-urlencoded",
];

/// How long the message waits, and what becomes of it when it is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct DropQuery {
    /// How long it waits, in seconds.
    #[param(minimum = 3600, maximum = 2_592_000, default = 604_800)]
    ttl: Option<u32>,
    /// Whether the first who reads it is the last.
    #[param(default = false)]
    burn: Option<bool>,
}

/// The message is stored.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DropAnswer {
    /// Names it.
    message_id: Uuid,
    /// From when on it can't be read any more.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

/// What the request says besides the file.
struct Wishes {
    lifetime: SignedDuration,
    burn: bool,
    padded: bool,
    key: Option<IdempotencyKey>,
}

#[utoipa::path(post, path = "/drop/{address}", tag = "messages", summary = "Leave a secret message",
    description = "The body is an age file, binary or armored, with an X25519 stanza. Only the owner of the address can read it; that it was taken says nothing of whether there is one.",
    params(("address" = String, Path, description = "Where messages to somebody are left"), DropQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and message are the same message for 24 hours"),
        ("X-Message-Padding" = Option<String>, Header, description = "`zeros` where the plaintext ends in zero bytes that hide its length and are to be cut off")),
    request_body(content((AgeFileBody = "application/age"), (AgeFileBody = "application/octet-stream"), (String = "text/plain"), (AgeFileBody = "application/x-www-form-urlencoded"))),
    security(()), responses((status = 202, description = "The message is stored", body = DropAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let address = crate::address(request)?;
    let sent = request.bytes_within(MAX_BYTES)?;
    if !MEDIA_TYPES.contains(&request.media_type().as_str()) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "send the age file as Content-Type: application/age",
        ));
    }
    let (wishes, file) = read(request, sent)?;
    let now = deps.clock.now();
    let summary = MessageSummary {
        message_id: deps.random.uuid(now),
        size: file.as_bytes().len().try_into().unwrap_or(u64::MAX),
        burn: wishes.burn,
        padded: wishes.padded,
        received_at: now,
        expires_at: now + wishes.lifetime,
        read_at: None,
    };
    let message = Dropped {
        summary: &summary,
        address: &address,
        sender: request.client_address(),
        file: file.as_bytes(),
    };
    let fingerprint = fingerprint(&wishes, sent);
    let idempotency = wishes.key.as_ref().map(|key| Idempotency {
        key,
        fingerprint: &fingerprint,
    });
    let answer = DropAnswer {
        message_id: summary.message_id,
        expires_at: summary.expires_at,
    };
    let remembered = serde_json::to_string(&answer).map_err(Problem::internal)?;
    let dropped = deps
        .messages
        .drop_at(&deps.drops, message, idempotency, &remembered);
    let answer = match dropped.await? {
        Ok(()) => answer,
        Err(NotDropped::Repeated(answer)) => {
            serde_json::from_str(&answer).map_err(Problem::internal)?
        }
        Err(refused) => return Err(not_dropped(&refused, now)),
    };
    Ok(Response::json(StatusCode::ACCEPTED, &answer))
}

fn read(request: &Request, sent: &[u8]) -> Result<(Wishes, AgeFile), Problem> {
    let mut input = Input::new();
    input.only(request, &["ttl", "burn"]);
    let lifetime = match request.query("ttl").map(|ttl| ttl.parse().ok()) {
        None => Some(DEFAULT_LIFETIME),
        Some(seconds) => seconds
            .map(SignedDuration::from_secs)
            .filter(|lifetime| (LIFETIMES.0..=LIFETIMES.1).contains(lifetime)),
    };
    if lifetime.is_none() {
        let (least, most) = (LIFETIMES.0.as_secs(), LIFETIMES.1.as_secs());
        let range = format!("must be a number of seconds from {least} to {most}");
        input.refuse("ttl", Invalid::new("out_of_range", range));
    }
    let burn = input.flag(request, "burn");
    let padded = match request.header("x-message-padding") {
        None if !request.has_header("x-message-padding") => false,
        Some("zeros") => true,
        _ => {
            input.refuse(
                "X-Message-Padding",
                Invalid::new("invalid", "must be zeros"),
            );
            false
        }
    };
    let key = request.idempotency_key(&mut input);
    // API Gateway hands text over as UTF-8, which a binary file does not survive.
    if request.media_type() == "text/plain" && !sent.trim_ascii_start().starts_with(b"-----BEGIN") {
        let message = "is sent as text/plain, which only an armored file survives; send a binary one as application/age";
        input.refuse("body", Invalid::new("binary_as_text", message));
    }
    let file = AgeFile::parse(sent).map_err(|refused| input.refuse("body", refused.into()));
    let (lifetime, file) = input.finish((lifetime, file.ok()))?;
    let wishes = Wishes {
        lifetime,
        burn,
        padded,
        key,
    };
    Ok((wishes, file))
}

/// What makes two requests the same.
fn fingerprint(wishes: &Wishes, sent: &[u8]) -> String {
    let Wishes {
        lifetime,
        burn,
        padded,
        ..
    } = wishes;
    let head = format!("{} {burn} {padded}\n", lifetime.as_secs());
    token::hash([head.as_bytes(), sent].concat())
}

fn not_dropped(refused: &NotDropped, now: Timestamp) -> Problem {
    let next_hour = 3600 - now.as_second().rem_euclid(3600);
    match refused {
        NotDropped::TooManyOfSender => {
            Problem::rate_limited(next_hour, "you have dropped too many messages in this hour")
        }
        NotDropped::TooManyAtAddress => Problem::rate_limited(
            next_hour,
            "too many messages were dropped here in this hour",
        ),
        NotDropped::Full => Problem::rate_limited(
            60 * 60,
            format!("{MAX_WAITING} messages wait here, and no more can until some are gone"),
        ),
        NotDropped::KeyTaken | NotDropped::Repeated(_) => Problem::new(
            Code::IdempotencyConflict,
            "the idempotency key was used for another message",
        ),
    }
}
