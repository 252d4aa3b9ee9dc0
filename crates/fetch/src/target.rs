//! Addresses that may be asked, and the resolver that decides it once more for every connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use domain::client::is_public;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use crate::error::{Error, NotPublic, Unresolved};

/// The longest address that is asked, in bytes.
const MAX_URL: usize = 8192;
/// How much of a refused address is repeated, in characters.
const SHOWN: usize = 200;
const ODD_PORT: &str = "only the ports 80 and 443 are asked";
const NOT_SECRET: &str = "only https is delivered to";

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// This machine as well, at any port.
    pub(crate) loopback: bool,
}

impl Reach {
    /// An address that may be asked, as far as it says itself; where its name leads is for [`Checked`] to see.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`] and [`Error::NotPublic`].
    pub(crate) fn parse(self, text: &str) -> Result<Url, Error> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        refuse_if(text, text.len() > MAX_URL, "it is longer than 8 KiB")?;
        // Parsers differ in what these are: one sees a path where another sees a host.
        let ambiguous = text.contains(|c: char| c == '\\' || c.is_control());
        refuse_if(text, ambiguous, "it has a backslash or a control character")?;
        let url = Url::parse(text).map_err(|_| invalid(text, "it is not a complete URL"))?;
        self.check(url)
    }

    /// An address that something may be delivered to: over `https`, so that nobody on the way reads it, unless it stays on
    /// this machine.
    ///
    /// # Errors
    /// Those of [`Reach::parse`].
    pub(crate) fn parse_delivery(self, text: &str) -> Result<Url, Error> {
        let url = self.parse(text)?;
        let is_open = url.scheme() != "https" && !self.is_this_machine(&url);
        refuse_if(url.as_str(), is_open, NOT_SECRET)?;
        Ok(url)
    }

    /// Whether a URL names this machine, where that may be asked.
    pub(crate) fn is_this_machine(self, url: &Url) -> bool {
        self.loopback
            && match url.host() {
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(name)) => is_localhost(name),
                None => false,
            }
    }

    /// Where a redirect leads.
    ///
    /// # Errors
    /// Those of [`Reach::parse`].
    pub(crate) fn join(self, from: &Url, location: &str) -> Result<Url, Error> {
        let location = location.trim_matches([' ', '\t']);
        let ambiguous = location.contains(|c: char| c == '\\' || c.is_control());
        refuse_if(
            location,
            ambiguous,
            "it has a backslash or a control character",
        )?;
        let url = from
            .join(location)
            .map_err(|_| invalid(location, "it is not a URL"))?;
        refuse_if(
            location,
            url.as_str().len() > MAX_URL,
            "it is longer than 8 KiB",
        )?;
        self.check(url)
    }

    fn check(self, mut url: Url) -> Result<Url, Error> {
        let shown = url.to_string();
        let refuse = |when, reason| refuse_if(&shown, when, reason);
        refuse(
            !matches!(url.scheme(), "http" | "https"),
            "only http and https are",
        )?;
        let credentials = !url.username().is_empty() || url.password().is_some();
        refuse(credentials, "it has a user name or a password")?;
        url.set_fragment(None);
        // A name that ends with a dot is the same name: one host has one turn, and one certificate.
        if let Some(Host::Domain(name)) = url.host()
            && let Some(name) = name.strip_suffix('.').map(str::to_owned)
        {
            let same = url.set_host(Some(&name));
            refuse(same.is_err(), "its host is not a name")?;
        }
        // The parser reads `0x7f.1`, `127.1` and `017700000001` as the address that they are.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address),
            Some(Host::Ipv6(address)) => IpAddr::from(address),
            Some(Host::Domain(name)) => {
                let labels = name.split('.').all(|label| !label.is_empty());
                refuse(!labels, "its host is not a name")?;
                let here = self.loopback && is_localhost(name);
                refuse(!here && !has_usual_port(&url), ODD_PORT)?;
                return Ok(url);
            }
            None => return Err(invalid(&shown, "it has no host")),
        };
        if !self.permits(address) {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotPublic { host, address });
        }
        refuse(!address.is_loopback() && !has_usual_port(&url), ODD_PORT)?;
        Ok(url)
    }

    fn permits(self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && address.is_loopback())
    }
}

fn has_usual_port(url: &Url) -> bool {
    matches!(url.port_or_known_default(), Some(80 | 443))
}

/// The names that [RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3) gives to the machine itself.
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// A refusal, which people read and results keep: with nothing that could be a password, and no control characters.
fn invalid(url: &str, reason: &'static str) -> Error {
    let shown = match url.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => url.to_owned(),
    };
    let plain = shown.chars().filter(|c| !c.is_control());
    let url = plain.take(SHOWN).collect();
    Error::InvalidUrl { url, reason }
}

fn refuse_if(url: &str, when: bool, reason: &'static str) -> Result<(), Error> {
    if when {
        return Err(invalid(url, reason));
    }
    Ok(())
}

/// Resolves names to addresses that may be asked. The client connects to what this returns and to nothing else, so that a
/// second answer of a name server changes nothing.
pub(crate) struct Checked {
    pub(crate) lookup: Arc<dyn Resolve>,
    pub(crate) reach: Reach,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        let here = is_localhost(name.as_str());
        let looking = self.lookup.resolve(name);
        Box::pin(async move {
            let found = looking
                .await
                .map_err(|error| Unresolved(Some(error)))?
                .map(|address| address.ip());
            let mut addresses = Vec::new();
            for address in found {
                // `localhost` may be asked at any port, so it has to be just that.
                let fits = reach.permits(address) && (!here || address.is_loopback());
                if !fits {
                    return Err(NotPublic(address).into());
                }
                // The port is the URL's: a resolver must not choose one.
                addresses.push(SocketAddr::new(address, 0));
            }
            if addresses.is_empty() {
                return Err(Unresolved(None).into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// Asks the system.
pub(crate) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Finds an address with a port that nobody asked for.
    struct WithPort;

    impl Resolve for WithPort {
        fn resolve(&self, _: Name) -> Resolving {
            let found = SocketAddr::from(([1, 1, 1, 1], 22));
            let addresses: Addrs = Box::new(std::iter::once(found));
            Box::pin(async { Ok(addresses) })
        }
    }

    #[tokio::test]
    async fn a_resolver_chooses_no_port() {
        let checked = Checked {
            lookup: Arc::new(WithPort),
            reach: Reach { loopback: false },
        };
        let found = checked.resolve("site.example".parse().unwrap()).await;
        let found: Vec<_> = found.unwrap().collect();
        assert_eq!(found, [SocketAddr::from(([1, 1, 1, 1], 0))]);
    }

    #[tokio::test]
    async fn the_system_knows_localhost() {
        let found = System.resolve("localhost".parse().unwrap()).await;
        assert!(found.unwrap().all(|address| address.ip().is_loopback()));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_the_same(text in "(https?://)?[a-z0-9.:@/\\\\\\[\\]%#?é ]{0,40}", loopback: bool) {
            let reach = Reach { loopback };
            if let Ok(url) = reach.parse(&text) {
                prop_assert_eq!(reach.parse(url.as_str()).unwrap(), url);
            }
        }

        #[test]
        fn no_spelling_of_a_private_address_is_taken(address: [u8; 4], spelling in 0..4) {
            let [a, b, c, d] = address;
            let number = u32::from_be_bytes(address);
            let host = match spelling {
                0 => format!("{a}.{b}.{c}.{d}"),
                1 => format!("{number}"),
                2 => format!("0x{number:x}"),
                _ => format!("0{a:o}.0x{b:x}.{}", u16::from_be_bytes([c, d])),
            };
            let taken = Reach { loopback: false }.parse(&format!("http://{host}/"));
            prop_assert_eq!(taken.is_ok(), is_public(address.into()), "{:?}", taken);
        }

        #[test]
        fn any_redirect_leads_somewhere_or_is_refused(location: String) {
            let from = Url::parse("http://site.example/a").unwrap();
            let _ = Reach { loopback: false }.join(&from, &location);
        }
    }
}
