//! Every minute: takes the sites that are due, and has each looked at.
//!
//! A site is due when the date of one of its files has come, when what failed is to be tried again, and when somebody asked for
//! it. It is taken by one conditional write, so that no two ticks take it; one that was taken and not queued is given back, or is
//! due again after a while.

use domain::clock::SignedDuration;
use domain::{Clock, TenantId, Timestamp};
use futures::StreamExt as _;
use futures::future::join_all;
use queue::{MOST_SITES, SiteQueue};
use repository::Sites;

/// When a site that nothing came of is due again: longer than the publisher works on it, together with its waiting in the queue.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How long a tick takes what is due: well before the function is stopped, which is after a minute. The rest is for the next
/// tick.
const WORKING: SignedDuration = SignedDuration::from_secs(40);
/// How many sites a tick looks for: more than it has time for would be read for nothing.
const MOST: usize = 5_000;
/// How many batches are worked on together.
const TOGETHER: usize = 4;

trigger::deps! {
    sites: Sites,
    queue: SiteQueue,
    clock: Clock,
}

/// Why not all that is due was queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do its part.
    #[error("the due sites can't be taken")]
    Database(#[from] repository::Error),
    /// The queue did not take a site.
    #[error("a due site can't be queued")]
    Queue(#[from] queue::Error),
}

/// A site that is due, with the time since which it is.
type Due = (TenantId, Timestamp);

/// Queues what is due, the earliest first. A damaged row is written to the log, and stops no other.
///
/// # Errors
/// When a site could not be taken or queued: the next tick tries again.
pub async fn handle(deps: &Deps) -> Result<(), Error> {
    let began = deps.clock.now();
    let found = deps.sites.due(began, MOST).await?;
    let mut due = Vec::new();
    for site in found {
        match site {
            Ok(site) => due.push(site),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "a due site was passed over");
            }
        }
    }
    let batches = due.chunks(MOST_SITES).map(<[Due]>::to_vec);
    // One that fails does not stop the others half-way, between taking and queueing.
    let taken: Vec<Result<usize, Error>> = futures::stream::iter(batches)
        .map(|batch| take_in_time(deps, batch, began))
        .buffer_unordered(TOGETHER)
        .collect()
        .await;
    let queued: usize = taken.iter().flatten().sum();
    tracing::info!(due = due.len(), queued, "due sites queued");
    taken.into_iter().find_map(Result::err).map_or(Ok(()), Err)
}

async fn take_in_time(deps: &Deps, due: Vec<Due>, began: Timestamp) -> Result<usize, Error> {
    if deps.clock.now().duration_since(began) > WORKING {
        return Ok(0);
    }
    take(deps, due).await
}

/// Takes some sites, and queues each that nobody else has taken. Returns how many those are.
async fn take(deps: &Deps, due: Vec<Due>) -> Result<usize, Error> {
    let until = deps.clock.now() + LEASE;
    let claims = due
        .iter()
        .map(|(tenant, since)| deps.sites.claim(tenant, *since, until));
    let claims = join_all(claims).await;
    let mut unanswered = Ok(());
    let mut taken = Vec::new();
    for (claimed, site) in claims.into_iter().zip(due) {
        match claimed {
            Ok(true) => taken.push(site),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(tenant = %site.0, %error, "a due site was not taken");
                unanswered = Err(error);
            }
        }
    }
    let queued = queue(deps, &taken, until).await?;
    unanswered?;
    Ok(queued)
}

/// Queues sites, and gives back those that the queue does not take, each to the time since which it was due.
async fn queue(deps: &Deps, taken: &[Due], until: Timestamp) -> Result<usize, Error> {
    let tenants: Vec<TenantId> = taken.iter().map(|(tenant, _)| tenant.clone()).collect();
    let sent = deps.queue.send_all(&tenants).await;
    let failed = match &sent {
        Ok(failed) => failed.clone(),
        Err(_) => (0..taken.len()).collect(),
    };
    let back = failed.iter().filter_map(|place| taken.get(*place));
    let back = back.map(|(tenant, since)| deps.sites.claim(tenant, until, *since));
    for given_back in join_all(back).await {
        given_back?;
    }
    sent?;
    Ok(taken.len() - failed.len())
}
