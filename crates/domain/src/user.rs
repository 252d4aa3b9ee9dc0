//! People with an account at one tenant.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::invalid::{identifier, length};
use crate::password::PasswordHash;
use crate::{Email, Invalid, TenantId, Timestamp};

/// Names one account: `{client_id}#{site_id}#{email}`. The same person on two sites is two users.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId {
    tenant: TenantId,
    email: Email,
}

impl UserId {
    /// The account of `email` at `tenant`.
    #[must_use]
    pub fn new(tenant: TenantId, email: Email) -> Self {
        Self { tenant, email }
    }

    /// Reads `{client_id}#{site_id}#{email}`.
    ///
    /// # Errors
    /// `invalid` and what its parts refuse.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.splitn(3, '#');
        let (Some(client), Some(site), Some(email)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Invalid::new(
                "invalid",
                "must be written client_id#site_id#email",
            ));
        };
        Ok(Self {
            tenant: TenantId::new(client, site)?,
            email: Email::parse(email)?,
        })
    }

    /// Where the account is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whose it is.
    #[must_use]
    pub fn email(&self) -> &Email {
        &self.email
    }
}

impl TryFrom<String> for UserId {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.tenant, self.email)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({self})")
    }
}

/// What a user may do beyond using their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A member of the site, as everyone is.
    User,
    /// Administers its own tenant.
    Admin,
    /// Owns the whole platform.
    Owner,
}

impl Role {
    /// Reads a role as it is written in a token.
    ///
    /// # Errors
    /// `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(Invalid::new("invalid", "must be user, admin or owner")),
        }
    }
}

/// Makes a type of text that is trimmed, NFC and bounded, with no control characters.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[derive(Default)]
pub struct $name(String);

        impl $name {
            /// Normalises and checks the text.
            ///
            /// # Errors
            /// `too_short`, `too_long` or `invalid`.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text: String = text.trim().nfc().collect();
                let check: fn(&str) -> Result<(), Invalid> = $check;
                check(&text)?;
                Ok(Self(text))
            }

            /// The text as it is stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

text_type!(
    /// What a person is called: up to 100 characters of any script, possibly none.
    Name,
    |text| {
        length(text, 0, 100)?;
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("invalid", "must have no control characters"));
        }
        Ok(())
    }
);

text_type!(
    /// A handle that is unique within a family: 1 to 64 ASCII letters, digits, `_`, `-`, `.`.
    UserName,
    |text| identifier(text, 64, "_-.")
);

text_type!(
    /// Names a group of users of one tenant: 1 to 64 ASCII letters, digits, `_`, `-`, `.`.
    FamilyId,
    |text| identifier(text, 64, "_-.")
);

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its key.
    pub user_id: UserId,
    /// The address, again, for the index.
    pub email: Email,
    /// The tenant's client.
    pub client_id: String,
    /// The tenant's site.
    pub site_id: String,
    /// What the person is called.
    #[serde(default)]
    pub name: Name,
    /// None for an account that a back end made without a password: a reset gives it one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<PasswordHash>,
    /// What the user may do.
    pub roles: BTreeSet<Role>,
    /// When the address was proven to be the user's.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub email_verified_at: Option<Timestamp>,
    /// The family that the user belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_id: Option<FamilyId>,
    /// The handle within the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<UserName>,
    /// When all sessions were last ended together.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub sessions_valid_from: Option<Timestamp>,
    /// Which sessions are the account's: those that were made under this number. It begins at the account's time in
    /// milliseconds, so that no session of an earlier account of that address has it, and is raised to end all sessions.
    /// A time would not do: a login that began before a reset may end after it.
    pub session_generation: i64,
    /// Since when the account is closed to everybody.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// When somebody last logged in to it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub last_login: Option<Timestamp>,
    /// From where somebody has logged in, the last first, at most [`KNOWN_SIGN_INS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_sign_ins: Vec<SignIn>,
}

/// A device and a network from which somebody has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// A hash of what the device calls itself, and the network.
    pub place: String,
    /// When that was first seen.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
}

/// From how many places at the most a login is nothing new.
pub const KNOWN_SIGN_INS: usize = 20;

impl User {
    /// A new account with the role of a user, its address unproven.
    #[must_use]
    pub fn new(
        user_id: UserId,
        name: Name,
        password_hash: Option<PasswordHash>,
        now: Timestamp,
    ) -> Self {
        Self {
            email: user_id.email().clone(),
            client_id: user_id.tenant().client_id().into(),
            site_id: user_id.tenant().site_id().into(),
            user_id,
            name,
            password_hash,
            roles: BTreeSet::from([Role::User]),
            email_verified_at: None,
            family_id: None,
            user_name: None,
            sessions_valid_from: None,
            session_generation: now.as_millisecond(),
            disabled_at: None,
            created_at: now,
            updated_at: now,
            last_login: None,
            known_sign_ins: Vec::new(),
        }
    }

    /// Whether the account may be used at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether the user administers its tenant (an owner administers every one).
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin) || self.roles.contains(&Role::Owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_read_back_even_with_hash_signs_in_the_address() {
        let id = UserId::parse("acme#shop#a#b@example.com").unwrap();
        assert_eq!(id.email().as_str(), "a#b@example.com");
        assert_eq!(UserId::parse(&id.to_string()).unwrap(), id);
        for input in ["", "acme#shop", "acme#shop#nobody", "#shop#a@b.de"] {
            assert!(UserId::parse(input).is_err(), "{input:?} was taken");
        }
    }

    #[test]
    fn names_are_bounded_and_plain() {
        assert_eq!(
            Name::parse("  Ada Lovelace ").unwrap().as_str(),
            "Ada Lovelace"
        );
        assert_eq!(Name::parse("a\r\nb").unwrap_err().code, "invalid");
        assert_eq!(Name::parse(&"é".repeat(101)).unwrap_err().code, "too_long");
        assert_eq!(UserName::parse("").unwrap_err().code, "too_short");
        assert_eq!(UserName::parse("a#b").unwrap_err().code, "invalid");
    }
}
