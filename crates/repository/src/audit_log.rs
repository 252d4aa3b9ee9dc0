//! The audit log, by tenant and day.

use aws_sdk_dynamodb::types::Put;
use domain::audit::AuditEvent;

use crate::database::write;
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
