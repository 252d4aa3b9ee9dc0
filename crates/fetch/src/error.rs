//! Why a page was not had or a message not delivered, in words for whoever wants it.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use domain::Timestamp;
use tokio::time::Instant;

use crate::CONNECT_TIMEOUT;

/// Why a page was not had, or a message not delivered. Each says it in words for the person who named the address.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No address that is ever asked.
    #[error("{url} is not an address that can be asked: {reason}")]
    InvalidUrl {
        /// As it was given, cut when it is long.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It leads to somewhere that is nobody's business.
    #[error("{host} is not asked: {address} is not a public address")]
    NotPublic {
        /// The name or address that was asked for.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
    /// The name is not known.
    #[error("the name {host} can't be resolved")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        source: Cause,
    },
    /// Nobody answers there.
    #[error("no connection to {host}")]
    Connect {
        /// Where nobody answers.
        host: String,
        /// What the network said.
        #[source]
        source: Cause,
    },
    /// A connection that can't be trusted.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// Who was asked.
        host: String,
        /// What is wrong, for example with the certificate.
        reason: rustls::Error,
    },
    /// The connection took longer than [`CONNECT_TIMEOUT`].
    #[error("{host} is too slow: no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    ConnectTimeout {
        /// Who was asked.
        host: String,
    },
    /// All of it took longer than it may.
    #[error("{host} is too slow: not done within {} s", limit.as_secs_f32())]
    Timeout {
        /// Who was slow last.
        host: String,
        /// How long it may take.
        limit: Duration,
    },
    /// The answer is not HTTP, or breaks off.
    #[error("the answer of {host} is broken")]
    Broken {
        /// Who answered.
        host: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// More than 100 lines of header, or more than 400 KiB: the bounds of the client.
    #[error("the header of the answer of {host} is too large")]
    HeaderTooLarge {
        /// Who answered.
        host: String,
    },
    /// A content coding that was not asked for.
    #[error("the answer of {host} has the unknown content coding {coding}")]
    UnknownCoding {
        /// Who answered.
        host: String,
        /// What `Content-Encoding` says, cut when it is long.
        coding: String,
    },
    /// It can't be decompressed.
    #[error("the answer of {host} can't be decompressed")]
    Corrupt {
        /// Who answered.
        host: String,
        /// What the decompressor said.
        #[source]
        source: io::Error,
    },
    /// More than is taken.
    #[error("the page is larger than {} KiB", limit / 1024)]
    TooLarge {
        /// How many bytes are taken, decompressed.
        limit: u64,
    },
    /// Little that becomes very much.
    #[error("the page is a decompression bomb: {received} bytes become more than {} KiB", limit / 1024)]
    Bomb {
        /// How many bytes it took.
        received: u64,
        /// How many bytes are taken, decompressed.
        limit: u64,
    },
    /// An answer that is no page, or does not take what was delivered.
    #[error("{host} answered with the status {status}")]
    Status {
        /// Who answered.
        host: String,
        /// What it answered.
        status: u16,
        /// Not to be asked again before this, says `Retry-After`.
        not_before: Option<Timestamp>,
    },
    /// What was delivered was not taken, but sent on to another address: the address has to be given as it is.
    #[error("{host} redirects, with the status {status}, and a redirect is not followed here")]
    Redirected {
        /// Who answered.
        host: String,
        /// What it answered.
        status: u16,
    },
    /// The host has said that it wants to be left alone for a while.
    #[error("{host} is not to be asked before {not_before}")]
    NotYet {
        /// Who said so.
        host: String,
        /// When it may be asked.
        not_before: Timestamp,
    },
    /// Its robots.txt forbids it.
    #[error("the site's robots.txt does not allow {url}")]
    Disallowed {
        /// What is not allowed.
        url: String,
    },
    /// Whether the site allows it can't be known.
    #[error("nothing of {host} is fetched while its robots.txt can't be had")]
    Robots {
        /// Whose it is.
        host: String,
        /// Why it can't be had.
        #[source]
        source: Box<Error>,
    },
    /// It leads on and on.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// How many are followed.
        limit: usize,
    },
    /// There is no client at all.
    #[error("the client can't be made")]
    Client(#[source] reqwest::Error),
}

/// What lies below.
pub type Cause = Box<dyn StdError + Send + Sync>;

impl Error {
    /// Whether the same may go well a moment later.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Dns { .. } | Self::Connect { .. } | Self::Broken { .. } => true,
            Self::Status {
                status, not_before, ..
            } => not_before.is_none() && matches!(status, 408 | 502..=504),
            _ => false,
        }
    }

    /// The time before which the site does not want to be asked again.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Status { not_before, .. } => *not_before,
            Self::NotYet { not_before, .. } => Some(*not_before),
            Self::Robots { source, .. } => source.not_before(),
            _ => None,
        }
    }

    /// Whether this is about reaching a host, so that all that it has is out of reach.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        match self {
            Self::NotPublic { host, .. }
            | Self::Dns { host, .. }
            | Self::Connect { host, .. }
            | Self::Tls { host, .. }
            | Self::ConnectTimeout { host }
            | Self::Timeout { host, .. }
            | Self::NotYet { host, .. } => host == name,
            _ => false,
        }
    }

    /// What a failure of the client is about.
    pub(crate) fn of_client(host: &str, error: reqwest::Error) -> Self {
        let host = host.to_owned();
        if let Some(refused) = find::<NotPublic>(&error) {
            return Self::NotPublic {
                host,
                address: refused.0,
            };
        }
        if let Some(reason) = find::<rustls::Error>(&error) {
            let reason = reason.clone();
            return Self::Tls { host, reason };
        }
        if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse_too_large) {
            return Self::HeaderTooLarge { host };
        }
        let source = Cause::from(error.without_url());
        let Some(error) = source.downcast_ref::<reqwest::Error>() else {
            return Self::Broken { host, source };
        };
        if error.is_connect() && error.is_timeout() {
            return Self::ConnectTimeout { host };
        }
        if find::<Unresolved>(error).is_some() {
            return Self::Dns { host, source };
        }
        if error.is_connect() {
            return Self::Connect { host, source };
        }
        Self::Broken { host, source }
    }
}

/// What the resolver says of a name that leads to an address which is not fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a public address")]
pub(crate) struct NotPublic(pub(crate) IpAddr);

/// What the resolver says of a name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere")]
pub(crate) struct Unresolved(#[source] pub(crate) Option<Cause>);

/// Looks for an error of one kind in all that lies below another. An [`io::Error`] hides what it was made of from `source`.
pub(crate) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let within = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match within {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    None
}

/// The time that a fetch may take altogether; waiting for a turn takes none of it.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Duration,
    left: Duration,
}

impl Budget {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, left: limit }
    }

    /// Does something for as long as the budget has time, and takes that from it.
    ///
    /// # Errors
    /// Those of `work`, and [`Error::Timeout`].
    pub(crate) async fn spend<T>(
        &mut self,
        host: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let done = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(began.elapsed());
        done.unwrap_or_else(|_| {
            Err(Error::Timeout {
                host: host.to_owned(),
                limit: self.limit,
            })
        })
    }
}
