//! The templates that tenants have written, by tenant and template.

use domain::TenantId;
use domain::mail::{Template, TemplateSource};
use serde::{Deserialize, Serialize};

use crate::database::{Item, read, text, write};
use crate::{Database, Error};

/// The table of templates.
#[derive(Debug, Clone)]
pub struct EmailTemplates {
    database: Database,
    table: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
    tenant_id: TenantId,
    template: Template,
    #[serde(flatten)]
    source: TemplateSource,
}

impl EmailTemplates {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// What a tenant has in place of a template of the platform.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(
        &self,
        tenant: &TenantId,
        template: Template,
    ) -> Result<Option<TemplateSource>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .set_key(Some(key(tenant, template)))
            .consistent_read(true)
            .send()
            .await?;
        let row = answer.item.map(read::<Row>).transpose()?;
        Ok(row.map(|row| row.source))
    }

    /// Puts a tenant's own source in place of a template. It must have been checked.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn put(
        &self,
        tenant: &TenantId,
        template: Template,
        source: TemplateSource,
    ) -> Result<(), Error> {
        let row = Row {
            tenant_id: tenant.clone(),
            template,
            source,
        };
        let call = self.database.client.put_item().table_name(&self.table);
        call.set_item(Some(write(&row)?)).send().await?;
        Ok(())
    }

    /// Takes a tenant's source away, if there is one.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(&self, tenant: &TenantId, template: Template) -> Result<(), Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        call.set_key(Some(key(tenant, template))).send().await?;
        Ok(())
    }

    /// Takes all sources of a tenant away.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete_all(&self, tenant: &TenantId) -> Result<(), Error> {
        for template in Template::ALL {
            self.delete(tenant, template).await?;
        }
        Ok(())
    }
}

fn key(tenant: &TenantId, template: Template) -> Item {
    Item::from([
        ("tenant_id".to_owned(), text(tenant.to_string())),
        ("template".to_owned(), text(template.as_str())),
    ])
}
