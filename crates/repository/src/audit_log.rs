//! The audit log, by tenant and day.

use aws_sdk_dynamodb::types::Put;
use domain::TenantId;
use domain::audit::AuditEvent;

use crate::database::{read, text, write};
use crate::transaction::built;
use crate::{Database, Error};

/// The table of audit events.
#[derive(Debug, Clone)]
pub struct AuditLog {
    database: Database,
    table: String,
}

impl AuditLog {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Writes an event down.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn record(&self, event: &AuditEvent) -> Result<(), Error> {
        let call = self.database.client.put_item().table_name(&self.table);
        call.set_item(Some(write(event)?)).send().await?;
        Ok(())
    }

    /// The events of a tenant on a day (`YYYY-MM-DD`, UTC), oldest first.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_day(&self, tenant: &TenantId, day: &str) -> Result<Vec<AuditEvent>, Error> {
        let call = self.database.client.query().table_name(&self.table);
        let mut pages = call
            .key_condition_expression("tenant_day = :day")
            .expression_attribute_values(":day", text(format!("{tenant}#{day}")))
            .into_paginator()
            .items()
            .send();
        let mut events = Vec::new();
        while let Some(item) = pages.next().await {
            events.push(read(item?)?);
        }
        Ok(events)
    }

    /// The same as a step of a transaction.
    pub(crate) fn recording(&self, event: &AuditEvent) -> Result<Put, Error> {
        built(
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(write(event)?))
                .build(),
        )
    }
}
