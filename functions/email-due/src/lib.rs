//! Every five minutes: queues the mails whose time comes before the next run, and those that were taken and never reached
//! the queue.
//!
//! A mail that is queued twice is sent once, so that nothing here has to happen once.

use domain::clock::SignedDuration;
use domain::mail::{EmailJob, Status};
use domain::{Clock, Timestamp};
use futures::TryStreamExt as _;
use queue::EmailQueue;
use repository::Emails;
use uuid::Uuid;

/// Longer than the time between two runs, and no longer than the queue keeps a message back.
const AHEAD: SignedDuration = queue::MAX_DELAY;
/// When a mail that no worker has taken by then is queued once more.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// How many mails one run queues; the rest is for the next.
const MOST: usize = 5_000;
/// How many are worked on together.
const TOGETHER: usize = 20;

trigger::deps! {
    emails: Emails,
    queue: EmailQueue,
    clock: Clock,
}

/// Why the due mails were not queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do its part.
    #[error("the due mails can't be read")]
    Database(#[from] repository::Error),
    /// The queue did not take a mail.
    #[error("a due mail can't be queued")]
    Queue(#[from] queue::Error),
}

/// Queues what is due.
///
/// # Errors
/// When a mail could not be queued: the next run tries again.
pub async fn handle(deps: &Deps) -> Result<(), Error> {
    let now = deps.clock.now();
    let due = deps.emails.due(now + AHEAD, MOST).await?;
    let count = due.len();
    futures::stream::iter(due.into_iter().map(Ok))
        .try_for_each_concurrent(TOGETHER, |id| queue(deps, id, now))
        .await?;
    tracing::info!(count, "due mails queued");
    Ok(())
}

async fn queue(deps: &Deps, id: Uuid, now: Timestamp) -> Result<(), Error> {
    let Some(mail) = deps.emails.get(id).await? else {
        return Ok(());
    };
    if mail.status != Status::Queued {
        return Ok(());
    }
    let delay = mail
        .send_at
        .map_or(SignedDuration::ZERO, |at| at.duration_since(now));
    deps.queue.send_in(delay, &EmailJob::of(mail)).await?;
    Ok(deps.emails.queued(id, now + AHEAD, now + AGAIN).await?)
}
