//! What SES says of a mail that it took.

use domain::Timestamp;
use domain::mail::Status;
use uuid::Uuid;

use super::Emails;
use crate::Error;
use crate::database::{conditional, text, time};

/// Something that happened to a mail after it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// Where the mail is by that. Events come late, twice and out of order, so that an earlier state never replaces a later.
    pub status: Status,
    /// What SES calls the mail.
    pub provider_id: String,
    /// Why it was not delivered, where it was not.
    pub reason: Option<String>,
    /// When SES took the mail.
    pub sent_at: Timestamp,
}

impl Emails {
    /// Writes down what happened to a mail; nothing where there is no such mail, or more is known already.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn happened(&self, id: Uuid, event: &Happened) -> Result<(), Error> {
        let before = before(event.status);
        let names: Vec<_> = (0..before.len())
            .map(|index| format!(":b{index}"))
            .collect();
        let mut call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("email_id", text(id.to_string()))
            .condition_expression(format!("#status IN ({})", names.join(", ")))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(event.status.as_str()))
            .expression_attribute_values(":provider", text(&event.provider_id))
            .expression_attribute_values(":sent", time(event.sent_at));
        for (name, status) in names.into_iter().zip(before) {
            call = call.expression_attribute_values(name, text(status.as_str()));
        }
        let set = "SET #status = :status, provider_id = :provider, sent_at = if_not_exists(sent_at, :sent)";
        call = call.expression_attribute_names("#error", "error");
        call = match &event.reason {
            Some(reason) => call
                .update_expression(format!("{set}, #error = :error REMOVE claimed_until"))
                .expression_attribute_values(":error", text(reason)),
            None => call.update_expression(format!("{set} REMOVE claimed_until, #error")),
        };
        conditional(call.send().await)?.ok();
        Ok(())
    }
}

/// What a mail can have been before. One that is `sending` was sent by a worker that died before it could say so.
fn before(status: Status) -> &'static [Status] {
    use Status::{Bounced, Delivered, Sending, Sent};
    match status {
        Sent => &[Sending],
        Delivered => &[Sending, Sent],
        Bounced | Status::Failed => &[Sending, Sent, Delivered],
        Status::Complained => &[Sending, Sent, Delivered, Bounced],
        Status::Queued | Sending | Status::Suppressed => &[],
    }
}
