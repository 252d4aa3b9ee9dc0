//! Users, sessions and messages as clients see them.

use std::collections::BTreeSet;

use domain::message::{MessageKey, MessageSummary};
use domain::session::Session;
use domain::{Timestamp, User};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A user in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserSummary {
    /// `{client_id}#{site_id}#{email}`.
    #[schema(example = "acme#shop#user@example.com")]
    pub user_id: String,
    /// The normalised address.
    #[schema(example = "user@example.com")]
    pub email: String,
    /// What the person is called; may be empty.
    #[schema(example = "Example User")]
    pub name: String,
}

impl From<&User> for UserSummary {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.user_id.to_string(),
            email: user.email.to_string(),
            name: user.name.as_str().to_owned(),
        }
    }
}

/// A user in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// `{client_id}#{site_id}#{email}`.
    #[schema(example = "acme#shop#user@example.com")]
    pub user_id: String,
    /// The normalised address.
    #[schema(example = "user@example.com")]
    pub email: String,
    /// The tenant's client.
    pub client_id: String,
    /// The tenant's site.
    pub site_id: String,
    /// What the person is called; may be empty.
    pub name: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// What the user may do: `user`, `admin`, `owner`.
    #[schema(value_type = Vec<String>)]
    pub roles: BTreeSet<domain::user::Role>,
    /// Whether a second factor is asked for.
    pub mfa_enabled: bool,
    /// The family that the user belongs to.
    pub family_id: Option<String>,
    /// The handle within the family.
    pub user_name: Option<String>,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When somebody last logged in to it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login: Option<Timestamp>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            user_id: user.user_id.to_string(),
            email: user.email.into(),
            client_id: user.client_id,
            site_id: user.site_id,
            name: user.name.into(),
            email_verified: user.email_verified_at.is_some(),
            roles: user.roles,
            mfa_enabled: false,
            family_id: user.family_id.map(Into::into),
            user_name: user.user_name.map(Into::into),
            created_at: user.created_at,
            last_login: user.last_login,
        }
    }
}

/// An answer about one user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserBody {
    /// The user.
    pub user: UserView,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self { user: user.into() }
    }
}

/// A session as its user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Names it.
    pub id: Uuid,
    /// When the user logged in.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last refreshed, or logged in to.
    #[schema(value_type = String, format = DateTime)]
    pub last_used_at: Timestamp,
    /// Where the login came from.
    pub ip: String,
    /// What the client called itself.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl SessionView {
    /// `session`, seen from the session `current`.
    #[must_use]
    pub fn new(session: Session, current: Uuid) -> Self {
        Self {
            current: session.session_id == current,
            id: session.session_id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            ip: session.ip,
            user_agent: session.user_agent,
        }
    }
}

/// A user's message key, for a device that decrypts by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageKeyView {
    /// Messages are dropped at `/drop/{address}`.
    #[schema(example = "mzxw6ytboi4dcmrtgq2tmnzyha")]
    pub address: String,
    /// What others encrypt to.
    #[schema(example = "age1…")]
    pub recipient: String,
    /// An armored age file with the identity; the passphrase opens it.
    pub encrypted_identity: String,
    /// Goes up each time the passphrase changes.
    pub version: u64,
}

impl From<MessageKey> for MessageKeyView {
    fn from(key: MessageKey) -> Self {
        Self {
            address: key.drop_address.to_string(),
            recipient: key.recipient,
            encrypted_identity: key.encrypted_identity,
            version: key.version,
        }
    }
}

/// An age file, where it is a whole body.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "documents bodies")]
pub struct AgeFileBody(Vec<u8>);

/// A secret message, unopened.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Names it.
    pub id: Uuid,
    /// The size of the age file, in bytes.
    pub size: u64,
    /// Whether the first who reads it is the last.
    pub burn: bool,
    /// When it was dropped.
    #[schema(value_type = String, format = "date-time")]
    pub received_at: Timestamp,
    /// From when on it can't be read any more.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Timestamp,
    /// When it was last read; null where it was not.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub read_at: Option<Timestamp>,
}

impl From<MessageSummary> for MessageView {
    fn from(message: MessageSummary) -> Self {
        Self {
            id: message.message_id,
            size: message.size,
            burn: message.burn,
            received_at: message.received_at,
            expires_at: message.expires_at,
            read_at: message.read_at,
        }
    }
}
