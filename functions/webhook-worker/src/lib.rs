//! `WebhookQueue`: posts the messages that the platform has queued to the addresses that tenants have named, signed, and
//! again for three days when they are not taken.
//!
//! A message is delivered by the queue at least once, and so it is to its receiver, who knows by `webhook-id` what was there
//! before.

pub mod schedule;

use std::sync::Arc;

use domain::webhook::WebhookJob;
use domain::{Clock, Random, Timestamp};
use fetch::{Fetcher, HeaderMap};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, InvalidHeaderValue};
use queue::WebhookQueue;
use token::{KeyRing, WebhookSecret};
use trigger::{BadMessage, Message};

/// The status of a receiver that never wants to hear again.
const GONE: u16 = 410;

trigger::deps! {
    fetcher: Arc<Fetcher>,
    queue: WebhookQueue,
    ring: KeyRing,
    clock: Clock,
    random: Random,
}

/// Why a message was not dealt with. Nothing of it and of its address is in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue's message is no job.
    #[error(transparent)]
    NotAJob(#[from] BadMessage),
    /// There is no secret to sign with.
    #[error("the message can't be signed")]
    Unsigned(#[from] token::Error),
    /// A header has characters that no header has.
    #[error("the message has a bad header")]
    Header(#[from] InvalidHeaderValue),
    /// The message could not go back into the queue.
    #[error("the message can't be put back")]
    Queue(#[from] queue::Error),
}

/// Posts one message if its time has come, and puts it back into the queue if it is not taken.
///
/// It is put back as a new message, because one that comes again too often ends among the dead letters.
///
/// # Errors
/// Whatever kept the message from being posted or put back: the queue then delivers it again, and puts it aside in the end.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    let job: WebhookJob = message.json()?;
    let now = deps.clock.now();
    if let Some(not_before) = job.not_before.filter(|time| *time > now) {
        return put_back(deps, &job, not_before, now).await;
    }
    let headers = headers(deps, &job, now).await?;
    let body = job.body.as_str();
    let delivered = deps.fetcher.deliver(job.url.as_str(), headers, body).await;
    match delivered {
        Ok(()) => Ok(()),
        Err(error) => failed(deps, job, &error).await,
    }
}

/// What [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-headers-sending-metadata-to-consumers)
/// says of a message. The time is that of this attempt, so that a receiver can refuse what is old.
async fn headers(deps: &Deps, job: &WebhookJob, now: Timestamp) -> Result<HeaderMap, Error> {
    let keys = deps.ring.current(now).await?;
    let secret = WebhookSecret::of(&keys, &job.tenant_id, &job.url)?;
    let signature = secret.sign(job.id, now, &job.body);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", job.id.to_string().try_into()?);
    headers.insert("webhook-timestamp", now.as_second().into());
    headers.insert("webhook-signature", signature.try_into()?);
    Ok(headers)
}

/// Puts a message back that was not taken, unless that is how it ends.
async fn failed(deps: &Deps, job: WebhookJob, error: &fetch::Error) -> Result<(), Error> {
    let now = deps.clock.now();
    let chance = u16::from_be_bytes(deps.random.bytes());
    let next = schedule::next(job.attempt, now, error.not_before(), chance);
    let (host, why) = (job.url.host_str().unwrap_or_default(), reason(error));
    let Some(not_before) = next.filter(|_| !is_final(error)) else {
        tracing::warn!(webhook_id = %job.id, host, attempt = job.attempt, why, "a webhook was given up");
        return Ok(());
    };
    tracing::warn!(webhook_id = %job.id, host, attempt = job.attempt, why, "a webhook has to be posted again");
    let later = WebhookJob {
        attempt: job.attempt + 1,
        not_before: Some(not_before),
        ..job
    };
    put_back(deps, &later, not_before, now).await
}

/// Puts a message back for as long as the queue can keep it: it may come before its time, and goes back once more then.
async fn put_back(
    deps: &Deps,
    job: &WebhookJob,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let delay = not_before.duration_since(now);
    Ok(deps.queue.send_in(delay, job).await?)
}

/// Whether nothing can become of a message later either.
fn is_final(error: &fetch::Error) -> bool {
    use fetch::Error::{InvalidUrl, NotPublic, Status};
    matches!(
        error,
        InvalidUrl { .. } | NotPublic { .. } | Status { status: GONE, .. }
    )
}

/// Why a message was not taken, for the log, which must not have the address: that can be all the secret of a receiver.
fn reason(error: &fetch::Error) -> String {
    match error {
        fetch::Error::InvalidUrl { reason, .. } => (*reason).to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_why_and_not_where() {
        let refused = fetch::Error::InvalidUrl {
            url: "http://hooks.example/s3cret".to_owned(),
            reason: "only https is delivered to",
        };
        assert_eq!(reason(&refused), "only https is delivered to");
        let answered = fetch::Error::Status {
            host: "hooks.example".to_owned(),
            status: 500,
            not_before: None,
        };
        assert_eq!(
            reason(&answered),
            "hooks.example answered with the status 500"
        );
    }
}
