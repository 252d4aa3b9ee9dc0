//! The addresses that a tenant's mail no longer goes to, and which mail.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck};
use domain::mail::{Suppression, SuppressionReason, Template};
use domain::{Email, TenantId, Timestamp};

use crate::database::{Item, read, text, time};
use crate::transaction::built;
use crate::{Database, Error};

/// The table of suppressions.
#[derive(Debug, Clone)]
pub struct Suppressions {
    database: Database,
    table: String,
}

impl Suppressions {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Suppresses mail to an address from now on, for one reason more.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn add(
        &self,
        tenant: &TenantId,
        email: &Email,
        reason: SuppressionReason,
        now: Timestamp,
    ) -> Result<(), Error> {
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(tenant, email)));
        let call = match reason {
            SuppressionReason::Bounce => call
                .update_expression("SET bounced_at = if_not_exists(bounced_at, :now)")
                .expression_attribute_values(":now", time(now)),
            SuppressionReason::Complaint => call
                .update_expression("SET complained_at = if_not_exists(complained_at, :now)")
                .expression_attribute_values(":now", time(now)),
            SuppressionReason::Unsubscribed(template) => call
                .update_expression(
                    "SET unsubscribed_at = if_not_exists(unsubscribed_at, :now) ADD unsubscribed :kind",
                )
                .expression_attribute_values(":now", time(now))
                .expression_attribute_values(
                    ":kind",
                    AttributeValue::Ss(vec![template.as_str().to_owned()]),
                ),
        };
        call.send().await?;
        Ok(())
    }

    /// Lets all mail to an address go again; false where none was suppressed.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn remove(&self, tenant: &TenantId, email: &Email) -> Result<bool, Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        let answer = call
            .set_key(Some(key(tenant, email)))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }

    /// All suppressions of a tenant, by address.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_tenant(&self, tenant: &TenantId) -> Result<Vec<Suppression>, Error> {
        let mut items = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("tenant_id = :tenant")
            .expression_attribute_values(":tenant", text(tenant.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut suppressions = Vec::new();
        while let Some(item) = items.next().await {
            suppressions.push(read(item?)?);
        }
        Ok(suppressions)
    }

    /// Forgets all suppressions of a tenant.
    ///
    /// # Errors
    /// When the database gives no answer. What is gone is gone.
    pub async fn delete_all(&self, tenant: &TenantId) -> Result<(), Error> {
        for suppression in self.of_tenant(tenant).await? {
            self.remove(tenant, &suppression.email).await?;
        }
        Ok(())
    }

    /// Holds only where the address takes mail of this kind; `None` for mail that nothing stops. A tenant's own mail always stops
    /// at a bounce and a complaint.
    pub(crate) fn checking(
        &self,
        tenant: &TenantId,
        email: &Email,
        template: Template,
        from_tenant: bool,
    ) -> Result<Option<ConditionCheck>, Error> {
        let class = template.class();
        if !class.stops_at_bounces() && !from_tenant {
            return Ok(None);
        }
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(tenant, email)));
        let check = if class.is_optional() {
            check
                .condition_expression(
                    "attribute_not_exists(bounced_at) AND attribute_not_exists(complained_at) AND NOT contains(unsubscribed, :kind)",
                )
                .expression_attribute_values(":kind", text(template.as_str()))
        } else if from_tenant {
            check.condition_expression(
                "attribute_not_exists(bounced_at) AND attribute_not_exists(complained_at)",
            )
        } else {
            check.condition_expression("attribute_not_exists(bounced_at)")
        };
        built(check.build()).map(Some)
    }
}

fn key(tenant: &TenantId, email: &Email) -> Item {
    [
        ("tenant_id".to_owned(), text(tenant.to_string())),
        ("email".to_owned(), text(email.as_str())),
    ]
    .into()
}
