//! Mails: what became of them, and what stops them.

use clap::Subcommand;
use domain::mail::{EmailRecord, Status, Suppression};
use domain::{Email, TenantId, Timestamp};
use queue::EmailQueue;
use repository::{Emails, Suppressions};
use uuid::Uuid;

use super::target::Target;
use super::{refused, wrong};
use crate::Error;

/// What can be done with mails.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Moves the mails that were given up from the dead-letter queue back into the queue
    Redrive,
    /// Lists a tenant's mails, newest first
    List {
        /// Whose, `client#site`
        tenant: String,
        /// Only those that are queued, sending, sent, delivered, failed, suppressed, bounced or complained
        #[arg(long, value_parser = status)]
        status: Option<Status>,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Shows one mail
    Show {
        /// Its id
        id: Uuid,
    },
    /// Lists the addresses that a tenant's mail no longer goes to
    Suppressions {
        /// Whose, `client#site`
        tenant: String,
    },
    /// Lets a tenant's mail go to an address again
    Unsuppress {
        /// Whose, `client#site`
        tenant: String,
        /// The address
        address: String,
    },
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    match command {
        Command::Redrive => {
            let queue: EmailQueue = target.get()?;
            let moved = queue.redrive().await.map_err(refused)?;
            Ok(format!("moved {moved} back into the queue"))
        }
        Command::List {
            tenant,
            status,
            limit,
        } => list(target, &tenant, status, limit).await,
        Command::Show { id } => {
            let mails: Emails = target.get()?;
            let mail = mails.get(id).await.map_err(refused)?;
            let missing = || Error::Operator(format!("there is no mail {id}"));
            Ok(show(&mail.ok_or_else(missing)?))
        }
        Command::Suppressions { tenant } => {
            let table: Suppressions = target.get()?;
            let all = table.of_tenant(&parsed(&tenant)?).await.map_err(refused)?;
            Ok(lines(all.iter().map(suppression)))
        }
        Command::Unsuppress { tenant, address } => {
            let table: Suppressions = target.get()?;
            let address = Email::parse(&address).map_err(wrong("the address"))?;
            let removed = table.remove(&parsed(&tenant)?, &address).await;
            if removed.map_err(refused)? {
                Ok(format!("mail goes to {address} again"))
            } else {
                Err(Error::Operator(format!(
                    "no mail to {address} is suppressed"
                )))
            }
        }
    }
}

async fn list(
    target: &Target,
    tenant: &str,
    status: Option<Status>,
    limit: usize,
) -> Result<String, Error> {
    let mails: Emails = target.get()?;
    let mails = mails.of_tenant(&parsed(tenant)?, status, limit).await;
    let mails = mails.map_err(refused)?;
    Ok(lines(mails.iter().map(|mail| {
        format!(
            "{}  {}  {:<10}  {}  to {}{}",
            mail.email_id,
            time(mail.created_at),
            mail.status.as_str(),
            mail.template.as_str(),
            mail.to,
            mail.error
                .as_ref()
                .map(|error| format!("  {error}"))
                .unwrap_or_default(),
        )
    })))
}

/// A mail without its parameters, which may hold a link that opens an account.
fn show(mail: &EmailRecord) -> String {
    let times = [
        ("created", Some(mail.created_at)),
        ("send at", mail.send_at),
        ("sent", mail.sent_at),
        ("claimed until", mail.claimed_until),
    ];
    let times = times
        .into_iter()
        .filter_map(|(name, at)| Some((name, time(at?))));
    let told = [
        ("provider's id", mail.provider_id.clone()),
        ("reason", mail.error.clone()),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    let all = [
        ("id", mail.email_id.to_string()),
        ("tenant", mail.tenant_id.to_string()),
        ("to", mail.to.to_string()),
        ("template", mail.template.as_str().to_owned()),
        ("status", mail.status.as_str().to_owned()),
    ];
    let all = all.into_iter().chain(times).chain(told);
    lines(all.map(|(name, text)| format!("{name:<14} {text}")))
}

fn suppression(entry: &Suppression) -> String {
    let since = [
        ("bounced", entry.bounced_at),
        ("complained", entry.complained_at),
    ];
    let since = since.into_iter();
    let since = since.filter_map(|(what, at)| Some(format!("{what} {}", time(at?))));
    let kinds = entry.unsubscribed.iter().map(|kind| kind.as_str());
    let kinds: Vec<_> = kinds.collect();
    let unsubscribed =
        (!kinds.is_empty()).then(|| format!("unsubscribed from {}", kinds.join(", ")));
    let reasons: Vec<_> = since.chain(unsubscribed).collect();
    format!("{}  {}", entry.email, reasons.join("; "))
}

fn parsed(tenant: &str) -> Result<TenantId, Error> {
    TenantId::parse(tenant).map_err(wrong("the tenant"))
}

fn status(text: &str) -> Result<Status, String> {
    let mut all = Status::ALL.into_iter();
    let names = || Status::ALL.map(Status::as_str).join(", ");
    all.find(|status| status.as_str() == text)
        .ok_or_else(|| format!("it is one of {}", names()))
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
