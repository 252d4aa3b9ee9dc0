//! From an API key to its tenant.

use std::sync::Arc;

use domain::api_key::{ApiKey, Kind, Scope};
use domain::{Clock, Tenant, TenantId};
use repository::{ApiKeys, Recent, Tenants};
use token::api_key::{ApiKeyText, hash_matches};
use uuid::Uuid;

use crate::{Problem, Request};

/// Knows tenants by their keys and by their ids. Cloning shares what is known.
#[derive(Debug, Clone)]
pub struct Keys {
    table: ApiKeys,
    tenants: Tenants,
    clock: Clock,
    known: Recent<Uuid, ApiKey>,
    tenants_known: Recent<TenantId, Tenant>,
}

/// A tenant named by a valid key.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    key: Arc<ApiKey>,
}

impl Keyed {
    /// Lets a secret key with `scope` pass.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.kind == Kind::Secret && self.key.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "this needs a secret key with the scope {}",
            scope.as_str()
        )))
    }
}

impl Keys {
    /// Keys and tenants as the tables have them.
    #[must_use]
    pub fn new(table: ApiKeys, tenants: Tenants, clock: Clock) -> Self {
        Self {
            table,
            tenants,
            clock,
            known: Recent::default(),
            tenants_known: Recent::default(),
        }
    }

    /// Opens a connection to the database, so that the first request finds it open.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn connect(&self) -> Result<(), repository::Error> {
        self.tenants.ping().await
    }

    /// The tenant that the request's key names.
    ///
    /// # Errors
    /// 401 `api_key_missing` or `api_key_invalid`.
    pub async fn tenant_of(&self, request: &Request) -> Result<Keyed, Problem> {
        let text = request
            .header("x-api-key")
            .ok_or_else(Problem::api_key_missing)?;
        let text = ApiKeyText::parse(text)
            .map_err(|error| Problem::api_key_invalid(format!("x-api-key {error}")))?;
        let unknown = || Problem::api_key_invalid("the key is unknown, expired or revoked");
        let key = self.live_key(&text).await?.ok_or_else(unknown)?;
        let (tenant, noted) = futures::join!(self.tenant(&key.tenant_id), self.note_use(&key));
        noted?;
        Ok(Keyed {
            tenant: tenant?.ok_or_else(unknown)?,
            key,
        })
    }

    /// Whether the request carries a valid key of another tenant than `tenant`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn is_anothers(&self, request: &Request, tenant: &TenantId) -> Result<bool, Problem> {
        let Some(text) = request
            .header("x-api-key")
            .and_then(|text| ApiKeyText::parse(text).ok())
        else {
            return Ok(false);
        };
        Ok(self
            .live_key(&text)
            .await?
            .is_some_and(|key| key.tenant_id != *tenant))
    }

    /// A tenant by its id.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, Problem> {
        let now = self.clock.now();
        if let Some(tenant) = self.tenants_known.get(id, now) {
            return Ok(Some(tenant));
        }
        let tenant = self.tenants.get(id).await?.map(Arc::new);
        if let Some(tenant) = &tenant {
            self.tenants_known.put(id.clone(), tenant.clone(), now);
        }
        Ok(tenant)
    }

    async fn live_key(&self, text: &ApiKeyText) -> Result<Option<Arc<ApiKey>>, Problem> {
        let now = self.clock.now();
        let key = match self.known.get(&text.key_id(), now) {
            Some(key) => Some(key),
            None => self.table.get(text.key_id()).await?.map(Arc::new),
        };
        let Some(key) =
            key.filter(|key| hash_matches(text, &key.secret_hash) && key.kind == text.kind())
        else {
            return Ok(None);
        };
        self.known.put_once(text.key_id(), &key, now);
        Ok(key.is_live(now).then_some(key))
    }

    /// Writes the day of a key's use down, once a day as far as this process knows.
    async fn note_use(&self, key: &Arc<ApiKey>) -> Result<(), Problem> {
        let now = self.clock.now();
        let today = now.strftime("%Y-%m-%d").to_string();
        if key.last_used_on.as_ref().is_some_and(|day| *day >= today) {
            return Ok(());
        }
        self.table.used_on(key.key_id, &today).await?;
        let noted = ApiKey {
            last_used_on: Some(today),
            ..(**key).clone()
        };
        self.known.replace(key.key_id, Arc::new(noted));
        Ok(())
    }
}
