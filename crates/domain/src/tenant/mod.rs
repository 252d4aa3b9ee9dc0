//! Tenants: a site of a client, and what its developer registered for it.

mod urls;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::invalid::identifier;
use crate::mail::{DAILY_BUDGET, Link};
use crate::{Email, Invalid, Timestamp};

pub use urls::{BaseUrl, Origin};

/// The name of a tenant: a client and one of its sites, written `{client_id}#{site_id}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId {
    client_id: String,
    site_id: String,
}

impl TenantId {
    /// A tenant's name from its two parts: 1 to 64 ASCII letters, digits, `_`, `-`, `.` each, of which the first is no dot: they
    /// are folders too.
    ///
    /// # Errors
    /// `too_short`, `too_long` or `invalid`.
    pub fn new(client_id: &str, site_id: &str) -> Result<Self, Invalid> {
        identifier(client_id, 64, "_-.")?;
        identifier(site_id, 64, "_-.")?;
        if client_id.starts_with('.') || site_id.starts_with('.') {
            return Err(Invalid::new("invalid", "may not start with a dot"));
        }
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
        assert!(TenantId::parse("a.b#c.example").is_ok());
        for input in [
            "", "#", "a#", "#b", "a", "a#b#c", "a b#c", "ä#b", ".#b", "a#..", ".a#b", "a#.b",
        ] {
            assert!(TenantId::parse(input).is_err(), "{input:?} was taken");
        }
    }
}
