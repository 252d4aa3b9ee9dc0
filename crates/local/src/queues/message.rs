//! What lies in a queue.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A message that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// A `UUIDv7`, so that file names sort by time.
    pub message_id: Uuid,
    /// When, by the platform's clock.
    pub sent_at: Timestamp,
    /// For how long nobody gets it.
    #[serde(default)]
    pub delay_seconds: u32,
    /// What was sent.
    pub body: String,
    /// What was sent beside it.
    #[serde(default)]
    pub attributes: Value,
    /// Its place, in a FIFO queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fifo: Option<Fifo>,
}

/// What a message of a FIFO queue is sent with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// Among which messages it keeps its order.
    pub group_id: String,
    /// By which it is known when it is sent again.
    pub deduplication_id: String,
}

impl Message {
    pub(crate) fn new(body: String, sent_at: Timestamp) -> Self {
        Self {
            message_id: new_id(),
            sent_at,
            delay_seconds: 0,
            body,
            attributes: Value::Null,
            fifo: None,
        }
    }

    pub(super) fn due_at(&self) -> Timestamp {
        after(self.sent_at, self.delay_seconds)
    }
}

/// A message that somebody has for a while.
#[derive(Debug, Clone)]
pub struct Received {
    /// What it says.
    pub message: Message,
    /// What gives it back or deletes it.
    pub receipt: Uuid,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

impl Received {
    /// What SQS itself says of a message.
    pub(super) fn system_attributes(&self) -> Value {
        let message = &self.message;
        let mut attributes = json!({
            "ApproximateReceiveCount": self.receive_count.to_string(),
            "SentTimestamp": message.sent_at.as_millisecond().to_string(),
        });
        if let Some(fifo) = &message.fifo {
            attributes["MessageGroupId"] = json!(fifo.group_id);
            attributes["MessageDeduplicationId"] = json!(fifo.deduplication_id);
            attributes["SequenceNumber"] = json!(sequence_number(message.message_id));
        }
        attributes
    }
}

/// A message in its queue.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) message: Message,
    pub(super) receive_count: u32,
    pub(super) state: State,
}

/// Who can have a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Whoever asks, from then on.
    Waiting { until: Timestamp },
    /// One receiver, until then; `None` for as long as it takes.
    Received {
        receipt: Uuid,
        until: Option<Timestamp>,
    },
}

impl Kept {
    pub(super) fn new(message: Message) -> Self {
        Self {
            state: State::Waiting {
                until: message.due_at(),
            },
            receive_count: 0,
            message,
        }
    }

    /// Among which messages it keeps its order.
    pub(super) fn group(&self) -> Option<&str> {
        Some(&self.message.fifo.as_ref()?.group_id)
    }

    /// From when it can be received.
    pub(super) fn visible_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Received { until, .. } => until,
        }
    }

    pub(super) fn is_visible(&self, now: Timestamp) -> bool {
        self.visible_at().is_some_and(|then| then <= now)
    }

    pub(super) fn is_in_flight(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Received { .. }) && !self.is_visible(now)
    }

    pub(super) fn has_receipt(&self, wanted: Uuid) -> bool {
        matches!(self.state, State::Received { receipt, .. } if receipt == wanted)
    }
}

/// A `UUIDv7`, later than every one before it of this process.
#[expect(
    clippy::disallowed_methods,
    reason = "the queue stands in for SQS, which has a clock and randomness of its own"
)]
pub(super) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The number, 128 bits long as in SQS, that is larger for each later message of a FIFO queue.
pub(super) fn sequence_number(id: Uuid) -> String {
    id.as_u128().to_string()
}

/// A time so many seconds later.
pub(super) fn after(time: Timestamp, seconds: u32) -> Timestamp {
    let later = time.checked_add(SignedDuration::from_secs(seconds.into()));
    later.unwrap_or(Timestamp::MAX)
}
