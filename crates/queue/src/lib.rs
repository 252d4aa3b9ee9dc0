//! The queues of jobs for the workers, over SQS.

mod redrive;
mod scrapes;
mod sites;

use aws_sdk_sqs::Client;
use domain::clock::SignedDuration;
use domain::mail::EmailJob;
use domain::webhook::WebhookJob;
use serde::Serialize;

pub use scrapes::{MOST_RUNS, QueuedRun, ScrapeQueue};
pub use sites::{MOST_SITES, SiteQueue};

/// The longest that SQS keeps a message back
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
pub const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// Why a job was not queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue did not take the job.
    #[error("the queue did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The queue has no dead-letter queue.
    #[error("the queue has no dead-letter queue")]
    NoDeadLetters,
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(error.into())
}

/// The queue that the e-mail worker reads.
#[derive(Debug, Clone)]
pub struct EmailQueue {
    client: Client,
    url: String,
}

impl EmailQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues a mail. Once this returns, the job is stored.
    ///
    /// # Errors
    /// When the queue does not take it; it may have been taken all the same, which the id of the mail makes harmless.
    pub async fn send(&self, job: &EmailJob) -> Result<(), Error> {
        self.send_in(SignedDuration::ZERO, job).await
    }

    /// Queues a mail that nobody gets before `delay` is over; one longer than [`MAX_DELAY`] is cut to it.
    ///
    /// # Errors
    /// As [`EmailQueue::send`].
    pub async fn send_in(&self, delay: SignedDuration, job: &EmailJob) -> Result<(), Error> {
        send(&self.client, &self.url, delay, job).await
    }
}

/// The queue that the webhook worker reads.
#[derive(Debug, Clone)]
pub struct WebhookQueue {
    client: Client,
    url: String,
}

impl WebhookQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues a message. Once this returns, the job is stored.
    ///
    /// # Errors
    /// When the queue does not take it; it may have been taken all the same, which the id of the message tells its receiver.
    pub async fn send(&self, job: &WebhookJob) -> Result<(), Error> {
        self.send_in(SignedDuration::ZERO, job).await
    }

    /// Queues a message that nobody gets before `delay` is over; one longer than [`MAX_DELAY`] is cut to it.
    ///
    /// # Errors
    /// As [`WebhookQueue::send`].
    pub async fn send_in(&self, delay: SignedDuration, job: &WebhookJob) -> Result<(), Error> {
        send(&self.client, &self.url, delay, job).await
    }
}

async fn send(
    client: &Client,
    url: &str,
    delay: SignedDuration,
    job: &impl Serialize,
) -> Result<(), Error> {
    let delay = delay_seconds(delay);
    let sent = client
        .send_message()
        .queue_url(url)
        .message_body(body(job)?)
        .set_delay_seconds((delay > 0).then_some(delay))
        .send()
        .await;
    sent.map(drop).map_err(unavailable)
}

/// A delay in whole seconds, which is how SQS counts; one that has begun counts, so that nothing comes too early.
fn delay_seconds(delay: SignedDuration) -> i32 {
    let delay = delay.clamp(SignedDuration::ZERO, MAX_DELAY);
    let begun = i64::from(delay.subsec_nanos() > 0);
    i32::try_from(delay.as_secs() + begun).unwrap_or_default()
}

/// A job as JSON. SQS refuses a message with one of two characters that are no characters, which a page can have in it; JSON
/// says them otherwise as well.
fn body(job: &impl Serialize) -> Result<String, Error> {
    let text = serde_json::to_string(job).map_err(unavailable)?;
    Ok(text
        .replace('\u{fffe}', "\\ufffe")
        .replace('\u{ffff}', "\\uffff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_never_shorter_than_it_was_wished() {
        for (milliseconds, expected) in [
            (-1, 0),
            (0, 0),
            (1, 1),
            (1_000, 1),
            (1_001, 2),
            (899_001, 900),
            (900_001, 900),
            (i64::MAX, 900),
        ] {
            let delay = SignedDuration::from_millis(milliseconds);
            assert_eq!(delay_seconds(delay), expected, "{milliseconds} ms");
        }
    }

    #[test]
    fn a_body_has_only_characters_that_sqs_takes_and_says_the_same() {
        let text = "a\u{0}\u{1f}\\\u{fffe}\\ \"\u{ffff}\u{10ffff}";
        let body = body(&text).unwrap();
        let taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(body.chars().all(taken), "{body:?}");
        assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
    }
}
