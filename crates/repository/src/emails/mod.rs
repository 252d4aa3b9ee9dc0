//! Mails, by their ids: what each is and what became of it.
//!
//! A mail is sent by whoever holds its claim. [`Emails::claim`] decides everything that may stop a mail in one transaction:
//! whether it was sent already or is being sent, whether its recipient is suppressed, whether the tenant's budget is used up.

mod accept;
mod claim;
mod due;
mod events;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::mail::{EmailRecord, KEPT, Status};
use domain::{TenantId, Timestamp};
use uuid::Uuid;

use crate::database::{read, text};
use crate::{Database, Error};

pub use accept::NotAccepted;
pub use claim::{Claim, NotClaimed};
pub use events::Happened;

/// The table of mails.
#[derive(Debug, Clone)]
pub struct Emails {
    database: Database,
    table: String,
}

impl Emails {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// One mail.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, id: Uuid) -> Result<Option<EmailRecord>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("email_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

    /// A tenant's mails, newest first, without their parameters; those with `status` where one is asked for, and at most
    /// `limit`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_tenant(
        &self,
        tenant: &TenantId,
        status: Option<Status>,
        limit: usize,
    ) -> Result<Vec<EmailRecord>, Error> {
        let mut call = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("tenant-index")
            .key_condition_expression("tenant_id = :tenant")
            .expression_attribute_values(":tenant", text(tenant.to_string()))
            .scan_index_forward(false);
        if let Some(status) = status {
            call = call
                .filter_expression("#status = :status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", text(status.as_str()));
        }
        let mut items = call.into_paginator().items().send();
        let mut mails = Vec::new();
        while mails.len() < limit
            && let Some(item) = items.next().await
        {
            mails.push(read(item?)?);
        }
        Ok(mails)
    }

    /// Forgets all mails of a tenant.
    ///
    /// # Errors
    /// When the database gives no answer. What is gone is gone.
    pub async fn delete_all(&self, tenant: &TenantId) -> Result<(), Error> {
        for mail in self.of_tenant(tenant, None, usize::MAX).await? {
            let call = self.database.client.delete_item().table_name(&self.table);
            call.key("email_id", text(mail.email_id.to_string()))
                .send()
                .await?;
        }
        Ok(())
    }
}

/// When a row that is written now may go, in epoch seconds.
fn ttl(now: Timestamp) -> AttributeValue {
    crate::database::number(now.as_second() + KEPT.as_secs())
}
