//! Getting a page of the open web, and delivering a message to it: safely, politely, within bounds.
//!
//! A [`Fetcher`] is handed addresses that strangers wrote down. It goes to public addresses only, and decides that where the
//! connection is made, for every redirect anew; it takes a bounded time and a bounded size, decompressed; it does what a
//! site's robots.txt says, says who it is, and asks a host one thing at a time. Why a page was not had is an [`Error`] in
//! words for the person who wants it. What it delivers ([`Fetcher::deliver`]) goes by the same rules for addresses.
//!
//! It has no store: what a site allows is kept in the owner's [`RobotsCache`], what is known of a page in the owner's
//! [`Validators`], and [`Error::not_before`] is the owner's to keep to across processes. What it decides about addresses has
//! one limit: where a network translates to IPv4 (NAT64), a name that resolves to a translated address is refused.
//!
//! Whom it trusts is part of the program: the roots that Mozilla trusts. Those of the system it runs on, which may have none,
//! do not matter, and neither do the variables that name others.

mod body;
mod charset;
mod delivery;
mod error;
mod exchange;
mod robots;
mod target;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use reqwest::Certificate;
pub use reqwest::Url;
use reqwest::dns::Resolve;
pub use reqwest::header::HeaderMap;
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use serde::{Deserialize, Serialize};

use crate::body::Limit;
pub use crate::charset::Text;
pub use crate::delivery::DELIVERY_TIMEOUT;
use crate::error::Budget;
pub use crate::error::{Cause, Error};
pub use crate::exchange::LEFT_ALONE;
use crate::exchange::{Answer, Exchange, Question};
pub use crate::robots::{PRODUCT_TOKEN, Robots, RobotsCache, RobotsInMemory};
use crate::target::Reach;
use crate::turns::Turns;

/// How long it may take to connect, with the resolver and TLS.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the hosts may usually take altogether: see [`Options::timeout`].
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// How large a page may be, decompressed, in bytes.
pub const MAX_PAGE: u64 = 5 * 1024 * 1024;
/// How many redirects are followed
/// ([RFC 9309 §2.3.1.2](https://www.rfc-editor.org/rfc/rfc9309#section-2.3.1.2) wants five for robots.txt).
pub const MAX_REDIRECTS: usize = 5;

/// The longest `ETag` or `Last-Modified` that is kept, in bytes.
const MAX_VALIDATOR: usize = 1024;

/// How a [`Fetcher`] differs from the usual.
pub struct Options {
    /// Goes to this machine as well, at any port, for trying things out; still to no other private address.
    pub allow_loopback: bool,
    /// How long a host is left alone after each request, unless its robots.txt wants longer. Nobody has to leave this machine
    /// alone, where it may be asked.
    pub delay: Duration,
    /// How long the hosts may take altogether, with robots.txt, redirects and retries; waiting for a turn does not count.
    pub timeout: Duration,
    /// What resolves names, when it is not the system. Its addresses are checked like all others.
    pub lookup: Option<Arc<dyn Resolve>>,
    /// Root certificates that are trusted besides Mozilla's.
    pub roots: Vec<Certificate>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            delay: Duration::from_secs(1),
            timeout: TIMEOUT,
            lookup: None,
            roots: Vec::new(),
        }
    }
}

/// Fetches pages and delivers messages. One is made for a process, so that it knows when it has last asked a host.
pub struct Fetcher {
    exchange: Exchange,
    reach: Reach,
    delay: Duration,
    timeout: Duration,
    clock: Clock,
    /// Lets one look for an origin's robots.txt while others wait for what it finds.
    looking: Turns,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetcher({:?})", self.reach)
    }
}

/// What came of fetching.
#[derive(Debug)]
pub enum Fetched {
    /// A page.
    Page(Box<Page>),
    /// The page is what the [`Validators`] are of.
    Unchanged,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Where it was found, after all redirects.
    pub url: Url,
    /// Whether a redirect led from `https` to `http`, so that anybody on the way could have written it.
    pub downgraded: bool,
    /// What it says it is.
    pub content_type: Option<String>,
    /// Its bytes, decompressed; at most [`MAX_PAGE`].
    pub body: Vec<u8>,
    /// By what a change of it can be noticed.
    pub validators: Option<Validators>,
}

impl Page {
    /// The page as text.
    #[must_use]
    pub fn text(&self) -> Text {
        let host = self.url.host_str().unwrap_or_default();
        charset::decode(&self.body, self.content_type.as_deref(), host)
    }
}

/// By what a server knows whether a page has changed
/// ([RFC 9110 §8.8](https://www.rfc-editor.org/rfc/rfc9110#section-8.8)). They go to the URL that they came from, and to no other
/// that it may lead to later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

impl Validators {
    fn of(url: &Url, headers: &HeaderMap) -> Option<Self> {
        let value = |name: HeaderName| {
            let text = headers.get(name)?.to_str().ok()?;
            (text.len() <= MAX_VALIDATOR).then(|| text.to_owned())
        };
        let validators = Self {
            url: url.to_string(),
            etag: value(ETAG),
            last_modified: value(LAST_MODIFIED),
        };
        let any = validators.etag.is_some() || validators.last_modified.is_some();
        any.then_some(validators)
    }

    fn headers(&self, url: &Url) -> HeaderMap {
        let value = |text: &Option<String>| HeaderValue::from_str(text.as_deref()?).ok();
        let mut headers = HeaderMap::new();
        if self.url != url.as_str() {
            return headers;
        }
        if let Some(etag) = value(&self.etag) {
            headers.insert(IF_NONE_MATCH, etag);
        }
        if let Some(time) = value(&self.last_modified) {
            headers.insert(IF_MODIFIED_SINCE, time);
        }
        headers
    }
}

impl Fetcher {
    /// A fetcher that tells every host where to read who it is and how to complain: at `contact`.
    ///
    /// # Errors
    /// [`Error::Client`] when `contact` fits in no header, or a root certificate is none.
    pub fn new(contact: &Url, clock: Clock, options: Options) -> Result<Self, Error> {
        let reach = Reach {
            loopback: options.allow_loopback,
        };
        let (delay, timeout) = (options.delay, options.timeout);
        Ok(Self {
            exchange: Exchange::new(contact, clock.clone(), reach, options)?,
            reach,
            delay,
            timeout,
            clock,
            looking: Turns::default(),
        })
    }

    /// An address that may be fetched, as far as it says itself: where its name leads is seen when it is fetched.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`] and [`Error::NotPublic`].
    pub fn check(&self, url: &str) -> Result<Url, Error> {
        self.reach.parse(url)
    }

    /// Fetches a page, or learns that it is still what `known` is of.
    ///
    /// # Errors
    /// Why it was not had.
    pub async fn fetch(
        &self,
        url: &str,
        known: Option<&Validators>,
        cache: &dyn RobotsCache,
    ) -> Result<Fetched, Error> {
        let mut url = self.reach.parse(url)?;
        let mut budget = Budget::new(self.timeout);
        let mut downgraded = false;
        for _ in 0..=MAX_REDIRECTS {
            let robots = self.robots(&url, cache, &mut budget).await?;
            robots.check(&url)?;
            let question = Question {
                url: &url,
                headers: known.map(|known| known.headers(&url)).unwrap_or_default(),
                limit: Limit::Refuse(MAX_PAGE),
                delay: self.delay(&url).max(robots.crawl_delay()),
            };
            let answer = self.exchange.ask(&question, &mut budget).await?;
            let Some(location) = answer.location() else {
                return Ok(fetched(url, downgraded, answer));
            };
            let next = self.reach.join(&url, &location)?;
            downgraded |= url.scheme() == "https" && next.scheme() == "http";
            url = next;
        }
        Err(too_many_redirects())
    }

    /// Waits until a host may be asked again: for whoever is about to let another process ask it, which does not know when it
    /// was asked last.
    pub async fn rest(&self, url: &Url) {
        let host = url.host_str().unwrap_or_default();
        self.exchange.rest(host).await;
    }

    fn delay(&self, url: &Url) -> Duration {
        if self.reach.is_this_machine(url) {
            Duration::ZERO
        } else {
            self.delay
        }
    }

    /// What the origin of a page allows: what is known, or what its robots.txt says.
    async fn robots(
        &self,
        url: &Url,
        cache: &dyn RobotsCache,
        budget: &mut Budget,
    ) -> Result<Robots, Error> {
        let origin = url.origin().ascii_serialization();
        let host = url.host_str().unwrap_or_default();
        let _looking = self.looking.lock(&origin, &self.clock).await;
        let known = cache.get(&origin).await;
        if let Some(robots) = known.filter(|robots| robots.until() > self.clock.now()) {
            return Ok(robots);
        }
        let now = self.clock.now();
        let robots = match self.ask_for_robots(url, budget).await {
            Ok(text) => Robots::parse(&text, now),
            Err(Error::Status {
                status, not_before, ..
            }) if status >= 500 => Robots::failing(status, not_before, now),
            Err(Error::Status { .. } | Error::TooManyRedirects { .. }) => Robots::missing(now),
            Err(error) if error.is_of(host) => return Err(error),
            Err(error) => {
                return Err(Error::Robots {
                    host: host.to_owned(),
                    source: Box::new(error),
                });
            }
        };
        cache.put(&origin, robots.clone()).await;
        Ok(robots)
    }

    async fn ask_for_robots(&self, url: &Url, budget: &mut Budget) -> Result<Vec<u8>, Error> {
        let mut url = self.reach.join(url, "/robots.txt")?;
        for _ in 0..=MAX_REDIRECTS {
            let question = Question {
                url: &url,
                headers: HeaderMap::new(),
                limit: Limit::Cut(robots::MAX_BYTES),
                delay: self.delay(&url),
            };
            let answer = self.exchange.ask(&question, budget).await?;
            let Some(location) = answer.location() else {
                return Ok(answer.body);
            };
            url = self.reach.join(&url, &location)?;
        }
        Err(too_many_redirects())
    }
}

fn too_many_redirects() -> Error {
    Error::TooManyRedirects {
        limit: MAX_REDIRECTS,
    }
}

fn fetched(url: Url, downgraded: bool, answer: Answer) -> Fetched {
    if !answer.status.is_success() {
        return Fetched::Unchanged;
    }
    let content_type = answer.headers.get(CONTENT_TYPE);
    Fetched::Page(Box::new(Page {
        validators: Validators::of(&url, &answer.headers),
        downgraded,
        content_type: content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
        body: answer.body,
        url,
    }))
}
