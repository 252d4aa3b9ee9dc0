//! Mails that nobody has put into the queue, because their time has not come or because whoever took them died.

use domain::Timestamp;
use domain::mail::EmailRecord;
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

    /// Takes a mail that is due at `until` or before, and makes it due again at `next` should it get lost on the way: whoever
    /// gets it puts it into the queue. `None` where somebody else has, or a worker had it.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn take_due(
        &self,
        id: Uuid,
        until: Timestamp,
        next: Timestamp,
    ) -> Result<Option<EmailRecord>, Error> {
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("email_id", text(id.to_string()))
            .update_expression("SET due_at = :next")
            .condition_expression("due_at <= :until")
            .expression_attribute_values(":until", time(until))
            .expression_attribute_values(":next", time(next))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        let Ok(answer) = conditional(call.send().await)? else {
            return Ok(None);
        };
        answer.attributes.map(crate::database::read).transpose()
    }
}
