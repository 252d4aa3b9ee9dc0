//! Addresses that mail no longer goes to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Template;
use crate::{Email, TenantId, Timestamp};

/// Why mail to an address stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// The recipient's server says that there is no such mailbox.
    Bounce,
    /// The recipient called a mail spam.
    Complaint,
    /// The recipient wants no more mail of a kind.
    Unsubscribed(Template),
}

/// An address that some or all of a tenant's mail no longer goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Whose mail.
    pub tenant_id: TenantId,
    /// The address.
    pub email: Email,
    /// When it bounced: stops all but what its owner asks for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub bounced_at: Option<Timestamp>,
    /// When its owner complained: stops all optional mail.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub complained_at: Option<Timestamp>,
    /// Which mail its owner has unsubscribed from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unsubscribed: BTreeSet<Template>,
}
