//! What is told of a run: at most one notice, whatever it is about.

use domain::Timestamp;
use domain::scrape::{FAILURES_BORNE, RunError, Scrape};
use scraping::{Change, Definition, Event};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::outcome::Outcome;

/// How many bytes of changes are told; all of them are in the result. A row holds a notice as well, and a topic takes 256 KiB.
const MAX_CHANGES: usize = 48 * 1024;

/// What is told of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// Names it: told twice, it is the same.
    pub id: Uuid,
    /// Of which run.
    pub run: Timestamp,
    /// What has happened, of what is to be told.
    pub events: Vec<Event>,
    /// Whether the owner has to know that it fails again and again, and slows down.
    pub keeps_failing: bool,
    /// What the page said otherwise before, as far as there is room.
    pub changes: Vec<Change>,
    /// How many changes there are besides.
    pub more_changes: usize,
    /// The number that crossed the threshold.
    pub crossed: Option<f64>,
    /// Why the run failed.
    pub error: Option<RunError>,
    /// When the page is looked at next.
    pub next_run_at: Option<Timestamp>,
}

impl Notice {
    /// What is to be told of a run, if anything is.
    pub(crate) fn of(
        definition: &Definition,
        scrape: &Scrape,
        run: Timestamp,
        outcome: &Outcome,
        next_run_at: Option<Timestamp>,
        id: Uuid,
    ) -> Option<Self> {
        let error = outcome
            .result
            .as_ref()
            .and_then(|result| result.error.clone());
        let has_failed = outcome.failures > scrape.failures;
        let recovered = outcome.failures < scrape.failures;
        // The worst first: it is what the message is named after.
        let happened = [
            (has_failed && outcome.failures == 1, Event::Failure),
            (recovered, Event::Recovery),
            (outcome.crossed.is_some(), Event::Threshold),
            (!outcome.changes.is_empty(), Event::Change),
        ];
        let wanted = definition
            .notify
            .as_ref()
            .map_or(&[][..], |notify| &notify.on);
        let events = happened
            .into_iter()
            .filter_map(|(happened, event)| happened.then_some(event))
            .filter(|event| wanted.contains(event))
            .collect::<Vec<_>>();
        let keeps_failing = has_failed && outcome.failures == FAILURES_BORNE;
        if events.is_empty() && !keeps_failing {
            return None;
        }
        let changes = within(&outcome.changes, MAX_CHANGES);
        Some(Self {
            id,
            run,
            events,
            keeps_failing,
            more_changes: outcome.changes.len() - changes.len(),
            changes,
            crossed: outcome.crossed,
            error,
            next_run_at,
        })
    }

    /// What has happened, as a message is named after it.
    pub(crate) fn event(&self) -> Event {
        self.events.first().copied().unwrap_or(Event::Failure)
    }

    /// The message for programs, with `type`, `timestamp` and `data` as
    /// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure)
    /// has it.
    pub(crate) fn message(&self, scrape: &Scrape, definition: &Definition) -> String {
        json!({
            "type": format!("scrape.{}", self.event().as_str()),
            "timestamp": self.run,
            "data": {
                "id": self.id,
                "scrape_id": scrape.scrape_id,
                "tenant_id": scrape.tenant_id,
                "name": definition.name,
                "url": definition.url,
                "events": self.events,
                "keeps_failing": self.keeps_failing,
                "threshold": self.crossed.and_then(|number| {
                    let threshold = definition.threshold()?;
                    Some(json!({"rule": threshold, "number": number}))
                }),
                "changes": self.changes,
                "more_changes": self.more_changes,
                "error": self.error,
                "next_run_at": self.next_run_at,
            },
        })
        .to_string()
    }
}

/// The first changes that have room in so many bytes.
fn within(changes: &[Change], mut bytes: usize) -> Vec<Change> {
    let fits = |change: &&Change| {
        let length = serde_json::to_vec(change).map_or(usize::MAX, |json| json.len());
        let left = bytes.checked_sub(length);
        bytes = left.unwrap_or_default();
        left.is_some()
    };
    changes.iter().take_while(fits).cloned().collect()
}

#[cfg(test)]
mod tests {
    use scraping::{Item, Value};

    use super::*;

    fn change(length: usize) -> Change {
        Change {
            field: "text".to_owned(),
            before: None,
            after: Some(Value::One(Item::Text("x".repeat(length)))),
            diff: None,
        }
    }

    #[test]
    fn changes_are_told_in_order_while_there_is_room() {
        let changes = [change(10), change(1_000), change(1)];
        assert_eq!(within(&changes, 500), changes[..1]);
        assert_eq!(within(&changes, 5_000), changes);
        assert_eq!(within(&changes, 0), []);
    }

    #[test]
    fn a_message_is_named_after_the_worst() {
        let notice = |events: &[Event]| Notice {
            id: Uuid::nil(),
            run: Timestamp::UNIX_EPOCH,
            events: events.to_vec(),
            keeps_failing: events.is_empty(),
            changes: Vec::new(),
            more_changes: 0,
            crossed: None,
            error: None,
            next_run_at: None,
        };
        let both = notice(&[Event::Threshold, Event::Change]);
        assert_eq!(both.event(), Event::Threshold);
        assert_eq!(notice(&[]).event(), Event::Failure);
    }
}
