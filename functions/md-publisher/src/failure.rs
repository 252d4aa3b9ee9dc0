//! What can keep a site from being published.

use std::time::Duration;

use domain::clock::SignedDuration;
use domain::site::Trouble;
use domain::{TenantId, Timestamp};

use crate::Error;

/// After how many minutes it is tried again, the first time and those that follow.
const PAUSES_MINUTES: [i64; 5] = [1, 2, 5, 15, 60];
/// How often what could not be finished is gone on with at once. Each time something was written, so that this is a site that
/// never ends.
const MOST_GOING_ON: u32 = 30;
/// The code of a target that asks to be left alone.
pub(crate) const LIMITED: &str = "rate_limited";
/// The code of a site that others write, or change again and again.
const BUSY: &str = "busy";
/// The code of a commit for which the time was too short.
pub(crate) const UNFINISHED: &str = "unfinished";

/// How an attempt failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something was changed meanwhile: the attempt is made again.
    Moved(Why),
    /// It is written down, and tried again later.
    Trouble {
        /// Stable and machine-readable.
        code: &'static str,
        /// What is wrong and what would help.
        message: String,
        /// When it is tried again, where somebody else has said so.
        after: Option<Duration>,
    },
    /// It can't even be said what is wrong: the message comes again.
    Message(Error),
}

/// The cause of an attempt that is made again.
pub(crate) type Why = Box<dyn std::error::Error + Send + Sync>;

impl Failure {
    pub(crate) fn trouble(code: &'static str, message: impl Into<String>) -> Self {
        Self::Trouble {
            code,
            message: message.into(),
            after: None,
        }
    }

    /// What becomes of an attempt that was made again too often.
    pub(crate) fn busy() -> Self {
        Self::trouble(
            BUSY,
            "The site's place or its folder is changed again and again while it is published.",
        )
    }

    /// A program that did not do what it should; the log says more.
    pub(crate) fn internal() -> Self {
        Self::trouble(
            "internal_error",
            "The site can't be built because of a fault in this platform. It is tried again; its operators see the fault in their log.",
        )
    }

    /// What takes too long.
    pub(crate) fn too_slow(what: &str) -> Self {
        Self::trouble("too_slow", format!("{what} took too long."))
    }

    /// What a target says.
    pub(crate) fn of_target(tenant: &TenantId, error: site_target::Error) -> Self {
        use site_target::Error as Target;
        match error {
            error @ (Target::Moved | Target::Contents(_)) => Self::Moved(error.into()),
            Target::Refused { code, message } => Self::trouble(code, message),
            Target::Limited { retry_after } => Self::Trouble {
                code: LIMITED,
                message:
                    "The site's place was asked too often, and asks to be left alone for a while."
                        .to_owned(),
                after: Some(retry_after),
            },
            Target::Locked { retry_after } => Self::Trouble {
                code: BUSY,
                message: "Another attempt is still writing the site, or was broken off.".to_owned(),
                after: Some(retry_after),
            },
            Target::Unfinished => Self::Trouble {
                code: UNFINISHED,
                message:
                    "There is more to write than there was time for. It is gone on with at once."
                        .to_owned(),
                after: Some(Duration::ZERO),
            },
            error @ Target::Unavailable(_) => {
                tracing::warn!(%tenant, error = chain(&error), "the target does not answer");
                Self::trouble(
                    "unavailable",
                    "The site's place did not answer, or with an error of its own.",
                )
            }
        }
    }
}

impl From<bucket::Error> for Failure {
    fn from(error: bucket::Error) -> Self {
        match error {
            bucket::Error::TooMany { max, .. } => Self::trouble(
                "too_many_files",
                format!("The folder has more than {max} files."),
            ),
            // It was smaller when it was listed.
            error @ bucket::Error::TooLarge { .. } => Self::Moved(error.into()),
            bucket::Error::Object { key, source } | bucket::Error::Unreadable { key, source } => {
                tracing::warn!(
                    key,
                    error = chain(&*source),
                    "a file of a folder can't be read"
                );
                let message = format!("The file {key} can't be read from the bucket.");
                Self::trouble("folder_unreadable", message)
            }
            error => Self::Message(error.into()),
        }
    }
}

/// The trouble that follows from a failure at `now`, after the `last` one.
pub(crate) fn trouble(
    code: &str,
    message: String,
    after: Option<Duration>,
    last: Option<&Trouble>,
    now: Timestamp,
) -> Trouble {
    let attempts = last.map_or(0, |last| last.attempts).saturating_add(1);
    let tried = usize::try_from(attempts - 1).unwrap_or(usize::MAX);
    let minutes = PAUSES_MINUTES.get(tried).or(PAUSES_MINUTES.last());
    let pause = SignedDuration::from_mins(minutes.copied().unwrap_or(1));
    let after = after.filter(|_| code != UNFINISHED || attempts < MOST_GOING_ON);
    let pause = after
        .and_then(|after| after.try_into().ok())
        .unwrap_or(pause);
    Trouble {
        code: code.to_owned(),
        message,
        since: last.map_or(now, |last| last.since),
        attempts,
        retry_at: now.checked_add(pause).unwrap_or(now),
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_file_that_the_bucket_does_not_give_is_told_by_its_name() {
        let refused = bucket::Error::Object {
            key: "acme/shop/a.md".to_owned(),
            source: "access denied".into(),
        };
        let Failure::Trouble { code, message, .. } = refused.into() else {
            panic!("it is written down, so that somebody learns of it");
        };
        assert_eq!(code, "folder_unreadable");
        assert!(
            message.contains("acme/shop/a.md") && !message.contains("denied"),
            "{message}"
        );
    }

    #[test]
    fn pauses_grow_up_to_an_hour() {
        let mut last: Option<Trouble> = None;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let next = trouble("unavailable", String::new(), None, last.as_ref(), at(0));
            pauses.push(next.retry_at.duration_since(at(0)).as_mins());
            last = Some(next);
        }
        assert_eq!(pauses, [1, 2, 5, 15, 60, 60, 60]);
        assert_eq!(last.map(|last| last.attempts), Some(7));
    }

    #[test]
    fn a_trouble_begins_with_its_first_failure() {
        let first = trouble("unavailable", String::new(), None, None, at(0));
        let second = trouble("token_refused", String::new(), None, Some(&first), at(9));
        assert_eq!((second.since, second.retry_at), (at(0), at(11)));
    }

    #[test]
    fn who_says_when_is_obeyed_and_what_never_ends_slows_down() {
        let hour = Some(Duration::from_hours(1));
        let limited = trouble(LIMITED, String::new(), hour, None, at(0));
        assert_eq!(limited.retry_at, at(60));
        let now = Some(Duration::ZERO);
        let first = trouble(UNFINISHED, String::new(), now, None, at(0));
        assert_eq!(first.retry_at, at(0));
        let last = Trouble {
            attempts: MOST_GOING_ON,
            ..first
        };
        let slow = trouble(UNFINISHED, String::new(), now, Some(&last), at(0));
        assert_eq!(slow.retry_at, at(60));
    }
}
