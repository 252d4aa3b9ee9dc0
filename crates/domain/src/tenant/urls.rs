//! Where a tenant's pages are.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::length;

/// A web origin as a browser writes it in `Origin` ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)): scheme, host, port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// Reads an origin: `https://host[:port]`, or `http://` for a host that is this machine.
    ///
    /// # Errors
    /// `invalid`, saying which part is wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let base = BaseUrl::parse(text)?;
        if base.as_str().matches('/').count() > 2 {
            return Err(Invalid::new("invalid", "must end after the host and port"));
        }
        Ok(Self(base.0))
    }

    /// The origin as a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

/// Where a tenant's pages live: links in mails are made by appending a path to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads `https://host[:port][/path]` (or `http://` for a host that is this machine), dropping a final slash.
    ///
    /// # Errors
    /// `invalid`, saying which part is wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        length(text, 1, 512)?;
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            Invalid::new(
                "invalid",
                "must start with https:// (or http:// for localhost)",
            )
        })?;
        let (authority, path) = rest.split_once('/').map_or((rest, ""), |(a, p)| (a, p));
        let (host, port) = split_port(authority)?;
        if !path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/-._~%".contains(c))
        {
            return Err(Invalid::new(
                "invalid",
                "must have no query, fragment or odd characters",
            ));
        }
        let secure = scheme == "https";
        let plain_here = scheme == "http" && is_this_machine(host);
        if !secure && !plain_here {
            return Err(Invalid::new(
                "invalid",
                "must be https (http only for localhost)",
            ));
        }
        let default_port = if secure { "443" } else { "80" };
        let port = port
            .filter(|p| *p != default_port)
            .map(|p| format!(":{p}"))
            .unwrap_or_default();
        let path = path.trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(Self(format!(
            "{scheme}://{}{port}{slash}{path}",
            host.to_ascii_lowercase()
        )))
    }

    /// The URL without a final slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<BaseUrl> for String {
    fn from(base: BaseUrl) -> Self {
        base.0
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), Invalid> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let host_is_valid = match bare {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => idna::domain_to_ascii_strict(host).is_ok_and(|ascii| {
            ascii.eq_ignore_ascii_case(host)
                && !ascii.is_empty()
                && ascii
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        }),
    };
    if !host_is_valid {
        return Err(Invalid::new(
            "invalid",
            "must name a host (in ASCII, no user or password)",
        ));
    }
    if port.is_some_and(|p| p.parse::<u16>().is_err() || p.starts_with('+')) {
        return Err(Invalid::new(
            "invalid",
            "must have a port from 1 to 65535, or none",
        ));
    }
    Ok((host, port))
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_a_browser_sends() {
        for (input, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://App.Example.com:443/", "https://app.example.com"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(Origin::parse(input).unwrap().as_str(), expected);
        }
        for input in [
            "",
            "*",
            "null",
            "example.com",
            "http://example.com",
            "https://",
            "https://a b.de",
            "https://u:p@example.com",
            "https://example.com/path",
            "https://example.com:99999",
            "https://example.com?x",
            "ftp://localhost",
            "https://exa\r\nmple.com",
            "https://example.com:+1",
        ] {
            assert!(Origin::parse(input).is_err(), "{input:?} was taken");
        }
    }

    #[test]
    fn a_link_base_may_have_a_path() {
        let base = BaseUrl::parse("https://example.com/account/").unwrap();
        assert_eq!(base.as_str(), "https://example.com/account");
        assert!(BaseUrl::parse("https://example.com/?next=x").is_err());
        assert!(BaseUrl::parse("https://example.com/#top").is_err());
    }
}
