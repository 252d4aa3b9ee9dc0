//! The keys that sign access tokens.

use clap::Subcommand;
use domain::{Clock, Random};
use token::KeyStore;

use super::refused;
use super::target::Target;
use crate::Error;

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
    let store: KeyStore = target.get()?;
    let now = clock.now();
    let keys = match command {
        Command::List => store.current().await,
        Command::Rotate => store.rotate(&random, now).await,
    };
    let keys = keys.map_err(refused)?;
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
