//! What became of a site.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What is known of a site's publishing. Times are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// When the folder was last looked at for what follows; none before the first time.
    #[serde(
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub checked_at: Option<Timestamp>,
    /// The last commit to where the site goes now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// How many pages the site has.
    pub pages: u32,
    /// What was left out or is not as it was meant, at most [`Status::MOST`] of them.
    pub reports: Vec<Report>,
    /// How many there are in truth.
    pub reports_total: u32,
    /// What waits for its date or is a draft, at most [`Status::MOST`] of them.
    pub waiting: Vec<Waiting>,
    /// How many there are in truth.
    pub waiting_total: u32,
    /// Why the last attempt failed; none when it didn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

impl Status {
    /// How many reports and waiting files are kept: a row of the table has 400 KB.
    pub const MOST: usize = 100;
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Its name: of git the SHA-1; in a bucket the version of the site.
    pub commit: String,
    /// Where people can look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its first line.
    pub message: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// Something about a file that its author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The file, within the site's folder.
    pub file: String,
    /// The line, from 1, where one can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Stable and machine-readable, such as `broken_link`.
    pub code: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// Whether the file is left out because of it; otherwise it is published all the same.
    pub left_out: bool,
}

/// A file that is not published yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The file, within the site's folder.
    pub file: String,
    /// Until when; none for a draft.
    #[serde(
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Timestamp>,
}

/// Why nothing could be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Stable and machine-readable, such as `branch_protected`.
    pub code: String,
    /// What is wrong and what would help.
    pub message: String,
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// How often it was tried since.
    pub attempts: u32,
    /// When it is tried again.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub retry_at: Timestamp,
}
