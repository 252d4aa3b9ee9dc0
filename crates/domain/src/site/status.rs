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

    /// The status, small enough for a row: at most [`Status::MOST`] reports and waiting files, and of each text its beginning.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.reports.truncate(Self::MOST);
        self.waiting.truncate(Self::MOST);
        for report in &mut self.reports {
            cut(&mut report.file);
            cut(&mut report.message);
        }
        for waiting in &mut self.waiting {
            cut(&mut waiting.file);
        }
        if let Some(published) = &mut self.published {
            cut(&mut published.message);
        }
        if let Some(trouble) = &mut self.trouble {
            cut(&mut trouble.message);
        }
        self
    }
}

/// The most bytes of a text of a status: the longest key of an object.
const LONGEST: usize = 1_024;

/// Cuts a text to [`LONGEST`], between two characters.
fn cut(text: &mut String) {
    let end = (0..=LONGEST.min(text.len())).rev();
    let end = end.into_iter().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
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
        default,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_written() {
        let text = serde_json::to_string(&Status::default()).unwrap();
        let expected =
            r#"{"pages":0,"reports":[],"reports_total":0,"waiting":[],"waiting_total":0}"#;
        assert_eq!(text, expected);
        assert_eq!(
            serde_json::from_str::<Status>("{}").unwrap(),
            Status::default()
        );
    }

    #[test]
    fn a_draft_is_read_as_it_is_written() {
        let status = Status {
            waiting: vec![Waiting {
                file: "a.md".to_owned(),
                until: None,
            }],
            reports: vec![Report {
                file: "b.md".to_owned(),
                line: None,
                code: "too_large".to_owned(),
                message: "is too large".to_owned(),
                left_out: true,
            }],
            ..Status::default()
        };
        let text = serde_json::to_string(&status).unwrap();
        assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), status);
    }

    #[test]
    fn times_are_milliseconds() {
        let text = r#"{"checked_at":1500,"trouble":{"code":"a","message":"b","since":1,"attempts":2,"retry_at":3}}"#;
        let status: Status = serde_json::from_str(text).unwrap();
        let milliseconds = status.checked_at.map(Timestamp::as_millisecond);
        assert_eq!(milliseconds, Some(1500));
        assert_eq!(status.trouble.unwrap().retry_at.as_millisecond(), 3);
    }

    #[test]
    fn the_worst_status_fits_into_a_row() {
        let (file, message) = ("\u{0}".repeat(2_000), "ü".repeat(3_000));
        let report = Report {
            file: file.clone(),
            line: Some(u32::MAX),
            code: "broken_link".to_owned(),
            message,
            left_out: false,
        };
        let status = Status {
            reports: vec![report; 500],
            waiting: vec![Waiting { file, until: None }; 500],
            reports_total: 500,
            ..Status::default()
        };
        let bounded = status.bounded();
        assert_eq!(bounded.reports.len(), Status::MOST);
        assert_eq!(bounded.reports_total, 500);
        assert_eq!(bounded.reports[0].message, "ü".repeat(512));
        let texts = bounded.reports.iter();
        let texts = texts.map(|report| report.file.len() + report.message.len());
        let waiting = bounded.waiting.iter().map(|waiting| waiting.file.len());
        assert!(texts.chain(waiting).sum::<usize>() < 350_000);
    }
}
