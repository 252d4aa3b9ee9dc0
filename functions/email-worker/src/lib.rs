//! `EmailQueue`: sends the mail that the platform and its tenants have queued, each once.
//!
//! A message is delivered at least once, and a worker can die at any moment. Who claims a mail, by one conditional write,
//! sends it and writes down that it was sent (docs/adr/0011-each-mail-once.md).

mod compose;

use std::sync::Arc;

use domain::clock::SignedDuration;
use domain::mail::{EmailJob, Status, Template, TemplateSource};
use domain::{Clock, Random, Tenant, TenantId};
use email::{Identity, Mailer, NotSent, Renderer};
use queue::EmailQueue;
use repository::emails::{Claim, NotClaimed};
use repository::{EmailBudgets, EmailTemplates, Emails, Recent, Suppressions, Tenants};
use token::KeyRing;
use trigger::{BadMessage, Message};

/// How long a mail belongs to who claimed it: longer than the function's time-out, so that a claim that is over belongs to
/// a worker that is dead, and shorter than the queue's visibility time-out, so that the next delivery finds it over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How often a mail goes back into the queue because SES takes no more: with the delays between, about a day.
const MAX_DEFERRALS: u32 = 100;

trigger::deps! {
    emails: Emails,
    suppressions: Suppressions,
    budgets: EmailBudgets,
    tenants: Tenants,
    tenants_known: Recent<TenantId, Tenant>,
    templates: EmailTemplates,
    templates_known: Recent<(TenantId, Template), Option<TemplateSource>>,
    renderer: Renderer,
    mailer: Mailer,
    identity: Identity,
    queue: EmailQueue,
    ring: KeyRing,
    clock: Clock,
    random: Random,
}

/// Why a mail was not sent. Nothing of its parameters is in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message is no e-mail job.
    #[error(transparent)]
    NotAJob(#[from] BadMessage),
    /// Another worker may be sending the mail: the next delivery will see.
    #[error("another worker has the mail")]
    Busy,
    /// The tenant's budget of the day is used up.
    #[error("the tenant's mails of the day are used up")]
    OverBudget,
    /// The mail can't be made of its parameters.
    #[error("the mail can't be made: {0}")]
    NotComposed(String),
    /// The mail can't be made of its template.
    #[error("the mail can't be made: {0}")]
    NotRendered(#[from] email::Error),
    /// The mail did not go out. The words of the other side name people, and are in the mail's row alone.
    #[error("the mail did not go out; its row says why")]
    NotSent,
    /// The links of the mail can't be signed.
    #[error("the mail's links can't be signed")]
    Unsigned(#[from] token::Error),
    /// The database did not do its part.
    #[error("the mail's state can't be kept")]
    Database(#[from] repository::Error),
    /// The mail could not go back into the queue.
    #[error("the mail can't be put back")]
    Queue(#[from] queue::Error),
}

/// Sends one mail, unless it was sent before or something stops it.
///
/// # Errors
/// Whatever kept the mail from being sent: the queue then delivers the message again, and puts it aside in the end.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    let job: EmailJob = message.json()?;
    let Some(template) = job.template else {
        return Ok(());
    };
    let now = deps.clock.now();
    let Some(tenant) = compose::tenant(deps, &job, now).await? else {
        tracing::warn!(email_id = %job.email_id, "the tenant of a mail is gone");
        return Ok(());
    };
    let wanted = Claim {
        job: &job,
        template,
        until: now + LEASE,
    };
    // A tenant's mail was counted when it was accepted, and one that comes back from SES when it was first claimed.
    let counts = template.class().stops_at_budget() && !job.from_tenant && job.deferrals == 0;
    let claim = deps.emails.claim(
        &deps.suppressions,
        &deps.budgets,
        &wanted,
        counts.then(|| tenant.email_budget()),
        now,
    );
    let (claim, source, ()) = futures::join!(
        claim,
        compose::source(deps, &job, template, now),
        deps.mailer.prepare(now)
    );
    match claim? {
        Ok(()) => send(deps, &tenant, source, &wanted).await,
        Err(NotClaimed::Done) => Ok(()),
        Err(NotClaimed::Busy) => Err(Error::Busy),
        Err(NotClaimed::Suppressed) => {
            let reason = "the recipient is on the suppression list";
            put_aside(deps, &wanted, Status::Suppressed, reason).await
        }
        Err(NotClaimed::OverBudget) => {
            let reason = Error::OverBudget.to_string();
            put_aside(deps, &wanted, Status::Failed, &reason).await?;
            Err(Error::OverBudget)
        }
    }
}

async fn put_aside(
    deps: &Deps,
    mail: &Claim<'_>,
    status: Status,
    reason: &str,
) -> Result<(), Error> {
    let put = deps
        .emails
        .put_aside(mail, status, reason, deps.clock.now());
    Ok(put.await?)
}

/// Sends a claimed mail and writes down what became of it.
async fn send(
    deps: &Deps,
    tenant: &Tenant,
    source: Result<Arc<Option<TemplateSource>>, repository::Error>,
    mail: &Claim<'_>,
) -> Result<(), Error> {
    let release =
        |status, reason: String| async move { deps.emails.release(mail, status, &reason).await };
    let composed = async {
        let source = source?;
        compose::compose(
            deps,
            tenant,
            source.as_ref().as_ref(),
            mail.job,
            mail.template,
        )
        .await
    };
    let outgoing = match composed.await {
        Ok(outgoing) => outgoing,
        Err(error) => {
            release(Status::Failed, error.to_string()).await?;
            return Err(error);
        }
    };
    match deps.mailer.send(&outgoing).await {
        Ok(provider_id) => {
            let now = deps.clock.now();
            Ok(deps.emails.sent(mail, &provider_id, now).await?)
        }
        Err(NotSent::Later(reason)) if mail.job.deferrals < MAX_DEFERRALS => {
            tracing::warn!(email_id = %mail.job.email_id, deferrals = mail.job.deferrals, "a mail has to wait");
            let (released, queued) =
                futures::join!(release(Status::Queued, reason), defer(deps, mail.job));
            released?;
            Ok(queued?)
        }
        // It may have gone out: the claim stays until SES's events tell, or until it is over.
        Err(NotSent::Unanswered(reason)) => {
            deps.emails.doubt(mail, &reason).await?;
            Err(Error::NotSent)
        }
        Err(NotSent::Later(reason) | NotSent::Refused(reason)) => {
            release(Status::Failed, reason).await?;
            Err(Error::NotSent)
        }
    }
}

/// Puts a mail back into the queue as a new message, because a message that comes again too often ends among the dead
/// letters. The delay doubles from 5 s on, up to the longest that there is, and up to half of it is random, so that mails
/// which were refused together do not come back together.
async fn defer(deps: &Deps, job: &EmailJob) -> Result<(), queue::Error> {
    let seconds = 5_i64 << job.deferrals.min(10);
    let longest = seconds.min(queue::MAX_DELAY.as_secs());
    let random = i64::from(u16::from_be_bytes(deps.random.bytes()));
    let delay = SignedDuration::from_secs(longest / 2 + random % (longest / 2 + 1));
    let later = EmailJob {
        deferrals: job.deferrals + 1,
        ..job.clone()
    };
    deps.queue.send_in(delay, &later).await
}
