//! From an API key to its tenant.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use domain::api_key::{ApiKey, Kind, Scope};
use domain::clock::SignedDuration;
use domain::{Clock, Tenant, TenantId, Timestamp};
use repository::{ApiKeys, Tenants};
use token::api_key::{ApiKeyText, hash_matches};
use uuid::Uuid;

use crate::{Problem, Request};

/// How long a warm function believes what it read about a key or a tenant: revoking takes effect within it.
const BELIEF: SignedDuration = SignedDuration::from_secs(60);
/// As many entries are kept at the most; there are as many as sites.
const MOST: usize = 1_000;

/// Knows tenants by their keys and by their ids. Cloning shares what is known.
#[derive(Debug, Clone)]
pub struct Keys {
    table: ApiKeys,
    tenants: Tenants,
    clock: Clock,
    known: Known<Uuid, ApiKey>,
    tenants_known: Known<TenantId, Tenant>,
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
            known: Known::default(),
            tenants_known: Known::default(),
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

/// What was read a short while ago.
#[derive(Debug)]
struct Known<K, V>(Arc<Mutex<HashMap<K, Read<V>>>>);

#[derive(Debug)]
struct Read<V> {
    value: Arc<V>,
    at: Timestamp,
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash, V> Known<K, V> {
    fn get(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(key)
            .filter(|read| read.at <= now && now < read.at + BELIEF)
            .map(|read| read.value.clone())
    }

    fn put(&self, key: K, value: Arc<V>, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, Read { value, at: now });
    }

    /// Keeps what was just read; what was known keeps its age.
    fn put_once(&self, key: K, value: &Arc<V>, now: Timestamp) {
        if self.get(&key, now).is_none() {
            self.put(key, value.clone(), now);
        }
    }

    /// A newer value of the same age.
    fn replace(&self, key: K, value: Arc<V>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).and_modify(|read| read.value = value);
    }
}
