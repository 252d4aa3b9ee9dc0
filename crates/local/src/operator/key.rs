//! API keys.

use std::collections::BTreeSet;

use clap::Subcommand;
use domain::api_key::{ApiKey, Kind, MAX_LIFETIME, Scope};
use domain::audit::{AuditEvent, Event};
use domain::clock::SignedDuration;
use domain::{Clock, Random, TenantId, Timestamp};
use repository::{ApiKeys, AuditLog, Tenants};
use token::api_key::ApiKeyText;
use uuid::Uuid;

use super::target::Target;
use super::{refused, wrong};
use crate::Error;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a key and shows it once
    Create {
        /// Whose, `client#site`
        tenant: String,
        /// A secret key, for a server; without it a publishable one, for browsers
        #[arg(long)]
        secret: bool,
        /// What a secret key opens; once for each
        #[arg(long = "scope", value_name = "SCOPE", requires = "secret")]
        scopes: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
        /// Days until it expires, 365 at the most
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=365))]
        days: i64,
    },
    /// Lists a tenant's keys, never their secrets
    List {
        /// Whose, `client#site`
        tenant: String,
    },
    /// Revokes a key; takes effect within 60 seconds
    Revoke {
        /// Whose, `client#site`
        tenant: String,
        /// The key's id, as `key list` shows it
        key_id: Uuid,
    },
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let keys: ApiKeys = target.get()?;
    let clock: Clock = target.get()?;
    let now = clock.now();
    match command {
        Command::Create {
            tenant,
            secret,
            scopes,
            name,
            days,
        } => {
            let tenant = known(target, &tenant).await?;
            let kind = if secret {
                Kind::Secret
            } else {
                Kind::Publishable
            };
            let scopes = scopes
                .iter()
                .map(|scope| Scope::parse(scope))
                .collect::<Result<_, _>>();
            let scopes = scopes.map_err(wrong("--scope"))?;
            let lifetime = SignedDuration::from_hours(days * 24).min(MAX_LIFETIME);
            let random: Random = target.get()?;
            let (key, text) = new_key(&tenant, kind, scopes, &name, lifetime, &random, now);
            keys.create(&key).await.map_err(refused)?;
            audit(target, Event::KeyCreated, &tenant, key.key_id, now).await?;
            Ok(format!("{}\n{}", text.expose(), line(&key, now)))
        }
        Command::List { tenant } => {
            let tenant = known(target, &tenant).await?;
            let all = keys.of_tenant(&tenant).await.map_err(refused)?;
            Ok(all
                .iter()
                .map(|key| line(key, now))
                .collect::<Vec<_>>()
                .join("\n"))
        }
        Command::Revoke { tenant, key_id } => {
            let tenant = known(target, &tenant).await?;
            if !keys.revoke(&tenant, key_id, now).await.map_err(refused)? {
                return Err(Error::Operator(format!(
                    "{tenant} has no key {key_id} that is not revoked"
                )));
            }
            audit(target, Event::KeyRevoked, &tenant, key_id, now).await?;
            Ok(format!(
                "{key_id} is revoked; functions that know it stop taking it within 60 seconds"
            ))
        }
    }
}

/// A key and its text, which nobody can read again.
#[must_use]
pub fn new_key(
    tenant: &TenantId,
    kind: Kind,
    scopes: BTreeSet<Scope>,
    name: &str,
    lifetime: SignedDuration,
    random: &Random,
    now: Timestamp,
) -> (ApiKey, ApiKeyText) {
    let text = ApiKeyText::generate(kind, random, now);
    let key = ApiKey {
        key_id: text.key_id(),
        tenant_id: tenant.clone(),
        kind,
        scopes,
        secret_hash: text.hash(),
        name: name.to_owned(),
        created_at: now,
        expires_at: now + lifetime,
        last_used_on: None,
        revoked_at: None,
    };
    (key, text)
}

async fn known(target: &Target, id: &str) -> Result<TenantId, Error> {
    let id = TenantId::parse(id).map_err(wrong("the tenant"))?;
    let tenants: Tenants = target.get()?;
    match tenants.get(&id).await.map_err(refused)? {
        Some(_) => Ok(id),
        None => Err(Error::Operator(format!("there is no tenant {id}"))),
    }
}

async fn audit(
    target: &Target,
    event: Event,
    tenant: &TenantId,
    key: Uuid,
    now: Timestamp,
) -> Result<(), Error> {
    let log: AuditLog = target.get()?;
    let event = AuditEvent::new(event, tenant, None, "operator", &format!("key-{key}"), now);
    log.record(&event).await.map_err(refused)
}

fn line(key: &ApiKey, now: Timestamp) -> String {
    let kind = match key.kind {
        Kind::Publishable => "publishable",
        Kind::Secret => "secret",
    };
    let state = match key.revoked_at {
        Some(at) => format!("revoked {}", at.strftime("%Y-%m-%d")),
        None if !key.is_live(now) => "expired".to_owned(),
        None => format!("until {}", key.expires_at.strftime("%Y-%m-%d")),
    };
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = key.last_used_on.as_deref().unwrap_or("never used");
    format!(
        "{}  {kind}  {:?}  [{}]  {state}  last used: {used}",
        key.key_id,
        key.name,
        scopes.join(" ")
    )
}
