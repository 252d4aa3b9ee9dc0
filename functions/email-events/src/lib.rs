//! `EmailEvents`: what SES says of the mails that it took. Bounces and complaints become suppressions.
//!
//! The events come over an SNS topic and a queue, late, twice and out of order; only what the topic has signed counts.

mod event;

use domain::mail::{EmailRecord, Status, SuppressionReason};
use domain::{Clock, Timestamp};
use repository::emails::Happened;
use repository::{Emails, Suppressions};
use sns::Topic;
use trigger::{BadMessage, Message};

use crate::event::{Event, Kind};

trigger::deps! {
    topic: Topic,
    emails: Emails,
    suppressions: Suppressions,
    clock: Clock,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message is no notification of SNS.
    #[error(transparent)]
    NotANotification(#[from] BadMessage),
    /// The notification does not count.
    #[error(transparent)]
    NotVerified(#[from] sns::Error),
    /// The notification says something else than SES's events do.
    #[error("the notification is no event of SES (line {line}, column {column})")]
    NotAnEvent {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The database did not do its part.
    #[error("the event can't be written down")]
    Database(#[from] repository::Error),
}

/// Writes down what happened to one mail.
///
/// # Errors
/// For what is no verified event of SES, and where it can't be written down.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    let said = deps.topic.open(message.json()?).await?;
    let event: Event = serde_json::from_str(&said).map_err(|error| Error::NotAnEvent {
        line: error.line(),
        column: error.column(),
    })?;
    let Some(id) = event.email_id() else {
        tracing::info!("an event of a mail that is not the platform's");
        return Ok(());
    };
    let Some(mail) = deps.emails.get(id).await? else {
        tracing::warn!(email_id = %id, "an event of a mail that is not known");
        return Ok(());
    };
    let happened = happened(&event);
    let suppressed = suppress(deps, &mail, &event.kind, deps.clock.now());
    let written = async {
        match &happened {
            Some(happened) => deps.emails.happened(id, happened).await,
            None => Ok(()),
        }
    };
    let (suppressed, written) = futures::join!(suppressed, written);
    suppressed?;
    Ok(written?)
}

async fn suppress(
    deps: &Deps,
    mail: &EmailRecord,
    kind: &Kind,
    now: Timestamp,
) -> Result<(), repository::Error> {
    let reason = match kind {
        Kind::Bounce { bounce } if bounce.is_permanent() => SuppressionReason::Bounce,
        Kind::Complaint { .. } => SuppressionReason::Complaint,
        _ => return Ok(()),
    };
    deps.suppressions
        .add(&mail.tenant_id, &mail.to, reason, now)
        .await
}

/// What an event makes of a mail; nothing where it only tells of a delay.
fn happened(event: &Event) -> Option<Happened> {
    let (status, reason) = match &event.kind {
        Kind::Send => (Status::Sent, None),
        Kind::Delivery => (Status::Delivered, None),
        Kind::Bounce { bounce } if bounce.is_permanent() => {
            (Status::Bounced, Some(bounce.reason()))
        }
        Kind::Complaint { complaint } => (Status::Complained, complaint.reason()),
        Kind::Reject { reject } => (Status::Failed, Some(format!("SES: {}", reject.reason))),
        Kind::Bounce { .. } | Kind::Other => return None,
    };
    Some(Happened {
        status,
        provider_id: event.mail.message_id.clone(),
        reason,
        sent_at: event.mail.timestamp,
    })
}
