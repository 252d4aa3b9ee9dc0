//! By what a FIFO queue knows a message that is sent again
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>).

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use uuid::Uuid;

use super::message::after;

/// For how long a message is known from when it was first sent: five minutes.
const INTERVAL_SECONDS: u32 = 300;

/// The most that are known, the latest: as many as SQS takes one by one in that time, 300 in a second.
const MOST: usize = 300 * INTERVAL_SECONDS as usize;

/// The messages that a queue has taken of late, by their ids for deduplication.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    kept_as: HashMap<String, Uuid>,
    /// When each is forgotten, the earliest first.
    until: VecDeque<(Timestamp, String)>,
}

impl Accepted {
    /// As what a message is kept, or was, that has been sent before.
    pub(super) fn find(&mut self, id: &str, now: Timestamp) -> Option<Uuid> {
        while self.until.front().is_some_and(|(until, _)| *until <= now) {
            self.forget_first();
        }
        self.kept_as.get(id).copied()
    }

    /// Knows a message that [`find`](Self::find) has not found.
    pub(super) fn remember(&mut self, id: String, kept_as: Uuid, now: Timestamp) {
        if self.until.len() == MOST {
            self.forget_first();
        }
        self.until
            .push_back((after(now, INTERVAL_SECONDS), id.clone()));
        self.kept_as.insert(id, kept_as);
    }

    fn forget_first(&mut self) {
        if let Some((_, id)) = self.until.pop_front() {
            self.kept_as.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_for_five_minutes_from_when_it_was_first_sent() {
        let mut accepted = Accepted::default();
        let sent = Timestamp::UNIX_EPOCH;
        let id = Uuid::from_u128(1);
        assert_eq!(accepted.find("a", sent), None);
        accepted.remember("a".to_owned(), id, sent);
        assert_eq!(accepted.find("b", sent), None);
        assert_eq!(accepted.find("a", after(sent, 299)), Some(id));
        assert_eq!(accepted.find("a", after(sent, 300)), None);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut accepted = Accepted::default();
        let sent = Timestamp::UNIX_EPOCH;
        for number in 0..=MOST {
            accepted.remember(number.to_string(), Uuid::nil(), sent);
        }
        assert_eq!(accepted.kept_as.len(), MOST);
        assert_eq!(accepted.find("0", sent), None);
        assert_eq!(accepted.find("1", sent), Some(Uuid::nil()));
    }
}
