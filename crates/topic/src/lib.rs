//! The topic on which the platform tells what its scrapes have seen, over SNS.

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

/// The most bytes of a message
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SNS refused or did not answer.
    #[error("the topic did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(error.into())
}

/// A topic that anybody in the account can subscribe to.
#[derive(Debug, Clone)]
pub struct ScrapeTopic {
    client: Client,
    arn: String,
}

impl ScrapeTopic {
    /// The topic named by `arn`.
    #[must_use]
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Publishes a message of at most [`MAX_MESSAGE`] bytes, with attributes that a subscription can filter by.
    ///
    /// # Errors
    /// When SNS does not take it; it may have been published all the same, which its id tells a subscriber.
    pub async fn publish(&self, message: &str, attributes: &[(&str, &str)]) -> Result<(), Error> {
        let mut call = self.client.publish().topic_arn(&self.arn).message(message);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(*value);
            call = call.message_attributes(*name, value.build().map_err(unavailable)?);
        }
        call.send().await.map(drop).map_err(unavailable)
    }
}
