//! API keys, by their id and by their tenant.

use domain::api_key::ApiKey;
use domain::{TenantId, Timestamp};
use uuid::Uuid;

use crate::database::{conditional, read, text, time, write};
use crate::{Database, Error};

/// The table of API keys.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    database: Database,
    table: String,
}

impl ApiKeys {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// One key.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, key_id: Uuid) -> Result<Option<ApiKey>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("key_id", text(key_id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

    /// Stores a new key.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(&self, key: &ApiKey) -> Result<(), Error> {
        let call = self
            .database
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(key)?));
        call.condition_expression("attribute_not_exists(key_id)")
            .send()
            .await?;
        Ok(())
    }

    /// Notes the day (`YYYY-MM-DD`) of a key's use, once a day.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn used_on(&self, key_id: Uuid, day: &str) -> Result<(), Error> {
        let call = self.database.client.update_item().table_name(&self.table);
        let sent = call
            .key("key_id", text(key_id.to_string()))
            .update_expression("SET last_used_on = :day")
            .condition_expression(
                "attribute_exists(key_id) AND (attribute_not_exists(last_used_on) OR last_used_on < :day)",
            )
            .expression_attribute_values(":day", text(day))
            .send()
            .await;
        conditional(sent)?.ok();
        Ok(())
    }

    /// Revokes a key of a tenant; false when it has no such key, or revoked it before.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn revoke(
        &self,
        tenant: &TenantId,
        key_id: Uuid,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let call = self.database.client.update_item().table_name(&self.table);
        let sent = call
            .key("key_id", text(key_id.to_string()))
            .update_expression("SET revoked_at = :now")
            .condition_expression("tenant_id = :tenant AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":tenant", text(tenant.to_string()))
            .send()
            .await;
        Ok(conditional(sent)?.is_ok())
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(&self, key_id: Uuid) -> Result<(), Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        call.key("key_id", text(key_id.to_string())).send().await?;
        Ok(())
    }

    /// The keys of a tenant, oldest first.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_tenant(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, Error> {
        let call = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("tenant-index");
        let mut pages = call
            .key_condition_expression("tenant_id = :tenant")
            .expression_attribute_values(":tenant", text(tenant.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = pages.next().await {
            keys.push(read(item?)?);
        }
        Ok(keys)
    }
}
