//! A scrape as it is stored: what is looked for, when, how its runs went; and what each run found.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::SignedDuration;
use crate::{TenantId, Timestamp, UserId};

/// How many scrapes a tenant has at the most: what a stolen key could make the platform do has a bound.
pub const MAX_SCRAPES: usize = 1_000;
/// How many results of a scrape are kept: two and a half weeks of one that runs each five minutes, a year of one that runs each
/// two hours.
pub const RESULTS_KEPT: u64 = 5_000;
/// How long a result is kept: a year, and enough more to look back from the same day.
pub const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// After how many failures in a row the owner is mailed, and the scrape slows down.
pub const FAILURES_BORNE: u32 = 3;

/// The first delay of a scrape that slows down; each further failure doubles it.
const FIRST_DELAY: SignedDuration = SignedDuration::from_mins(15);
/// A scrape that fails for long is still tried each day.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(24);

/// How long a scrape that fails is left alone at least, after `failures` in a row.
#[must_use]
pub fn delay_after(failures: u32) -> SignedDuration {
    let Some(doublings) = failures.checked_sub(FAILURES_BORNE) else {
        return SignedDuration::ZERO;
    };
    // Sixteen doublings are far more than a day.
    let delay = FIRST_DELAY.saturating_mul(1 << doublings.min(16));
    delay.min(LONGEST_DELAY)
}

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// It waits for its turn, or is being done.
    Pending,
    /// The page said what is looked for, or at least a part of it.
    Complete,
    /// The page was not had, or said nothing of what is looked for.
    Failed,
}

impl RunStatus {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// Why a run failed: a stable code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// Stable and machine-readable, such as `timeout`.
    pub code: Cow<'static, str>,
    /// What happened.
    pub message: String,
}

/// A definition, and where its runs are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrape {
    /// Its key.
    pub scrape_id: Uuid,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What is looked for, as JSON.
    pub definition: String,
    /// The host of the page: it is asked for one page at a time.
    pub host: String,
    /// Who is mailed when it fails again and again: who made it, where that was a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its definition was written last.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// When its schedule wants it next; never again where there is none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub slot: Option<Timestamp>,
    /// When it is next taken: at its slot, later while it fails, and once more should a run get lost.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// The run that is under way, named by when it was taken.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub run: Option<Timestamp>,
    /// Whether somebody waits for that run, so that it has a result even if the page is unchanged.
    #[serde(default)]
    pub forced: bool,
    /// By what the page's server knows whether it has changed, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validators: Option<String>,
    /// The last complete result.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub last_result: Option<Timestamp>,
    /// When the page was last looked at.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub checked_at: Option<Timestamp>,
    /// How the last run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// How many runs in a row have failed.
    #[serde(default)]
    pub failures: u32,
    /// How many results there have been.
    #[serde(default)]
    pub results: u64,
    /// What is still to be told of a run, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

impl Scrape {
    /// A scrape that was never run, and is due at once.
    #[must_use]
    pub fn new(
        scrape_id: Uuid,
        tenant_id: TenantId,
        definition: String,
        host: String,
        owner: Option<UserId>,
        now: Timestamp,
    ) -> Self {
        Self {
            scrape_id,
            tenant_id,
            definition,
            host,
            owner,
            created_at: now,
            updated_at: now,
            slot: Some(now),
            due_at: Some(now),
            run: None,
            forced: false,
            validators: None,
            last_result: None,
            checked_at: None,
            status: None,
            failures: 0,
            results: 0,
            notice: None,
        }
    }
}

/// The address of a page can hold a secret.
impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrape")
            .field("scrape_id", &self.scrape_id)
            .field("tenant_id", &self.tenant_id)
            .field("run", &self.run)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What a run has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunResult {
    /// Which scrape.
    pub scrape_id: Uuid,
    /// Which run.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub timestamp: Timestamp,
    /// The how many-th result of its scrape, from 1.
    pub number: u64,
    /// [`RunStatus::Complete`] or [`RunStatus::Failed`].
    pub status: RunStatus,
    /// What the page said and what has changed, as JSON, where that is small enough for a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// How many bytes of it are in the bucket, where it is too large for a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_bytes: Option<usize>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// When the row may go, in epoch seconds.
    pub ttl: i64,
}

/// A run that a worker is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrapeJob {
    /// Which scrape.
    pub scrape_id: Uuid,
    /// Which run: see [`Scrape::run`].
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub run: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_that_fails_slows_down_and_never_stops() {
        let minutes = |failures| delay_after(failures).as_mins();
        assert_eq!([0, 1, 2, 3, 4, 5].map(minutes), [0, 0, 0, 15, 30, 60]);
        for failures in [10, 100, u32::MAX] {
            assert_eq!(delay_after(failures), LONGEST_DELAY, "{failures}");
        }
    }

    #[test]
    fn statuses_are_written_in_one_way() {
        for status in [RunStatus::Pending, RunStatus::Complete, RunStatus::Failed] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
