//! As whom the platform mails.

use domain::Email;

/// What every mail needs to know of the stack that sends it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The address that mails come from where a tenant has no sender of its own: verified in SES.
    pub from: Email,
    /// Where the API answers, without a final slash: links by which a mail is unsubscribed from begin with it.
    pub public_url: String,
}
