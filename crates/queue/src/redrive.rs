//! Bringing back what was given up.

use aws_sdk_sqs::types::{Message, QueueAttributeName};
use serde_json::Value;

use crate::{EmailQueue, Error, unavailable};

/// The most messages that SQS gives at once.
const BATCH: i32 = 10;

impl EmailQueue {
    /// Moves all messages of the dead-letter queue back into the queue, and returns how many there were.
    ///
    /// Each is queued before it is taken away, so that none is lost; one that is there twice is the same mail by its id.
    ///
    /// # Errors
    /// When a queue does not answer, or there is no dead-letter queue. What was moved until then stays moved.
    pub async fn redrive(&self) -> Result<usize, Error> {
        let dead_letters = self.dead_letter_queue().await?;
        let mut moved = 0;
        loop {
            let receive = self.client.receive_message().queue_url(&dead_letters);
            // Without waiting SQS asks only some of its servers, and may say that there is nothing.
            let receive = receive.max_number_of_messages(BATCH).wait_time_seconds(1);
            let messages = receive.send().await.map_err(unavailable)?.messages;
            let messages = messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(moved);
            }
            for message in messages {
                self.bring_back(&dead_letters, message).await?;
                moved += 1;
            }
        }
    }

    async fn bring_back(&self, dead_letters: &str, message: Message) -> Result<(), Error> {
        let send = self.client.send_message().queue_url(&self.url);
        let send = send.message_body(message.body.unwrap_or_default());
        send.send().await.map_err(unavailable)?;
        let delete = self.client.delete_message().queue_url(dead_letters);
        let delete = delete.set_receipt_handle(message.receipt_handle);
        delete.send().await.map(drop).map_err(unavailable)
    }

    /// The URL of the queue's dead-letter queue.
    async fn dead_letter_queue(&self) -> Result<String, Error> {
        let policy = QueueAttributeName::RedrivePolicy;
        let ask = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = ask.attribute_names(policy.clone()).send().await;
        let attributes = answer.map_err(unavailable)?.attributes.unwrap_or_default();
        let policy = attributes.get(&policy).ok_or(Error::NoDeadLetters)?;
        let policy: Value = serde_json::from_str(policy).map_err(unavailable)?;
        let arn = policy["deadLetterTargetArn"].as_str().unwrap_or_default();
        let name = arn.rsplit(':').next().unwrap_or_default();
        let answer = self.client.get_queue_url().queue_name(name).send().await;
        let url = answer.map_err(unavailable)?.queue_url;
        url.ok_or(Error::NoDeadLetters)
    }
}
