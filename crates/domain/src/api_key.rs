//! API keys: they name a tenant and say what its caller may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::SignedDuration;
use crate::{Invalid, TenantId, Timestamp};

/// The longest that a key may be valid for.
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Where a key may be kept, and so what it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `cv_pk_…`: may sit in a browser; opens only what is public.
    Publishable,
    /// `cv_sk_…`: server to server; opens what its scopes say.
    Secret,
}

/// What a secret key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Queue e-mail.
    #[serde(rename = "email:send")]
    EmailSend,
    /// Read users.
    #[serde(rename = "users:read")]
    UsersRead,
    /// Create and update users.
    #[serde(rename = "users:write")]
    UsersWrite,
    /// Write content.
    #[serde(rename = "content:write")]
    ContentWrite,
    /// Define and run scrapes.
    #[serde(rename = "scrape:write")]
    ScrapeWrite,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 5] = [
        Self::EmailSend,
        Self::UsersRead,
        Self::UsersWrite,
        Self::ContentWrite,
        Self::ScrapeWrite,
    ];

    /// Its name as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailSend => "email:send",
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::ContentWrite => "content:write",
            Self::ScrapeWrite => "scrape:write",
        }
    }

    /// Reads a scope's name.
    ///
    /// # Errors
    /// `invalid`, with the names there are.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::as_str).join(", ");
                Invalid::new("invalid", format!("must be one of {names}"))
            })
    }
}

/// A key as it is stored: a hash of its secret, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Names the row; part of the key's text.
    pub key_id: Uuid,
    /// Whose key it is.
    pub tenant_id: TenantId,
    /// Publishable or secret.
    pub kind: Kind,
    /// What it opens.
    #[serde(default)]
    pub scopes: BTreeSet<Scope>,
    /// The SHA-256 of the secret part, in hex.
    pub secret_hash: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it stops working.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
    /// The last day (`YYYY-MM-DD`, UTC) on which it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_on: Option<String>,
    /// When it was revoked.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it works now.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}
