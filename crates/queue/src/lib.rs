//! The e-mail queue: jobs for the e-mail worker, over SQS.

mod redrive;

use aws_sdk_sqs::Client;
use domain::clock::SignedDuration;
use domain::mail::EmailJob;

/// The longest that SQS keeps a message back
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
pub const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// Why a job was not queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue did not take the job.
    #[error("the e-mail queue did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The queue has no dead-letter queue.
    #[error("the e-mail queue has no dead-letter queue")]
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
        let delay = delay.clamp(SignedDuration::ZERO, MAX_DELAY).as_secs();
        let delay = i32::try_from(delay).unwrap_or_default();
        let body = serde_json::to_string(job).map_err(unavailable)?;
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .set_delay_seconds((delay > 0).then_some(delay))
            .send()
            .await;
        sent.map(drop).map_err(unavailable)
    }
}
