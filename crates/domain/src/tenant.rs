//! Tenants: a site of a client, and what its developer registered for it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::invalid::{identifier, length};
use crate::mail::{DAILY_BUDGET, Link};
use crate::{Email, Invalid, Timestamp};

/// The name of a tenant: a client and one of its sites, written `{client_id}#{site_id}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId {
    client_id: String,
    site_id: String,
}

impl TenantId {
    /// A tenant's name from its two parts: 1 to 64 ASCII letters, digits, `_`, `-`, `.` each.
    ///
    /// # Errors
    /// `too_short`, `too_long` or `invalid`.
    pub fn new(client_id: &str, site_id: &str) -> Result<Self, Invalid> {
        identifier(client_id, 64, "_-.")?;
        identifier(site_id, 64, "_-.")?;
        Ok(Self {
            client_id: client_id.into(),
            site_id: site_id.into(),
        })
    }

    /// Reads `{client_id}#{site_id}`.
    ///
    /// # Errors
    /// As [`TenantId::new`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (client, site) = text
            .split_once('#')
            .ok_or_else(|| Invalid::new("invalid", "must be written client_id#site_id"))?;
        Self::new(client, site)
    }

    /// Whose site it is.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Which of the client's sites.
    #[must_use]
    pub fn site_id(&self) -> &str {
        &self.site_id
    }
}

impl TryFrom<String> for TenantId {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.client_id, self.site_id)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({self})")
    }
}

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

/// A colour as web pages write it: `#` and six hexadecimal digits, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

impl Color {
    /// Reads a colour.
    ///
    /// # Errors
    /// `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Invalid::new(
                "invalid",
                "must be a colour like #1a73e8, with six hexadecimal digits",
            ))
        }
    }

    /// The colour, for example `#1a73e8`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Color {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.0
    }
}

/// A tenant as its developer registered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its key.
    pub tenant_id: TenantId,
    /// What people know the site as; mails are signed with it.
    pub name: String,
    /// Where its pages are served: cookies are accepted from these only.
    #[serde(default)]
    pub origins: BTreeSet<Origin>,
    /// What links in its mails start with.
    pub link_base: BaseUrl,
    /// The address that its mails come from, when it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Email>,
    /// Where answers to its mails go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
    /// The colour of buttons and links in its mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_color: Option<Color>,
    /// The picture at the top of its mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<Link>,
    /// How many of its mails are accepted in a day (UTC), where it has a number of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails_per_day: Option<u32>,
    /// Whether a user must have verified the address before logging in.
    #[serde(default)]
    pub require_verified_email: bool,
    /// When it was registered.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

impl Tenant {
    /// A tenant without pages, with nothing of its own in its mails.
    #[must_use]
    pub fn new(tenant_id: TenantId, name: String, link_base: BaseUrl, now: Timestamp) -> Self {
        Self {
            tenant_id,
            name,
            origins: BTreeSet::new(),
            link_base,
            sender: None,
            reply_to: None,
            brand_color: None,
            logo_url: None,
            emails_per_day: None,
            require_verified_email: false,
            created_at: now,
        }
    }

    /// A link in a mail: `{link_base}/{page}?token={token}`.
    ///
    /// Made from what the tenant registered alone, never from a request's `Host`.
    #[must_use]
    pub fn link(&self, page: &str, token: &str) -> String {
        format!("{}/{page}?token={token}", self.link_base.as_str())
    }

    /// How many of its mails are accepted in a day (UTC).
    #[must_use]
    pub fn email_budget(&self) -> u32 {
        self.emails_per_day.unwrap_or(DAILY_BUDGET)
    }

    /// Whether `origin` is one of the tenant's pages.
    #[must_use]
    pub fn owns_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|o| o.as_str() == origin)
    }
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

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(Color::parse("#1A73E8").unwrap().as_str(), "#1a73e8");
        for input in [
            "", "#", "1a73e8", "#1a73e", "#1a73e8f", "#1a73eg", "red", "#1a73é",
        ] {
            assert!(Color::parse(input).is_err(), "{input:?} was taken");
        }
    }

    #[test]
    fn a_tenant_id_has_two_plain_parts() {
        assert_eq!(
            TenantId::parse("acme#shop").unwrap().to_string(),
            "acme#shop"
        );
        for input in ["", "#", "a#", "#b", "a", "a#b#c", "a b#c", "ä#b"] {
            assert!(TenantId::parse(input).is_err(), "{input:?} was taken");
        }
    }
}
