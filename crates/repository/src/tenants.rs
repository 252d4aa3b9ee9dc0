//! Tenants, by their id.

use domain::{Tenant, TenantId};

use crate::database::{read, text, write};
use crate::{Database, Error};

/// The table of tenants.
#[derive(Debug, Clone)]
pub struct Tenants {
    database: Database,
    table: String,
}

impl Tenants {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// One tenant.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("tenant_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

    /// Asks for a tenant that can't exist, to see whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        call.key("tenant_id", text("#")).send().await?;
        Ok(())
    }

    /// Registers a tenant; false when there is one of that name.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(&self, tenant: &Tenant) -> Result<bool, Error> {
        let call = self
            .database
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(tenant)?));
        let sent = call
            .condition_expression("attribute_not_exists(tenant_id)")
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(e)
                if e.as_service_error()
                    .is_some_and(aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Writes a tenant, new or known.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn put(&self, tenant: &Tenant) -> Result<(), Error> {
        let call = self.database.client.put_item().table_name(&self.table);
        call.set_item(Some(write(tenant)?)).send().await?;
        Ok(())
    }

    /// Forgets a tenant.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(&self, id: &TenantId) -> Result<(), Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        call.key("tenant_id", text(id.to_string())).send().await?;
        Ok(())
    }

    /// Every tenant: there are as many as there are sites.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn all(&self) -> Result<Vec<Tenant>, Error> {
        let mut pages = self
            .database
            .client
            .scan()
            .table_name(&self.table)
            .into_paginator()
            .items()
            .send();
        let mut tenants = Vec::new();
        while let Some(item) = pages.next().await {
            tenants.push(read(item?)?);
        }
        Ok(tenants)
    }
}
