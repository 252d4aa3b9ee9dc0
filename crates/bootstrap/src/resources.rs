//! From the environment to each thing that a function can touch.

use domain::{Clock, Random};
use gateway::{Callers, Keys};
use queue::EmailQueue;
use repository::{ApiKeys, AuditLog, Database, LoginAttempts, OneTimeTokens, Sessions, Tenants, Users};
use token::{AccessTokens, KeyRing, SecretSource};

use crate::secrets::{File, SecretsManager};
use crate::{Env, Error, clients};

macro_rules! tables {
    ($($table:ident from $variable:literal),+ $(,)?) => {
        $(impl TryFrom<&Env> for $table {
            type Error = Error;
            fn try_from(env: &Env) -> Result<Self, Error> {
                Ok(Self::new(Database::try_from(env)?, env.variable($variable)?))
            }
        })+
    };
}

tables! {
    ApiKeys from "API_KEYS_TABLE",
    AuditLog from "AUDIT_LOG_TABLE",
    LoginAttempts from "LOGIN_ATTEMPTS_TABLE",
    OneTimeTokens from "ONE_TIME_TOKENS_TABLE",
    Sessions from "SESSIONS_TABLE",
    Tenants from "TENANTS_TABLE",
    Users from "USERS_TABLE",
}

impl TryFrom<&Env> for EmailQueue {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        Ok(Self::new(clients::sqs(env)?, env.variable("EMAIL_QUEUE_URL")?))
    }
}

impl TryFrom<&Env> for Clock {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        Ok(env.clock())
    }
}

impl TryFrom<&Env> for Random {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        Ok(env.random())
    }
}

impl TryFrom<&Env> for AccessTokens {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        Ok(Self::new(env.optional("JWT_ISSUER").unwrap_or_else(|| "cloud-voyages".into())))
    }
}

impl TryFrom<&Env> for KeyRing {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        if let Some(ring) = env.ring.get() {
            return Ok(ring.clone());
        }
        let source: Box<dyn SecretSource> = match env.optional("JWT_SECRET_NAME") {
            Some(name) => Box::new(SecretsManager { client: clients::secrets_manager(env)?, name }),
            None => Box::new(File(env.variable("JWT_KEY_FILE")?.into())),
        };
        Ok(env.ring.get_or_init(|| Self::new(source)).clone())
    }
}

impl TryFrom<&Env> for Keys {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        if let Some(keys) = env.keys.get() {
            return Ok(keys.clone());
        }
        let keys = Self::new(env.try_into()?, env.try_into()?, env.clock());
        Ok(env.keys.get_or_init(|| keys).clone())
    }
}

impl TryFrom<&Env> for Callers {
    type Error = Error;
    fn try_from(env: &Env) -> Result<Self, Error> {
        Ok(Self::new(
            env.try_into()?,
            env.try_into()?,
            env.try_into()?,
            env.try_into()?,
            env.try_into()?,
            env.clock(),
        ))
    }
}
