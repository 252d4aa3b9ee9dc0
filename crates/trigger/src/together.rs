//! A batch of messages that are handled together, because many of them may ask for the same.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::FutureExt as _;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::{Message, chain};

/// What has become of the messages of a batch: one is not in it until that was told.
type Outcomes = Arc<Mutex<BTreeMap<usize, Outcome>>>;

enum Outcome {
    Done,
    Failed,
}

/// A message that is handled together with others. Whoever drops it without a word has not handled it.
#[derive(Debug)]
pub struct Delivery {
    message: Message,
    number: usize,
    outcomes: Told,
}

struct Told(Outcomes);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told")
    }
}

impl Deref for Delivery {
    type Target = Message;
    fn deref(&self) -> &Message {
        &self.message
    }
}

impl Delivery {
    /// It is handled, and does not come again.
    pub fn done(self) {
        let (message_id, receive_count) = (self.id(), self.receive_count());
        tracing::info!(message_id, receive_count, "message handled");
        self.tell(Outcome::Done);
    }

    /// It is not handled, and comes again.
    pub fn failed(self, error: &dyn std::error::Error) {
        let (message_id, receive_count) = (self.id(), self.receive_count());
        let error = chain(error);
        tracing::error!(message_id, receive_count, error, "message failed");
        self.tell(Outcome::Failed);
    }

    fn tell(&self, outcome: Outcome) {
        let mut outcomes = self
            .outcomes
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        outcomes.insert(self.number, outcome);
    }
}

/// Handles the messages of a batch together. Those that `handle` has not said to be [`done`](Delivery::done) by its end, which
/// may be a panic, are named in the answer: the queue delivers them again, and only them.
pub async fn together<F>(
    event: SqsEvent,
    handle: impl FnOnce(Vec<Delivery>) -> F,
) -> SqsBatchResponse
where
    F: Future<Output = ()>,
{
    let outcomes = Outcomes::default();
    let messages: Vec<Message> = event.records.into_iter().map(Message::from).collect();
    let names: Vec<(String, u32)> = messages
        .iter()
        .map(|message| (message.id().to_owned(), message.receive_count()))
        .collect();
    let deliveries = messages.into_iter().enumerate();
    let deliveries = deliveries.map(|(number, message)| Delivery {
        message,
        number,
        outcomes: Told(Arc::clone(&outcomes)),
    });
    let deliveries = deliveries.collect();
    let handling = AssertUnwindSafe(async { handle(deliveries).await });
    let error = match handling.catch_unwind().await {
        Ok(()) => "the function did not come to it",
        Err(_) => "the function panicked",
    };
    let outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    let mut response = SqsBatchResponse::default();
    for (number, (message_id, receive_count)) in names.into_iter().enumerate() {
        match outcomes.get(&number) {
            Some(Outcome::Done) => continue,
            Some(Outcome::Failed) => {}
            None => tracing::error!(message_id, receive_count, error, "message failed"),
        }
        response.add_failure(message_id);
    }
    response
}

/// Runs a function under the Lambda Runtime API until it is told to stop.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve_together<F>(
    handle: impl Fn(Vec<Delivery>) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    F: Future<Output = ()> + Send,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, std::convert::Infallible>(together(event.payload, handle).await)
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BadMessage;

    async fn failed<F: Future<Output = ()>>(
        handle: impl FnOnce(Vec<Delivery>) -> F,
    ) -> Vec<String> {
        let records = (1..=3).map(|number| {
            serde_json::json!({"messageId": format!("m{number}"), "body": "1", "attributes": {}, "messageAttributes": {}})
        });
        let event = serde_json::json!({"Records": records.collect::<Vec<_>>()});
        let response = together(serde_json::from_value(event).unwrap(), handle).await;
        let failures = response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }

    #[tokio::test]
    async fn what_is_done_does_not_come_again() {
        let failed = failed(|all| async { all.into_iter().for_each(Delivery::done) });
        assert!(failed.await.is_empty());
    }

    #[tokio::test]
    async fn what_fails_or_is_left_comes_again() {
        let failed = failed(|all| async {
            let [first, second, third] = <[_; 3]>::try_from(all).unwrap();
            first.failed(&BadMessage::NotFromS3);
            second.done();
            drop(third);
        });
        assert_eq!(failed.await, ["m1", "m3"]);
    }

    #[tokio::test]
    async fn a_panic_fails_what_is_not_done_by_then() {
        let failed = failed(|all| async {
            let mut all = all.into_iter();
            all.next().unwrap().done();
            assert!(all.next().is_none(), "too many");
        });
        assert_eq!(failed.await, ["m2", "m3"]);
    }
}
