//! What lies in a queue.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
}

impl Message {
    #[expect(
        clippy::disallowed_methods,
        reason = "the queue stands in for SQS, which has a clock and randomness of its own"
    )]
    pub(crate) fn new(body: String, sent_at: Timestamp) -> Self {
        Self {
            message_id: Uuid::now_v7(),
            sent_at,
            delay_seconds: 0,
            body,
            attributes: Value::Null,
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

/// A time so many seconds later.
pub(super) fn after(time: Timestamp, seconds: u32) -> Timestamp {
    let later = time.checked_add(SignedDuration::from_secs(seconds.into()));
    later.unwrap_or(Timestamp::MAX)
}
