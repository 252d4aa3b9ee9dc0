//! Audit events: who did what, when, from where, in which request; never a secret.

use serde::{Deserialize, Serialize};

use crate::clock::SignedDuration;
use crate::{TenantId, Timestamp, UserId};

/// How long events are kept.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An account was made.
    Register,
    /// Somebody logged in.
    Login,
    /// A password was wrong.
    LoginFailed,
    /// Failures made an address or an account wait.
    Locked,
    /// A link to reset a password or to verify an address was asked for.
    LinkRequested,
    /// A password was set by a link.
    PasswordReset,
    /// A back end set or changed a user.
    UserWritten,
    /// A user deleted the account.
    UserDeleted,
    /// A user's roles changed.
    RoleChanged,
    /// An API key was made.
    KeyCreated,
    /// An API key was revoked.
    KeyRevoked,
    /// An admin wrote what a mail of the tenant says, or took it back.
    EmailTemplateWritten,
    /// A site was set up or set up anew.
    SiteWritten,
    /// A site's setup was taken back.
    SiteRemoved,
    /// A user made a message key.
    MessageKeyCreated,
    /// A user deleted the message key.
    MessageKeyDeleted,
    /// A user gave the message key another passphrase.
    MessageKeyResealed,
    /// A message that burns was given to its reader.
    MessageBurnt,
    /// A refresh token was used after it had been rotated; its session ended.
    RefreshReuse,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Its tenant and its day (UTC): `{tenant_id}#{YYYY-MM-DD}`.
    pub tenant_day: String,
    /// Its time and what tells it from others of that moment: `{RFC 3339}#{request_id}#{event}`.
    pub time_id: String,
    /// What happened.
    pub event: Event,
    /// The account that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The address that the request came from.
    pub ip: String,
    /// The request.
    pub request_id: String,
    /// When the row may be deleted, in epoch seconds.
    pub ttl: i64,
}

impl AuditEvent {
    /// An event of `tenant`, now.
    #[must_use]
    pub fn new(
        event: Event,
        tenant: &TenantId,
        user_id: Option<UserId>,
        ip: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            tenant_day: format!("{tenant}#{}", now.strftime("%Y-%m-%d")),
            time_id: format!(
                "{}#{request_id}#{event:?}",
                now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
            ),
            event,
            user_id,
            ip: ip.into(),
            request_id: request_id.into(),
            ttl: (now + RETENTION).as_second(),
        }
    }
}
