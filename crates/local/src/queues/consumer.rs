//! What Lambda does between a queue and a function
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).

use std::collections::HashSet;
use std::future::{pending, ready};
use std::time::Duration;

use serde_json::json;
use template::QueueSource;
use trigger::SqsEvent;

use super::Store;
use super::message::Received;
use crate::clock::Clock;
use crate::functions::BatchHandler;
use crate::platform::{ACCOUNT_ID, REGION};
use crate::service::{Service, Stopped};

/// How many batches of a queue are handled at the same time.
const CONCURRENCY: usize = 2;

/// A function and its queue.
#[derive(Clone)]
struct Consumer {
    source: QueueSource,
    handler: BatchHandler,
    store: Store,
    clock: Clock,
}

/// Hands the messages of a queue to a function, from now on and as soon as they are there.
pub(crate) fn consume(
    source: &QueueSource,
    handler: &BatchHandler,
    store: &Store,
    clock: &Clock,
) -> impl Iterator<Item = Service> {
    let consumer = Consumer {
        source: source.clone(),
        handler: handler.clone(),
        store: store.clone(),
        clock: clock.clone(),
    };
    (0..CONCURRENCY).map(move |_| {
        let consumer = consumer.clone();
        Service::spawn(|stopped| consumer.run(stopped))
    })
}

impl Consumer {
    async fn run(self, stopped: Stopped) {
        let mut stopped = std::pin::pin!(stopped.wait());
        let mut changes = self.store.changes();
        loop {
            tokio::select! {
                biased;
                () = &mut stopped => return,
                () = ready(()) => {}
            }
            changes.mark_unchanged();
            let size = self.source.batch_size as usize;
            let batch = self.store.receive(&self.source.queue, size, None);
            if !batch.is_empty() {
                self.handle(batch).await;
                continue;
            }
            tokio::select! {
                () = &mut stopped => return,
                _ = changes.changed() => {}
                () = self.next_message() => {}
            }
        }
    }

    /// Resolves when a message that has to wait may be had.
    async fn next_message(&self) {
        match self.store.next_visible(&self.source.queue) {
            Some(then) => {
                let wait = then.duration_since(self.clock.now());
                tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
            }
            None => pending().await,
        }
    }

    /// Handles a batch: what was handled is deleted, what failed comes again.
    async fn handle(&self, batch: Vec<Received>) {
        let queue = &self.source.queue;
        // A function that takes longer than its messages are its own has lost them.
        let declared = self.store.queue(queue);
        let timeout = declared.map_or(0, |queue| queue.visibility_timeout_seconds);
        let answer = (self.handler)(event(queue, &batch));
        let answer = tokio::time::timeout(Duration::from_secs(timeout.into()), answer).await;
        let failed: Option<HashSet<String>> = answer.ok().map(|answer| {
            let failures = answer.batch_item_failures.into_iter();
            failures.map(|failure| failure.item_identifier).collect()
        });
        let ids: HashSet<_> = batch
            .iter()
            .map(|one| one.message.message_id.to_string())
            .collect();
        // Lambda takes the whole batch for failed where it can't tell what has.
        let failed = failed
            .filter(|failed| failed.is_subset(&ids))
            .unwrap_or(ids);
        for received in batch {
            if failed.contains(&received.message.message_id.to_string()) {
                self.put_back(&received, timeout);
            } else if let Err(error) = self.store.delete(queue, received.receipt) {
                tracing::error!(%error, queue, "a message that was handled can't be removed");
                self.put_back(&received, timeout);
            }
        }
    }

    /// Has a message come again. On AWS that takes the visibility timeout; here a person waits for it, so that the tries follow
    /// each other after 1, 4, 16 and 64 s. The last comes later than any claim of a worker that died.
    fn put_back(&self, received: &Received, timeout: u32) {
        let queue = &self.source.queue;
        let redrive = self
            .store
            .queue(queue)
            .and_then(|queue| queue.redrive.as_ref());
        let was_last = redrive.is_some_and(|to| received.receive_count >= to.max_receive_count);
        let tries = received.receive_count.saturating_sub(1);
        let seconds = 4_u32.saturating_pow(tries);
        let seconds = if was_last { 0 } else { seconds.min(timeout) };
        self.store.give_back(queue, received.receipt, seconds);
    }
}

/// The event that Lambda would make of messages.
fn event(queue: &str, batch: &[Received]) -> SqsEvent {
    let records = batch.iter().map(|received| {
        json!({
            "messageId": received.message.message_id,
            "receiptHandle": received.receipt,
            "body": received.message.body,
            "attributes": {
                "ApproximateReceiveCount": received.receive_count.to_string(),
                "SentTimestamp": received.message.sent_at.as_millisecond().to_string(),
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}"),
            "awsRegion": REGION,
        })
    });
    let event = json!({ "Records": records.collect::<Vec<_>>() });
    serde_json::from_value(event).unwrap_or_default()
}
