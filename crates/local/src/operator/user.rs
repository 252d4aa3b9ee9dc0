//! Users' roles.

use clap::Subcommand;
use domain::audit::{AuditEvent, Event};
use domain::user::Role;
use domain::{Clock, UserId};
use repository::{AuditLog, Users};

use super::target::Target;
use super::{refused, wrong};
use crate::Error;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets what a user may do; every session of the user ends
    Role {
        /// Who, `client#site#email`
        user_id: String,
        /// All of the user's roles: user, admin, owner
        #[arg(required = true)]
        roles: Vec<String>,
    },
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let Command::Role { user_id, roles } = command;
    let id = UserId::parse(&user_id).map_err(wrong("the user"))?;
    let mut roles = roles
        .iter()
        .map(|role| Role::parse(role))
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong("a role"))?;
    roles.push(Role::User);
    roles.sort_unstable();
    roles.dedup();
    let (users, log, clock): (Users, AuditLog, Clock) =
        (target.get()?, target.get()?, target.get()?);
    let now = clock.now();
    if !users.set_roles(&id, &roles, now).await.map_err(refused)? {
        return Err(Error::Operator(format!("there is no user {id}")));
    }
    let event = AuditEvent::new(
        Event::RoleChanged,
        id.tenant(),
        Some(id.clone()),
        "operator",
        "user-role",
        now,
    );
    log.record(&event).await.map_err(refused)?;
    let names: Vec<String> = roles
        .iter()
        .map(|role| format!("{role:?}").to_lowercase())
        .collect();
    Ok(format!("{id} is {}", names.join(", ")))
}
