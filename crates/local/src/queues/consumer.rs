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

/// How long it is waited at most for more messages, whatever the template says: a person waits for what comes of them.
const MOST_WINDOW: Duration = Duration::from_millis(300);

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
            if !self.window().is_zero() && self.store.counts(&self.source.queue).visible > 0 {
                tokio::select! {
                    () = &mut stopped => return,
                    () = tokio::time::sleep(self.window()) => {}
                }
            }
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

    /// How long it is waited for more messages once there is one.
    fn window(&self) -> Duration {
        Duration::from_secs(self.source.window_seconds.into()).min(MOST_WINDOW)
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
            "attributes": received.system_attributes(),
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}"),
            "awsRegion": REGION,
        })
    });
    let event = json!({ "Records": records.collect::<Vec<_>>() });
    serde_json::from_value(event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use template::{Queue, Redrive};

    use super::*;
    use crate::data_dir::DataDir;
    use crate::queues::Message;

    /// The bodies of each batch.
    type Told = Arc<Mutex<Vec<Vec<String>>>>;

    /// A queue and its dead-letter queue, and a function to which `poison` is too much.
    fn consumer(data: &DataDir) -> (Consumer, Told) {
        let told = Told::default();
        let heard = Arc::clone(&told);
        let handler: BatchHandler = Arc::new(move |event| {
            let bodies = event
                .records
                .iter()
                .filter_map(|record| record.body.clone());
            heard.lock().unwrap().push(bodies.collect());
            Box::pin(trigger::batch(event, |message| async move {
                match message.json::<String>()?.as_str() {
                    "poison" => Err(trigger::BadMessage::NotFromS3),
                    _ => Ok(()),
                }
            }))
        });
        let queue = |name: &str, redrive| Queue {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            visibility_timeout_seconds: 180,
            redrive,
            fifo: false,
            deduplicates_by_group: false,
        };
        let redrive = Redrive {
            dead_letter_queue: "dead".to_owned(),
            max_receive_count: 5,
        };
        let queues = [queue("queue", Some(redrive)), queue("dead", None)];
        let clock = Clock::default();
        let consumer = Consumer {
            source: QueueSource {
                function: "function".to_owned(),
                queue: "queue".to_owned(),
                batch_size: 2,
                window_seconds: 0,
            },
            handler,
            store: Store::open(data, &queues, clock.clone()).unwrap(),
            clock,
        };
        (consumer, told)
    }

    impl Consumer {
        async fn send(&self, text: &str, delay_seconds: u32) {
            let message = Message {
                delay_seconds,
                ..Message::new(json!(text).to_string(), self.clock.now())
            };
            self.store.put("queue", message).await.unwrap();
        }

        /// Handles what is due; the bodies of each batch.
        async fn deliver(&self, told: &Told) -> Vec<Vec<String>> {
            loop {
                let batch = self.store.receive("queue", 2, None);
                if batch.is_empty() {
                    return std::mem::take(&mut told.lock().unwrap());
                }
                self.handle(batch).await;
            }
        }
    }

    #[tokio::test]
    async fn what_fails_comes_again_alone_and_ends_among_the_dead_letters() {
        let data = DataDir::temporary().unwrap();
        let (first, told) = consumer(&data);
        first.send("good", 0).await;
        first.send("poison", 0).await;
        let (good, poison) = (json!("good").to_string(), json!("poison").to_string());
        assert_eq!(first.deliver(&told).await, [[good, poison.clone()]]);
        for seconds in [1, 4, 16, 64] {
            assert!(first.deliver(&told).await.is_empty());
            assert_eq!(first.store.newest_first("dead").len(), 0);
            first.clock.advance(seconds).unwrap();
            assert_eq!(first.deliver(&told).await, [[poison.clone()]]);
        }
        assert!(first.store.newest_first("queue").is_empty());
        assert_eq!(first.store.newest_first("dead")[0].body, poison);

        // As after a restart.
        let (again, _) = consumer(&data);
        assert!(again.store.newest_first("queue").is_empty());
        assert_eq!(again.store.counts("dead").visible, 1);
    }

    #[tokio::test]
    async fn a_delay_is_over_by_the_platforms_clock_also_after_a_restart() {
        let data = DataDir::temporary().unwrap();
        let (first, told) = consumer(&data);
        first.send("later", 600).await;
        assert!(first.deliver(&told).await.is_empty());
        let (second, told) = consumer(&data);
        second.clock.advance(590).unwrap();
        assert!(second.deliver(&told).await.is_empty());
        assert_eq!(second.store.counts("queue").delayed, 1);
        second.clock.advance(10).unwrap();
        assert_eq!(second.deliver(&told).await, [[json!("later").to_string()]]);
    }

    #[tokio::test]
    async fn what_was_not_handled_is_there_after_a_restart() {
        let data = DataDir::temporary().unwrap();
        let (first, _) = consumer(&data);
        first.send("begun", 0).await;
        assert_eq!(first.store.receive("queue", 2, None).len(), 1);
        let (second, told) = consumer(&data);
        assert_eq!(second.deliver(&told).await.len(), 1);
        let (third, _) = consumer(&data);
        assert!(third.store.newest_first("queue").is_empty());
    }

    #[tokio::test]
    async fn a_batch_is_no_larger_than_the_template_says() {
        let data = DataDir::temporary().unwrap();
        let (consumer, told) = consumer(&data);
        for _ in 0..3 {
            consumer.send("good", 0).await;
        }
        let sizes: Vec<_> = consumer.deliver(&told).await.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1]);
    }

    #[tokio::test]
    async fn a_message_wakes_its_function_at_once_and_the_clock_a_delayed_one() {
        let data = DataDir::temporary().unwrap();
        let (consumer, told) = consumer(&data);
        let (store, clock) = (consumer.store.clone(), consumer.clock.clone());
        let services: Vec<_> =
            consume(&consumer.source, &consumer.handler, &store, &clock).collect();
        consumer.send("good", 0).await;
        consumer.send("later", 600).await;
        store.until_handled("queue", Duration::MAX).await;
        assert_eq!(store.newest_first("queue").len(), 1);
        clock.advance(600).unwrap();
        store.wake();
        store.until_handled("queue", Duration::MAX).await;
        assert!(store.newest_first("queue").is_empty());
        assert_eq!(told.lock().unwrap().len(), 2);
        futures::future::join_all(services.into_iter().map(Service::stop)).await;
    }
}
