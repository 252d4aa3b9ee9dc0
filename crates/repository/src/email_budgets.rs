//! How many mails of a tenant were accepted in a day.

use aws_sdk_dynamodb::types::Update;
use domain::clock::SignedDuration;
use domain::{TenantId, Timestamp};

use crate::Error;
use crate::database::{number, text};
use crate::transaction::built;

/// The table of daily counts. It is written in transactions of [`crate::Emails`] alone.
#[derive(Debug, Clone)]
pub struct EmailBudgets {
    table: String,
}

impl EmailBudgets {
    /// The table named `table`.
    #[must_use]
    pub fn new(_: crate::Database, table: String) -> Self {
        Self { table }
    }

    /// Counts one mail of the day (UTC); holds only below `limit`.
    pub(crate) fn counting(
        &self,
        tenant: &TenantId,
        limit: u32,
        now: Timestamp,
    ) -> Result<Update, Error> {
        let day = now.strftime("%Y-%m-%d");
        let update = Update::builder()
            .table_name(&self.table)
            .key("tenant_day", text(format!("{tenant}#{day}")))
            .update_expression("SET #ttl = :ttl ADD mails :one")
            // A budget of 0 takes no first mail either.
            .condition_expression(
                "(attribute_not_exists(mails) AND :limit > :zero) OR mails < :limit",
            )
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":ttl", number((now + KEPT).as_second()));
        built(update.build())
    }
}

/// Longer than the day that is counted.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
