//! What a site lets be fetched ([RFC 9309](https://www.rfc-editor.org/rfc/rfc9309)).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use futures::future::BoxFuture;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The name that a robots.txt knows the fetcher by.
pub const PRODUCT_TOKEN: &str = "CloudVoyages";
/// How much of a robots.txt is looked at
/// ([RFC 9309 §2.5](https://www.rfc-editor.org/rfc/rfc9309#section-2.5)).
pub(crate) const MAX_BYTES: u64 = robotxt::BYTE_LIMIT as u64;
/// How long a robots.txt is believed ([RFC 9309 §2.4](https://www.rfc-editor.org/rfc/rfc9309#section-2.4)).
const FRESH: Duration = Duration::from_hours(24);
/// How long a site is left alone whose server fails to tell.
const FAILING: Duration = Duration::from_hours(1);
/// The longest delay between requests that is kept to; who wants more is visited rarely anyway.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(10);
/// How many sites [`RobotsInMemory`] remembers.
const REMEMBERED: usize = 256;

/// What the robots.txt of one origin says to this fetcher, and until when that is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Robots {
    rules: robotxt::Robots,
    /// The status of a server that failed to tell.
    failed: Option<u16>,
    until: Timestamp,
}

impl Robots {
    /// What a robots.txt says.
    #[must_use]
    pub fn parse(text: &[u8], now: Timestamp) -> Self {
        Self {
            rules: rules(within_limit(text), PRODUCT_TOKEN),
            failed: None,
            until: now + FRESH,
        }
    }

    /// There is none, so all is allowed
    /// ([RFC 9309 §2.3.1.3](https://www.rfc-editor.org/rfc/rfc9309#section-2.3.1.3)).
    #[must_use]
    pub fn missing(now: Timestamp) -> Self {
        Self::parse(b"", now)
    }

    /// The server fails, so nothing is allowed
    /// ([RFC 9309 §2.3.1.4](https://www.rfc-editor.org/rfc/rfc9309#section-2.3.1.4)), until the server wants to be asked again.
    #[must_use]
    pub fn failing(status: u16, not_before: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            rules: robotxt::Robots::disallow_all(),
            failed: Some(status),
            until: not_before.unwrap_or(now + FAILING),
        }
    }

    /// Until when this is believed.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// How long the site wants to be left alone between requests, as far as that is kept to.
    #[must_use]
    pub fn crawl_delay(&self) -> Duration {
        self.rules
            .crawl_delay()
            .unwrap_or_default()
            .min(MAX_CRAWL_DELAY)
    }

    /// Whether a page may be fetched.
    ///
    /// # Errors
    /// [`Error::Disallowed`]; [`Error::Robots`] when the server failed to tell.
    pub fn check(&self, url: &Url) -> Result<(), Error> {
        let host = url.host_str().unwrap_or_default().to_owned();
        if let Some(status) = self.failed {
            let source = Error::Status {
                host: host.clone(),
                status,
                not_before: Some(self.until),
            };
            let source = Box::new(source);
            return Err(Error::Robots { host, source });
        }
        if self.rules.is_url_allowed(url) {
            return Ok(());
        }
        let url = url.to_string();
        Err(Error::Disallowed { url })
    }
}

/// The lines that are looked at: none that is only half there, which could say the opposite.
fn within_limit(text: &[u8]) -> &[u8] {
    let limit = robotxt::BYTE_LIMIT;
    if text.len() <= limit {
        return text;
    }
    let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let end = text[..limit].iter().rposition(ends);
    &text[..end.map_or(0, |end| end + 1)]
}

/// The rules for a product token.
fn rules(text: &[u8], token: &str) -> robotxt::Robots {
    robotxt::Robots::parse(&with_bare_agents(text), token)
}

/// Cuts each `User-agent` to its product token, as
/// [Google's parser](https://github.com/google/robotstxt) does: who writes `CloudVoyages/1.0` means this fetcher too.
fn with_bare_agents(text: &[u8]) -> Vec<u8> {
    let mut bare = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_agent = key.len() < line.len()
            && key
                .trim_ascii()
                .to_ascii_lowercase()
                .ends_with(b"user-agent");
        if !is_agent {
            bare.extend_from_slice(line);
            continue;
        }
        let value = line[key.len() + 1..].trim_ascii_start();
        let in_token = |byte: &u8| byte.is_ascii_alphabetic() || b"-_".contains(byte);
        let token = value.iter().take_while(|byte| in_token(byte));
        bare.extend_from_slice(&line[..=key.len()]);
        if value.first() == Some(&b'*') {
            bare.push(b'*');
        } else {
            bare.extend(token);
        }
        bare.push(b'\n');
    }
    bare
}

/// Where the fetcher's owner keeps what sites allow. A store that fails may answer that it knows nothing.
pub trait RobotsCache: Send + Sync {
    /// What is known of an origin, for example `https://example.com`.
    fn get<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, Option<Robots>>;

    /// Keeps what an origin allows, which is of use until [`Robots::until`].
    fn put<'a>(&'a self, origin: &'a str, robots: Robots) -> BoxFuture<'a, ()>;
}

/// Keeps what sites allow for as long as the process lives.
#[derive(Debug, Default)]
pub struct RobotsInMemory(Mutex<HashMap<String, Robots>>);

impl RobotsCache for RobotsInMemory {
    fn get<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, Option<Robots>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let robots = known.get(origin).cloned();
        Box::pin(async move { robots })
    }

    fn put<'a>(&'a self, origin: &'a str, robots: Robots) -> BoxFuture<'a, ()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED && !known.contains_key(origin) {
            // The one that has to be asked for next is the smallest loss.
            let oldest = known.iter().min_by_key(|(_, robots)| robots.until);
            if let Some(oldest) = oldest.map(|(origin, _)| origin.clone()) {
                known.remove(&oldest);
            }
        }
        known.insert(origin.to_owned(), robots);
        Box::pin(async {})
    }
}

#[cfg(test)]
mod tests;
