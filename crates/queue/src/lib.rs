//! The e-mail queue: jobs for the e-mail worker, over SQS.

use aws_sdk_sqs::Client;
use domain::mail::EmailJob;

/// Why a job was not queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue did not take the job.
    #[error("the e-mail queue did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
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
    /// When the queue does not take it; it may have been taken all the same, which its idempotency key makes harmless.
    pub async fn send(&self, job: &EmailJob) -> Result<(), Error> {
        let body = serde_json::to_string(job).map_err(|error| Error::Unavailable(error.into()))?;
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| Error::Unavailable(error.into()))
    }
}
