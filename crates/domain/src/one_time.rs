//! What a token that works once stands for.

use serde::{Deserialize, Serialize};

use crate::clock::SignedDuration;
use crate::user::FamilyId;
use crate::{Timestamp, UserId};

/// What a one-time token is good for; a token of one kind is worth nothing as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Sets a new password.
    Reset,
    /// Proves that the address is the user's.
    Verify,
    /// Joins the family of the user who made it.
    Invite,
}

impl Kind {
    /// How long such a token lives.
    #[must_use]
    pub const fn lifetime(self) -> SignedDuration {
        match self {
            Self::Reset => SignedDuration::from_mins(30),
            Self::Verify => SignedDuration::from_hours(24),
            Self::Invite => SignedDuration::from_hours(7 * 24),
        }
    }

    /// Its name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "RESET",
            Self::Verify => "VERIFY",
            Self::Invite => "INVITE",
        }
    }
}

/// Three mails with a link of a kind go to one account within this time.
pub const LINK_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// A one-time token as it is stored: by the hash of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeToken {
    /// Its key: the SHA-256 of the token, in hex.
    pub token_hash: String,
    /// What it is good for.
    pub kind: Kind,
    /// Whose link it is, or who made the invitation.
    pub user_id: UserId,
    /// The family that an invitation leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_id: Option<FamilyId>,
    /// Whether it was redeemed.
    pub used: bool,
    /// When it stops working.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
    /// When the row may be deleted, in epoch seconds.
    pub ttl: i64,
}

impl OneTimeToken {
    /// A fresh token of `kind` for `user_id`.
    #[must_use]
    pub fn new(token_hash: String, kind: Kind, user_id: UserId, now: Timestamp) -> Self {
        let expires_at = now + kind.lifetime();
        Self {
            token_hash,
            kind,
            user_id,
            family_id: None,
            used: false,
            expires_at,
            ttl: expires_at.as_second() + 1,
        }
    }

    /// Whether it still works. TTL is cleaning up: the time is checked here.
    #[must_use]
    pub fn is_usable(&self, kind: Kind, user_id: &UserId, now: Timestamp) -> bool {
        self.kind == kind && self.user_id == *user_id && !self.used && self.expires_at > now
    }
}
