//! What a new data folder gets: signing keys, a tenant, its keys and an owner.

use std::collections::BTreeSet;
use std::path::Path;

use bootstrap::Env;
use data_encoding::BASE32_NOPAD;
use domain::api_key::{Kind, MAX_LIFETIME, Scope};
use domain::audit::{AuditEvent, Event};
use domain::password::NewPassword;
use domain::tenant::BaseUrl;
use domain::user::{Name, Role};
use domain::{Clock, Email, Origin, Random, Tenant, TenantId, User, UserId};
use gateway::Provide;
use repository::users::{Changes, Registration};
use repository::{ApiKeys, AuditLog, OneTimeTokens, Tenants, Users};
use serde::{Deserialize, Serialize};
use token::KeyStore;

use crate::data_dir::{CREDENTIALS, OBJECTS, SIGNING_KEYS, read_if_there, write_private};
use crate::environment::env;
use crate::operator::key::new_key;
use crate::{Error, Surroundings};

/// Where a front end's development server usually is.
const FRONT_END: &str = "http://localhost:5173";

/// What the first run made, as `credentials.json` has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// Where the platform answers.
    pub base_url: String,
    /// May sit in a browser.
    pub publishable_key: String,
    /// Has every scope.
    pub secret_key: String,
    /// An account with every role.
    pub owner: Owner,
    /// The pages that cookies are taken from.
    pub origins: Vec<String>,
}

/// The first account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Owner {
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
}

struct Tables {
    tenants: Tenants,
    api_keys: ApiKeys,
    users: Users,
    tokens: OneTimeTokens,
    audit: AuditLog,
    signing_keys: KeyStore,
    clock: Clock,
    random: Random,
}

/// Makes what a person needs to begin, once. What is returned is printed.
///
/// # Errors
/// Where something cannot be made.
pub async fn prepare(surroundings: &Surroundings) -> Result<Option<String>, Error> {
    let clock = surroundings.clock.clone();
    let variables = surroundings.environment.values().flatten();
    let env = env(variables, move || clock.now());
    let tables = Tables::of(&env).map_err(failed)?;
    make_signing_key(surroundings, &tables).await?;
    let path = surroundings.data.file(CREDENTIALS);
    let (credentials, is_new) = match read(&path)? {
        Some(known) if known.base_url == surroundings.base_url => return Ok(None),
        Some(known) => (moved(known, &surroundings.base_url), false),
        None => (make(&tables, &surroundings.base_url).await?, true),
    };
    register_tenant(&tables, &credentials).await?;
    let text = serde_json::to_vec_pretty(&credentials).map_err(failed)?;
    // Last of all: a start that was killed before begins again.
    write_private(&path, &text)?;
    let markdown = markdown_folder(surroundings);
    Ok(is_new.then(|| welcome(&credentials, &markdown)))
}

async fn make_signing_key(surroundings: &Surroundings, tables: &Tables) -> Result<(), Error> {
    let now = tables.clock.now();
    let made = tables.signing_keys.rotate_when_due(&tables.random, now);
    match made.await {
        Ok(_) => Ok(()),
        Err(token::Error::KeySet(_)) => Err(Error::Damaged {
            path: surroundings.data.file(SIGNING_KEYS),
        }),
        Err(error) => Err(failed(error)),
    }
}

impl Tables {
    fn of(env: &Env) -> Result<Self, gateway::MissingVariable> {
        Ok(Self {
            tenants: env.provide()?,
            api_keys: env.provide()?,
            users: env.provide()?,
            tokens: env.provide()?,
            audit: env.provide()?,
            signing_keys: env.provide()?,
            clock: env.provide()?,
            random: env.provide()?,
        })
    }
}

fn read(path: &Path) -> Result<Option<Credentials>, Error> {
    let damaged = |_| Error::Damaged {
        path: path.to_owned(),
    };
    let text = read_if_there(path)?;
    text.map(|text| serde_json::from_slice(&text).map_err(damaged))
        .transpose()
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::FirstRun(error.to_string())
}

fn tenant_id() -> Result<TenantId, Error> {
    TenantId::new("demo", "site").map_err(failed)
}

/// The platform answers elsewhere than last time: its own pages moved with it.
fn moved(known: Credentials, base_url: &str) -> Credentials {
    let origins = known.origins.into_iter();
    Credentials {
        origins: origins
            .map(|origin| {
                if origin == known.base_url {
                    base_url.to_owned()
                } else {
                    origin
                }
            })
            .collect(),
        base_url: base_url.to_owned(),
        ..known
    }
}

async fn register_tenant(tables: &Tables, credentials: &Credentials) -> Result<(), Error> {
    let id = tenant_id()?;
    let known = tables.tenants.get(&id).await.map_err(failed)?;
    let origins = credentials
        .origins
        .iter()
        .map(|origin| Origin::parse(origin));
    let origins: BTreeSet<Origin> = origins.collect::<Result<_, _>>().map_err(failed)?;
    let link_base =
        BaseUrl::parse(&format!("{}/_local/account", credentials.base_url)).map_err(failed)?;
    let tenant = match known {
        Some(known) => Tenant {
            // What an operator added stays.
            origins: known.origins.union(&origins).cloned().collect(),
            link_base,
            ..known
        },
        None => Tenant {
            origins,
            ..Tenant::new(id, "Demo Site".into(), link_base, tables.clock.now())
        },
    };
    tables.tenants.put(&tenant).await.map_err(failed)
}

async fn make(tables: &Tables, base_url: &str) -> Result<Credentials, Error> {
    let id = tenant_id()?;
    let key = async |kind, scopes: &[Scope]| {
        let scopes = scopes.iter().copied().collect();
        let now = tables.clock.now();
        let (row, text) = new_key(
            &id,
            kind,
            scopes,
            "first run",
            MAX_LIFETIME,
            &tables.random,
            now,
        );
        tables.api_keys.create(&row).await.map_err(failed)?;
        Ok::<_, Error>(text.expose().to_owned())
    };
    Ok(Credentials {
        base_url: base_url.to_owned(),
        publishable_key: key(Kind::Publishable, &[]).await?,
        secret_key: key(Kind::Secret, &Scope::ALL).await?,
        owner: make_owner(tables, &id).await?,
        origins: vec![FRONT_END.to_owned(), base_url.to_owned()],
    })
}

async fn make_owner(tables: &Tables, tenant: &TenantId) -> Result<Owner, Error> {
    let now = tables.clock.now();
    let email = Email::parse("owner@example.com").map_err(failed)?;
    let password = BASE32_NOPAD
        .encode(&tables.random.bytes::<15>())
        .to_ascii_lowercase();
    let hash = NewPassword::parse(&password)
        .and_then(|new| new.hash(&tables.random))
        .map_err(failed)?;
    let user_id = UserId::new(tenant.clone(), email.clone());
    let name = Name::parse("Owner").map_err(failed)?;
    let user = User {
        roles: BTreeSet::from([Role::User, Role::Admin, Role::Owner]),
        email_verified_at: Some(now),
        ..User::new(user_id.clone(), name, Some(hash.clone()), now)
    };
    let event = AuditEvent::new(
        Event::Register,
        tenant,
        Some(user_id.clone()),
        "operator",
        "first-run",
        now,
    );
    let new = Registration {
        user: &user,
        link: None,
        invite: None,
        trusted: true,
        event: &event,
    };
    let made = tables
        .users
        .register(&tables.tokens, &tables.audit, &new, now)
        .await
        .map_err(failed)?;
    if made.is_err() {
        // A first run that was killed half way left the account, and nobody knows its password.
        let known = tables
            .users
            .get(&user_id)
            .await
            .map_err(failed)?
            .unwrap_or(user);
        let changes = Changes {
            password_hash: Some(hash),
            ..Changes::default()
        };
        tables
            .users
            .change(&tables.tokens, &known, &changes, now)
            .await
            .map_err(failed)?
            .ok();
    }
    Ok(Owner {
        email: email.into(),
        password,
    })
}

/// Where the Markdown of the first tenant's site goes.
fn markdown_folder(surroundings: &Surroundings) -> String {
    let mut environments = surroundings.environment.values();
    let bucket = environments.find_map(|variables| variables.get("MARKDOWN_BUCKET"));
    let bucket = bucket.map_or("", String::as_str);
    let folder = surroundings.data.file(OBJECTS).join(bucket);
    folder.join("demo/site").display().to_string()
}

fn welcome(credentials: &Credentials, markdown: &str) -> String {
    let Credentials {
        base_url,
        publishable_key: key,
        secret_key,
        owner,
        ..
    } = credentials;
    format!(
        r#"
Welcome to Cloud Voyages. This is printed once; it is also in credentials.json in the data folder.

  tenant           demo#site
  publishable key  {key}
  secret key       {secret_key}
  owner            {email}  {password}

Try it (each line can be pasted):

curl -s {base_url}/auth/register -H 'x-api-key: {key}' -H 'content-type: application/json' -d '{{"email":"user@example.com","password":"S3cur3Pass!","name":"Example User"}}'
TOKEN=$(curl -s {base_url}/auth/login -H 'x-api-key: {key}' -H 'content-type: application/json' -d '{{"email":"user@example.com","password":"S3cur3Pass!"}}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
curl -s {base_url}/user/me -H "authorization: Bearer $TOKEN"

Mail: {base_url}/_local/mail    The API, to try: {base_url}/docs
Markdown in {markdown}
is a site: {base_url}/_local/sites/demo/site/
"#,
        email = owner.email,
        password = owner.password,
    )
}
