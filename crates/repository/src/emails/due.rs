//! Mails that nobody has put into the queue, because their time has not come or because whoever took them died.

use domain::Timestamp;
use uuid::Uuid;

use super::Emails;
use crate::Error;
use crate::database::{conditional, text, time};

/// What all waiting mails have in common: there are few at a time, so that one partition holds them.
pub(super) const DUE: &str = "due";

impl Emails {
    /// The mails that are due at `until` or before, the earliest first, at most `limit`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Uuid>, Error> {
        let mut items = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("due-index")
            .key_condition_expression("due = :due AND due_at <= :until")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":until", time(until))
            .into_paginator()
            .items()
            .send();
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(item) = items.next().await
        {
            let id = item?.remove("email_id");
            let id = id.and_then(|id| id.as_s().ok()?.parse().ok());
            ids.push(id.ok_or_else(|| Error::corrupt("a due mail without an id"))?);
        }
        Ok(ids)
    }

    /// Writes down that a mail which was due at `until` or before is in the queue: it is due again at `next`, should it get
    /// lost there. Nothing where a worker has had it meanwhile.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn queued(&self, id: Uuid, until: Timestamp, next: Timestamp) -> Result<(), Error> {
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("email_id", text(id.to_string()))
            .update_expression("SET due_at = :next")
            .condition_expression("due_at <= :until")
            .expression_attribute_values(":until", time(until))
            .expression_attribute_values(":next", time(next));
        conditional(call.send().await)?.ok();
        Ok(())
    }
}
