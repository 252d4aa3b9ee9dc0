//! Sending over SMTP: any mail server, or a mail catcher on a laptop.

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::Url;

use crate::{NotSent, Outgoing};

/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Answers of 5xx that are about the sender's own name and password (RFC 4954 §6), not about the mail.
const ABOUT_CREDENTIALS: [u16; 4] = [530, 534, 535, 538];

/// Sends mail over SMTP, each over a connection of its own. Its user name and password are never printed.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

/// An address of a mail server that can't be used. Holds the reason, and nothing of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail server's URL {0}")]
pub struct WrongUrl(&'static str);

impl Smtp {
    /// Reads `smtp://user:password@host:port`, with STARTTLS unless the host is this machine, or `smtps://…`, with TLS from
    /// the start. User and password are percent-encoded, and may be left out.
    ///
    /// # Errors
    /// [`WrongUrl`] for what is no such URL, or would send mail unencrypted to another machine.
    pub fn from_url(url: &str) -> Result<Self, WrongUrl> {
        let mut url = Url::parse(url).map_err(|_| WrongUrl("can't be read"))?;
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() {
            return Err(WrongUrl("names no host"));
        }
        // In a URL of this scheme an IPv4 address is a name like any other.
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(WrongUrl("must start with smtp:// or smtps://"));
        }
        if url.scheme() == "smtp" && !is_here {
            match url.query() {
                None => url.set_query(Some("tls=required")),
                Some("tls=required") => {}
                Some(_) => return Err(WrongUrl("may have tls=required after the ? only")),
            }
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str());
        let builder = builder.map_err(|_| WrongUrl("can't be used"))?;
        Ok(Self {
            transport: builder.timeout(Some(PATIENCE)).build(),
        })
    }

    /// Sends a mail, and returns what the server said when it took it.
    ///
    /// # Errors
    /// See [`NotSent`].
    pub(crate) async fn send(&self, mail: &Outgoing) -> Result<String, NotSent> {
        let address = |email: &domain::Email| email.as_str().parse::<Address>();
        let envelope = match (address(&mail.from), address(&mail.to)) {
            (Ok(from), Ok(to)) => Envelope::new(Some(from), vec![to]),
            _ => return Err(NotSent::Refused("an address can't be used".to_owned())),
        };
        let envelope = envelope.map_err(|error| NotSent::Refused(error.to_string()))?;
        match self.transport.send_raw(&envelope, &mail.raw).await {
            Ok(answer) => Ok(answer.first_line().unwrap_or_default().to_owned()),
            Err(error) => Err(not_sent(&error)),
        }
    }
}

fn not_sent(error: &SmtpError) -> NotSent {
    let reason = error.to_string();
    let status = error.status().map(u16::from);
    if status.is_some_and(|code| ABOUT_CREDENTIALS.contains(&code)) {
        NotSent::Later(reason)
    } else if error.is_permanent() {
        NotSent::Refused(reason)
    } else if error.is_transient() || error.is_client() || error.is_tls() || was_not_reached(error)
    {
        NotSent::Later(reason)
    } else {
        NotSent::Unanswered(reason)
    }
}

/// Whether there never was a connection that a mail could have gone over.
fn was_not_reached(error: &SmtpError) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return error.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        cause = error.source();
    }
    false
}
