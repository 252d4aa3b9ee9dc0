//! Operator commands: tenants, API keys, users' roles, signing keys, mails, sites.
//!
//! They work on the data folder, through the running platform when there is one, or with `--stack` on a deployed stack.

mod audit;
mod emails;
pub mod key;
pub mod openapi;
mod publish;
mod scrapes;
mod signing_key;
mod sites;
mod target;
mod tenant;
mod user;

use clap::{Args, Subcommand};

use crate::Error;
use crate::cli::Start;
use target::Target;

/// What an operator can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tenants: the sites behind which the platform stands
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// API keys of a tenant
    #[command(subcommand)]
    Key(key::Command),
    /// Users of a tenant
    #[command(subcommand)]
    User(user::Command),
    /// The keys that sign access tokens
    #[command(subcommand)]
    SigningKey(signing_key::Command),
    /// Mails: what became of them, and what stops them
    #[command(subcommand)]
    Emails(emails::Command),
    /// Sites that are made of Markdown: where each goes, and what became of it
    #[command(subcommand)]
    Site(sites::Command),
    /// Makes a site's folder in the bucket equal to a folder of this machine, and waits until it is published
    Publish(publish::Publish),
    /// What happened at a tenant on a day
    Audit(audit::Command),
    /// Prints the `OpenAPI` document that the code gives
    Openapi,
}

/// Where it is done.
#[derive(Debug, Clone, Args)]
pub struct Where {
    /// A deployed stack, by its name, with the AWS credentials of the environment [default: the data folder]
    #[arg(long, value_name = "NAME", global = true)]
    pub stack: Option<String>,
}

/// Does it, and returns what is printed.
///
/// # Errors
/// [`Error::Operator`] with a reason.
pub async fn run(command: Command, start: &Start, place: &Where) -> Result<String, Error> {
    if matches!(command, Command::Openapi) {
        return openapi::document();
    }
    let target = Target::find(start, place).await?;
    let done = match command {
        Command::Tenant(command) => tenant::run(command, &target).await,
        Command::Key(command) => key::run(command, &target).await,
        Command::User(command) => user::run(command, &target).await,
        Command::SigningKey(command) => signing_key::run(command, &target).await,
        Command::Emails(command) => emails::run(command, &target).await,
        Command::Site(command) => sites::run(command, &target).await,
        Command::Publish(command) => publish::run(command, &target).await,
        Command::Audit(command) => audit::run(command, &target).await,
        Command::Openapi => openapi::document(),
    };
    target.leave().await;
    done
}

/// What authors have written, for a terminal: without what moves its cursor, ends its line or turns its text around.
fn shown(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_odd = |c: char| c.is_control() || turns(c);
    text.replace(is_odd, "\u{fffd}")
}

fn refused(error: impl std::error::Error) -> Error {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    Error::Operator(message)
}

/// Names the value that was refused.
fn wrong(what: &str) -> impl Fn(domain::Invalid) -> Error + '_ {
    move |error| Error::Operator(format!("{what} {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_does_nothing_to_a_terminal() {
        assert_eq!(shown("ü b.md"), "ü b.md");
        assert_eq!(
            shown("a\u{1b}[31m\nb\u{202e}"),
            "a\u{fffd}[31m\u{fffd}b\u{fffd}"
        );
    }
}
