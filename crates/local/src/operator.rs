//! Operator commands: tenants, keys, users, signing keys.

use crate::Error;
use crate::cli::Start;

/// What an operator can do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {}

/// Does it, and returns what is printed.
///
/// # Errors
/// [`Error::Operator`] with a reason.
#[expect(clippy::unused_async, reason = "there is no command yet")]
pub async fn run(command: Command, _start: &Start) -> Result<String, Error> {
    match command {}
}
