//! One message of a queue.

use aws_lambda_events::sqs::SqsMessage;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

/// A message that a queue delivered. Its body is never printed: mails hold links that open an account.
#[derive(Debug)]
pub struct Message {
    id: String,
    receive_count: u32,
    body: SecretString,
}

/// A body that is not what was expected. Nothing of it is in the words.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// Not the JSON that was expected. Only the place is told, because the parser's own words would quote the body.
    #[error("the message is not what this queue carries (line {line}, column {column})")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON that S3 does not send.
    #[error("the message is no notification of S3")]
    NotFromS3,
    /// The key of an object is no text.
    #[error("the message has a key that is not UTF-8")]
    BadKey,
}

impl Message {
    /// The queue's name for it, by which a failure is told. Empty where the queue gave none, which makes SQS take the
    /// whole batch for failed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How often it was delivered, this time included.
    #[must_use]
    pub fn receive_count(&self) -> u32 {
        self.receive_count
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BadMessage> {
        serde_json::from_str(self.body.expose_secret()).map_err(|error| BadMessage::NotJson {
            line: error.line(),
            column: error.column(),
        })
    }
}

impl From<SqsMessage> for Message {
    fn from(message: SqsMessage) -> Self {
        let count = message.attributes.get("ApproximateReceiveCount");
        Self {
            id: message.message_id.unwrap_or_default(),
            receive_count: count.and_then(|count| count.parse().ok()).unwrap_or(1),
            body: message.body.unwrap_or_default().into(),
        }
    }
}
