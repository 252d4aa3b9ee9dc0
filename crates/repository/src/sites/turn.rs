//! When a site is looked at though nothing changes in its folder.

use domain::{TenantId, Timestamp};

use super::{DUE, Sites};
use crate::Error;
use crate::database::{Item, conditional, text, time, time_in};

impl Sites {
    /// Makes a site due now.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn ask(&self, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
        self.row(tenant)
            .update_expression("SET asked_at = :now, due = :due, due_at = :now")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":now", time(now))
            .send()
            .await?;
        Ok(())
    }

    /// Ends that a site is due `since` then, where there is none to publish: it would be due for ever.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn forget_turn(&self, tenant: &TenantId, since: Timestamp) -> Result<(), Error> {
        let call = self
            .row(tenant)
            .update_expression("REMOVE due, due_at")
            .condition_expression("due_at = :since")
            .expression_attribute_values(":since", time(since));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// The sites that are due at `now`, the earliest first, at most `limit`: each with the time since which it is. A row that
    /// is damaged is an error in its place, and the others come all the same.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Result<(TenantId, Timestamp), Error>>, Error> {
        let mut rows = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("due-index")
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":now", time(now))
            .into_paginator()
            .items()
            .send();
        let (mut found, mut sound) = (Vec::new(), 0);
        while sound < limit
            && let Some(row) = rows.next().await
        {
            let site = due_in(&row?);
            sound += usize::from(site.is_ok());
            found.push(site);
        }
        Ok(found)
    }

    /// Takes a site that is due `since` then until `until`, when it is due again should nothing come of it; `false` where
    /// somebody else was first.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn claim(
        &self,
        tenant: &TenantId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let call = self
            .row(tenant)
            .update_expression("SET due_at = :until")
            .condition_expression("due_at = :since")
            .expression_attribute_values(":until", time(until))
            .expression_attribute_values(":since", time(since));
        Ok(conditional(call.send().await)?.is_ok())
    }
}

/// What a row of the index says.
fn due_in(row: &Item) -> Result<(TenantId, Timestamp), Error> {
    let id = row.get("tenant_id").and_then(|id| id.as_s().ok());
    let id = id.ok_or_else(|| Error::corrupt("a due site without a tenant"))?;
    let tenant = TenantId::parse(id)
        .map_err(|error| Error::corrupt(format!("a due site of {id:?}, whose name {error}")))?;
    let since = time_in(row, "due_at");
    let since =
        since.ok_or_else(|| Error::corrupt(format!("a due site of {id} without a time")))?;
    Ok((tenant, since))
}
