//! `EmailQueue`: sends the mail that the platform has queued.
//!
//! A message is delivered at least once, and a mail that SES took just before the function was stopped is sent again.

use domain::mail::EmailJob;
use email::{Mailer, MissingParam};
use repository::Tenants;
use trigger::{BadMessage, Message};

trigger::deps! {
    tenants: Tenants,
    mailer: Mailer,
}

/// Why a mail was not sent. Nothing of its parameters is in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message is no e-mail job.
    #[error(transparent)]
    NotAJob(#[from] BadMessage),
    /// The job lacks something that its mail must say.
    #[error(transparent)]
    Incomplete(#[from] MissingParam),
    /// The tenant's sender is not known.
    #[error("the tenant can't be read")]
    Tenant(#[from] repository::Error),
    /// The mail did not go out.
    #[error(transparent)]
    Mailer(#[from] email::Error),
}

/// Sends one mail, from its tenant's sender where that has one.
///
/// # Errors
/// Whatever kept the mail from being sent: the queue then delivers the message again, and puts it aside in the end.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    let job: EmailJob = message.json()?;
    let Some(mail) = email::compose(job.template, &job.params)? else {
        return Ok(());
    };
    let tenant = deps.tenants.get(&job.tenant).await?;
    let sender = tenant.and_then(|tenant| tenant.sender);
    Ok(deps.mailer.send(sender.as_ref(), &job.to, &mail).await?)
}
