//! The audit log.

use clap::Args;
use domain::{Clock, TenantId, UserId};
use repository::AuditLog;

use super::target::Target;
use super::{refused, wrong};
use crate::Error;

/// Which part of the log.
#[derive(Debug, Args)]
pub struct Command {
    /// Whose, `client#site`
    tenant: String,
    /// The day, `YYYY-MM-DD` in UTC [default: today]
    day: Option<String>,
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let tenant = TenantId::parse(&command.tenant).map_err(wrong("the tenant"))?;
    let (log, clock): (AuditLog, Clock) = (target.get()?, target.get()?);
    let day = command
        .day
        .unwrap_or_else(|| clock.now().strftime("%Y-%m-%d").to_string());
    let events = log.of_day(&tenant, &day).await.map_err(refused)?;
    let lines = events.iter().map(|event| {
        let time = event.time_id.split('#').next().unwrap_or_default();
        let who = event
            .user_id
            .as_ref()
            .map(UserId::to_string)
            .unwrap_or_default();
        format!(
            "{time}  {:?}  {who}  from {}  request {}",
            event.event, event.ip, event.request_id
        )
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
