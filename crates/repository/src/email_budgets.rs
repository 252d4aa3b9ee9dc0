//! How many mails of a tenant were accepted in a day.

use aws_sdk_dynamodb::types::Update;
use domain::clock::SignedDuration;
use domain::{TenantId, Timestamp};

use crate::Error;
use crate::counted::one_more;

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
        let row = ("tenant_day", format!("{tenant}#{day}"));
        one_more(&self.table, row, limit, now + KEPT)
    }
}

/// Longer than the day that is counted.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
