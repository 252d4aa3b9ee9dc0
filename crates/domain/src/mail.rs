//! E-mail jobs: what any part of the platform hands to the e-mail worker.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Email, TenantId};

/// Which mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Greets a new user, with a link that verifies the address. Parameters: `name`, `link`.
    Welcome,
    /// A new link that verifies the address. Parameters: `name`, `link`.
    VerifyEmail,
    /// A link that sets a new password. Parameters: `name`, `link`, `expires_minutes`.
    PasswordReset,
    /// Says that the password was changed. Parameters: `name`.
    PasswordChanged,
    /// Says farewell. Parameters: `name`.
    AccountDeleted,
    /// Anything else that a user must know. Parameters: `name`, `title`, `body`.
    Notification,
    /// No mail at all: the worker acknowledges the job and drops it. It is queued where an address has no account, so
    /// that asking for a link takes the same work whoever is asked about.
    None,
}

/// One mail to be sent, once, however often the job is delivered.
///
/// Parameters may hold links that open an account: they are never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailJob {
    /// The recipient.
    pub to: Email,
    /// Which mail.
    pub template: Template,
    /// What the template is filled with.
    pub params: BTreeMap<String, String>,
    /// Whose mail it is: sender, colours and suppression list are the tenant's.
    pub tenant: TenantId,
    /// The same key is the same mail.
    pub idempotency_key: String,
}

impl EmailJob {
    /// A job with its parameters as pairs.
    #[must_use]
    pub fn new<const N: usize>(
        to: Email,
        template: Template,
        params: [(&str, String); N],
        tenant: TenantId,
        idempotency_key: String,
    ) -> Self {
        let params = params.map(|(name, value)| (name.to_owned(), value)).into();
        Self {
            to,
            template,
            params,
            tenant,
            idempotency_key,
        }
    }
}

impl fmt::Debug for EmailJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailJob")
            .field("to", &self.to)
            .field("template", &self.template)
            .field("params", &self.params.keys())
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
