//! The ways out for a mail that is ready.

use std::fmt;

use domain::{Email, TenantId, Timestamp};
use uuid::Uuid;

use crate::outbox::Outbox;
use crate::ses::Ses;
use crate::smtp::Smtp;

/// A mail that is ready to go out. It may hold a link that opens an account, so nothing of it is printed.
#[derive(Clone)]
pub struct Outgoing {
    /// Names it.
    pub email_id: Uuid,
    /// Whose mail it is.
    pub tenant: TenantId,
    /// The address that it comes from, without the name.
    pub from: Email,
    /// The recipient.
    pub to: Email,
    /// The whole message ([RFC 5322](https://www.rfc-editor.org/rfc/rfc5322)).
    pub raw: Vec<u8>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("email_id", &self.email_id)
            .finish_non_exhaustive()
    }
}

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Too many mails at once, or too many today: the same mail can go later. Holds the reason.
    #[error("the mail has to wait: {0}")]
    Later(String),
    /// It was refused, and will be again until somebody changes something. Holds the reason.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// There was no answer: it may have gone out. Holds what is known.
    #[error("no answer: {0}")]
    Unanswered(String),
}

/// Sends mail.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// Over SES.
    Ses(Ses),
    /// Into a folder, to be looked at.
    Outbox(Outbox),
    /// Over SMTP.
    Smtp(Smtp),
}

impl Mailer {
    /// Asks what has to be known before a mail can be sent: meant to run beside whatever else has to be waited for.
    pub async fn prepare(&self, now: Timestamp) {
        match self {
            Self::Ses(ses) => ses.prepare(now).await,
            Self::Outbox(_) | Self::Smtp(_) => {}
        }
    }

    /// Sends a mail, and returns what the other side calls it.
    ///
    /// # Errors
    /// See [`NotSent`].
    pub async fn send(&self, mail: &Outgoing) -> Result<String, NotSent> {
        match self {
            Self::Ses(ses) => ses.send(mail).await,
            Self::Outbox(outbox) => outbox.send(mail).await,
            Self::Smtp(smtp) => smtp.send(mail).await,
        }
    }
}
