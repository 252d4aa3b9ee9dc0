//! A batch of messages, with `ReportBatchItemFailures`.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::{Message, chain};

/// The attribute of a message in a FIFO queue that names its group.
const GROUP: &str = "MessageGroupId";

/// Handles each message of a batch by itself, all at once so that a slow one delays no other past the function's time; but those
/// of a message group one after another, in their order, which is what the group is for. Those that fail, a panic included, are
/// named in the answer: the queue delivers them again, and only them.
pub async fn batch<F, E>(event: SqsEvent, handle: impl Fn(Message) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let handle = &handle;
    let in_order = |group: Vec<SqsMessage>| async move {
        let mut failed = Vec::new();
        for record in group {
            failed.extend(failure(record, handle).await);
        }
        failed
    };
    let failed = join_all(groups(event.records).into_iter().map(in_order)).await;
    let mut response = SqsBatchResponse::default();
    for id in failed.into_iter().flatten() {
        response.add_failure(id);
    }
    response
}

/// The messages by their groups; one without a group is by itself.
fn groups(records: Vec<SqsMessage>) -> Vec<Vec<SqsMessage>> {
    let mut groups: Vec<Vec<SqsMessage>> = Vec::new();
    for record in records {
        let name = record.attributes.get(GROUP);
        let same = |group: &&mut Vec<SqsMessage>| {
            name.is_some() && group.first().and_then(|first| first.attributes.get(GROUP)) == name
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
    }
    groups
}

/// The message's id where it has failed. One line is logged for each message.
async fn failure<F, E>(record: SqsMessage, handle: impl Fn(Message) -> F) -> Option<String>
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let message = Message::from(record);
    let (id, receive_count) = (message.id().to_owned(), message.receive_count());
    let outcome = AssertUnwindSafe(async { handle(message).await })
        .catch_unwind()
        .await;
    let error = match outcome {
        Ok(Ok(())) => {
            tracing::info!(message_id = id, receive_count, "message handled");
            return None;
        }
        Ok(Err(error)) => chain(&error),
        Err(_) => "the function panicked".to_owned(),
    };
    tracing::error!(message_id = id, receive_count, error, "message failed");
    Some(id)
}

/// Runs a function under the Lambda Runtime API until it is told to stop.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve_batch<F, E>(
    handle: impl Fn(Message) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    F: Future<Output = Result<(), E>> + Send,
    E: std::error::Error,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, std::convert::Infallible>(batch(event.payload, handle).await)
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bodies: &[&str]) -> SqsEvent {
        let records = bodies.iter().enumerate().map(|(number, body)| {
            serde_json::json!({"messageId": format!("m{number}"), "body": body, "attributes": {}, "messageAttributes": {}})
        });
        serde_json::from_value(serde_json::json!({"Records": records.collect::<Vec<_>>()})).unwrap()
    }

    async fn failed(bodies: &[&str]) -> Vec<String> {
        let response = batch(event(bodies), |message| async move {
            let number: u32 = message.json()?;
            assert!(number < 100, "too large");
            Ok::<_, crate::BadMessage>(())
        })
        .await;
        let failures = response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }

    #[tokio::test]
    async fn only_what_failed_is_delivered_again() {
        assert_eq!(failed(&["1", "poison", "3"]).await, ["m1"]);
        assert!(failed(&["1", "2"]).await.is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_the_failure_of_its_message_alone() {
        assert_eq!(failed(&["1", "100", "3"]).await, ["m1"]);
    }

    #[tokio::test]
    async fn a_message_without_a_name_fails_the_whole_batch() {
        let event = serde_json::from_str(r#"{"Records":[{"body":"x"}]}"#).unwrap();
        let response = batch(
            event,
            |message| async move { message.json::<u32>().map(drop) },
        )
        .await;
        assert_eq!(response.batch_item_failures[0].item_identifier, "");
    }

    #[tokio::test]
    async fn a_group_keeps_its_order_and_no_other_waits_for_it() {
        let record = |id: &str, group: &str| serde_json::json!({"messageId": id, "body": "1", "attributes": {"MessageGroupId": group}, "messageAttributes": {}});
        let records = [record("a1", "a"), record("b1", "b"), record("a2", "a")];
        let event = serde_json::from_value(serde_json::json!({"Records": records})).unwrap();
        let (seen, b_is_done) = (
            std::sync::Mutex::new(Vec::new()),
            tokio::sync::Notify::new(),
        );
        let (seen, b_is_done) = (&seen, &b_is_done);
        batch(event, |message| async move {
            let note = |what: &str| {
                let line = format!("{} {what}", message.id());
                seen.lock().unwrap().push(line);
            };
            note("begins");
            match message.id() {
                "a1" => b_is_done.notified().await,
                "b1" => b_is_done.notify_one(),
                _ => {}
            }
            note("ends");
            Ok::<_, crate::BadMessage>(())
        })
        .await;
        let expected = [
            "a1 begins",
            "b1 begins",
            "b1 ends",
            "a1 ends",
            "a2 begins",
            "a2 ends",
        ];
        assert_eq!(*seen.lock().unwrap(), expected);
    }

    #[test]
    fn neither_a_message_nor_its_error_prints_the_body() {
        let record = event(&[r#""s3cret""#]).records.remove(0);
        let message = Message::from(record);
        let error = message.json::<u32>().unwrap_err();
        for words in [format!("{message:?}"), format!("{error:?} {error}")] {
            assert!(!words.contains("s3cret"), "{words}");
        }
    }
}
