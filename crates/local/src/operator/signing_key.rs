//! The keys that sign access tokens.

use std::path::Path;

use bootstrap::Env;
use clap::Subcommand;
use domain::{Clock, Random};
use gateway::Provide;
use secrecy::{ExposeSecret, SecretString};
use token::KeySet;

use super::refused;
use super::target::{SigningKeys, Target};
use crate::Error;
use crate::data_dir::{read_if_there, write_private};

/// What can be done with signing keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the next key: it is published at once, signs in 15 minutes (the very first at once), and the one before it
    /// verifies for 30 days more
    Rotate,
    /// Lists the public keys
    List,
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let (clock, random): (Clock, Random) = (target.get()?, target.get()?);
    let now = clock.now();
    let keys = read(target).await?;
    let keys = match command {
        Command::List => keys,
        Command::Rotate => {
            let keys = keys.rotated(&random, now).map_err(refused)?;
            write(target, keys.to_secret()).await?;
            keys
        }
    };
    let signing = keys.signing(now).ok().map(|key| key.kid().to_owned());
    let lines = keys.public(now).into_iter().map(|key| {
        let signs = if signing.as_ref() == Some(&key.kid) {
            "  signs now"
        } else {
            ""
        };
        format!("{}{signs}", key.kid)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Makes the first key of a data folder that has none.
///
/// # Errors
/// Where the file can't be written; [`Error::Damaged`] where there is one that can't be understood.
pub fn ensure(path: &Path, env: &Env) -> Result<(), Error> {
    if read_file(path)?.is_some() {
        return Ok(());
    }
    let missing = |error: gateway::MissingVariable| Error::FirstRun(error.to_string());
    let clock: Clock = env.provide().map_err(missing)?;
    let random: Random = env.provide().map_err(missing)?;
    let keys = KeySet::empty()
        .rotated(&random, clock.now())
        .map_err(refused)?;
    write_private(path, keys.to_secret().expose_secret().as_bytes())
}

fn read_file(path: &Path) -> Result<Option<KeySet>, Error> {
    let Some(text) = read_if_there(path)? else {
        return Ok(None);
    };
    let keys = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| KeySet::parse(text).ok());
    keys.map(Some).ok_or_else(|| Error::Damaged {
        path: path.to_owned(),
    })
}

async fn read(target: &Target) -> Result<KeySet, Error> {
    let text = match &target.signing_keys {
        SigningKeys::File(path) => return Ok(read_file(path)?.unwrap_or_else(KeySet::empty)),
        SigningKeys::Secret { client, name } => {
            match client.get_secret_value().secret_id(name).send().await {
                Ok(secret) => secret.secret_string,
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError::is_resource_not_found_exception) =>
                {
                    None
                }
                Err(error) => return Err(refused(error)),
            }
        }
    };
    text.map_or_else(
        || Ok(KeySet::empty()),
        |text| KeySet::parse(&text).map_err(refused),
    )
}

async fn write(target: &Target, keys: SecretString) -> Result<(), Error> {
    match &target.signing_keys {
        SigningKeys::File(path) => write_private(path, keys.expose_secret().as_bytes()),
        SigningKeys::Secret { client, name } => {
            let text = keys.expose_secret();
            client
                .put_secret_value()
                .secret_id(name)
                .secret_string(text)
                .send()
                .await
                .map_err(refused)?;
            Ok(())
        }
    }
}
