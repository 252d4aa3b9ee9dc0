//! What became of a mail.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Template;
use crate::{Email, TenantId, Timestamp};

/// Where a mail is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Accepted, and waits for its time, for a worker, or for SES to take mails again.
    Queued,
    /// A worker has it. Where it stays so, the worker died, and the queue brings the mail again.
    Sending,
    /// SES took it.
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// It was not sent, for the reason beside it; the queue brings it again until it is in the dead-letter queue.
    Failed,
    /// It was not sent, because its recipient is on the tenant's suppression list.
    Suppressed,
    /// The recipient's server refused it for good.
    Bounced,
    /// The recipient called it spam.
    Complained,
}

impl Status {
    /// Every status there is.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Suppressed,
        Self::Bounced,
        Self::Complained,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// A mail as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailRecord {
    /// Its key.
    pub email_id: Uuid,
    /// Whose mail it is.
    pub tenant_id: TenantId,
    /// The recipient.
    pub to: Email,
    /// Which mail.
    pub template: Template,
    /// What it is filled with, where a tenant has queued it and it is not sent yet. Parameters of the platform's own mails
    /// open accounts and are never stored here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// Where it is.
    pub status: Status,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it is to be sent, where that was asked for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub send_at: Option<Timestamp>,
    /// When it was sent.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub sent_at: Option<Timestamp>,
    /// What SES calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Why it was not sent, or not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Until when a worker may be sending it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub claimed_until: Option<Timestamp>,
    /// When the row may go, in epoch seconds.
    pub ttl: i64,
}

impl fmt::Debug for EmailRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailRecord")
            .field("email_id", &self.email_id)
            .field("tenant_id", &self.tenant_id)
            .field("template", &self.template)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_written_in_one_way() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
