//! Why a page says nothing, with a code for programs and words for people.

use std::error::Error as _;

use domain::Timestamp;
use domain::scrape::RunError;

/// The most characters of a message: some of it are the words of servers.
const MAX_MESSAGE: usize = 500;

/// Why a page says nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was not had.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// It can't be read.
    #[error(transparent)]
    Scraping(#[from] scraping::Error),
    /// What is known of its origin can't be read, so that nothing is asked of it.
    #[error("the database did not do its part")]
    Database(#[from] repository::Error),
}

impl Error {
    /// Stable and machine-readable.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => of_fetch(error),
            Self::Scraping(error) => of_scraping(error),
            Self::Database(_) => "internal",
        }
    }

    /// Before when the site wants to be left alone.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Fetch(error) => error.not_before(),
            Self::Scraping(_) | Self::Database(_) => None,
        }
    }

    /// As it is told: all causes in a line.
    #[must_use]
    pub fn told(&self) -> RunError {
        let mut message = self.to_string();
        // A transparent error says what its cause says, whose own cause comes next.
        let mut cause = self.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !message.contains(&words) {
                message = format!("{message}: {words}");
            }
            cause = error.source();
        }
        if let (Some(not_before), false) = (self.not_before(), message.contains(" before ")) {
            message = format!("{message}; not to be asked before {not_before}");
        }
        if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
            message.truncate(end);
        }
        RunError {
            code: self.code().into(),
            message,
        }
    }
}

fn of_fetch(error: &fetch::Error) -> &'static str {
    use fetch::Error;
    match error {
        Error::InvalidUrl { .. } => "invalid_url",
        Error::NotPublic { .. } => "not_public",
        Error::Dns { .. } => "dns",
        Error::Connect { .. } => "connect",
        Error::Tls { .. } => "tls",
        Error::ConnectTimeout { .. } | Error::Timeout { .. } => "timeout",
        Error::Broken { .. }
        | Error::HeaderTooLarge { .. }
        | Error::UnknownCoding { .. }
        | Error::Corrupt { .. } => "broken_answer",
        Error::TooLarge { .. } => "too_large",
        Error::Bomb { .. } => "decompression_bomb",
        Error::Status { .. } => "status",
        Error::NotYet { .. } => "retry_later",
        Error::Disallowed { .. } => "robots_disallowed",
        Error::Robots { .. } => "robots_unavailable",
        Error::TooManyRedirects { .. } => "too_many_redirects",
        Error::Redirected { .. } => "redirected",
        Error::Client(_) => "internal",
    }
}

fn of_scraping(error: &scraping::Error) -> &'static str {
    use scraping::Error;
    match error {
        Error::TooLarge => "too_large",
        Error::TooManyNodes
        | Error::TooDeep
        | Error::TooManyAttributes
        | Error::TooManyValues
        | Error::TooManyTags => "too_complex",
        Error::NotHtml(_) => "not_html",
        Error::NotJson(_) => "not_json",
        Error::NotFeed(_) => "not_a_feed",
        Error::Csv(_) | Error::Json(_) => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_causes_once() {
        let source = fetch::Error::Status {
            host: "example.com".to_owned(),
            status: 503,
            not_before: None,
        };
        let error = Error::from(fetch::Error::Robots {
            host: "example.com".to_owned(),
            source: Box::new(source),
        });
        let told = error.told();
        assert_eq!(told.code, "robots_unavailable");
        assert_eq!(
            told.message,
            "nothing of example.com is fetched while its robots.txt can't be had: example.com answered with the status 503"
        );
    }

    #[test]
    fn a_failure_is_told_in_bounded_words() {
        let error = Error::from(scraping::Error::NotFeed("é".repeat(10_000)));
        assert_eq!(error.told().message.chars().count(), MAX_MESSAGE);
    }
}
