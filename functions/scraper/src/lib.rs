//! Every minute: takes the scrapes that are due, and queues a run of each.
//!
//! A scrape is taken by one conditional write, so that no two ticks take it. One that was taken and not queued is given back,
//! or is due again after a while; the run keeps its name, under which it ends once.

use domain::clock::SignedDuration;
use domain::scrape::{Scrape, ScrapeJob};
use domain::{Clock, Timestamp};
use futures::StreamExt as _;
use futures::future::join_all;
use queue::{MOST_RUNS, QueuedRun, ScrapeQueue};
use repository::Scrapes;
use uuid::Uuid;

/// How long a tick takes what is due: well before the function is stopped, which is after a minute. The rest is for the next
/// tick.
const WORKING: SignedDuration = SignedDuration::from_secs(40);
/// How many scrapes a tick looks for: more than it has time for would be read for nothing.
const MOST: usize = 5_000;
/// How many batches are worked on together.
const TOGETHER: usize = 4;

trigger::deps! {
    scrapes: Scrapes,
    queue: ScrapeQueue,
    clock: Clock,
}

/// Why not all that is due was queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do its part.
    #[error("the due scrapes can't be taken")]
    Database(#[from] repository::Error),
    /// The queue did not take a run.
    #[error("a run can't be queued")]
    Queue(#[from] queue::Error),
}

/// A scrape that is due, with the time since which it is.
type Due = (Uuid, Timestamp);

/// Queues what is due, the earliest first.
///
/// # Errors
/// When a scrape could not be taken or queued: the next tick tries again.
pub async fn handle(deps: &Deps) -> Result<(), Error> {
    let began = deps.clock.now();
    let due = deps.scrapes.due(began, MOST).await?;
    let batches = due.chunks(MOST_RUNS).map(<[Due]>::to_vec);
    // One that fails does not stop the others half-way, between taking and queueing.
    let taken: Vec<Result<usize, Error>> = futures::stream::iter(batches)
        .map(|batch| take_in_time(deps, batch, began))
        .buffer_unordered(TOGETHER)
        .collect()
        .await;
    let queued: usize = taken.iter().flatten().sum();
    tracing::info!(due = due.len(), queued, "due scrapes queued");
    taken.into_iter().find_map(Result::err).map_or(Ok(()), Err)
}

async fn take_in_time(deps: &Deps, due: Vec<Due>, began: Timestamp) -> Result<usize, Error> {
    if deps.clock.now().duration_since(began) > WORKING {
        return Ok(0);
    }
    take(deps, due).await
}

/// Takes some scrapes, and queues a run of each that nobody else has taken. Returns how many those are.
async fn take(deps: &Deps, due: Vec<Due>) -> Result<usize, Error> {
    let now = deps.clock.now();
    let claims = due
        .iter()
        .map(|&(id, since)| deps.scrapes.claim(id, since, now));
    let claims = join_all(claims).await;
    let mut unanswered = Ok(());
    let mut taken = Vec::new();
    for (claimed, (id, since)) in claims.into_iter().zip(due) {
        match claimed {
            Ok(Some(scrape)) => taken.push((since, run(scrape, now))),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(scrape_id = %id, %error, "a due scrape was not taken");
                unanswered = Err(error);
            }
        }
    }
    let queued = queue(deps, &taken).await?;
    unanswered?;
    Ok(queued)
}

/// The run of a scrape that was taken.
fn run(scrape: Scrape, now: Timestamp) -> QueuedRun {
    QueuedRun {
        job: ScrapeJob {
            scrape_id: scrape.scrape_id,
            run: scrape.run.unwrap_or(now),
        },
        host: scrape.host,
        taken_at: now,
    }
}

/// Queues runs, and gives back those that the queue does not take, each to the time since which it was due.
async fn queue(deps: &Deps, taken: &[(Timestamp, QueuedRun)]) -> Result<usize, Error> {
    let runs: Vec<QueuedRun> = taken.iter().map(|(_, run)| run.clone()).collect();
    let sent = deps.queue.send(&runs).await;
    let failed = match &sent {
        Ok(failed) => failed.clone(),
        Err(_) => (0..runs.len()).collect(),
    };
    let back = failed.iter().filter_map(|place| taken.get(*place));
    let back = back.map(|(since, run)| {
        let ScrapeJob { scrape_id, run } = run.job;
        deps.scrapes.release(scrape_id, run, *since)
    });
    for released in join_all(back).await {
        released?;
    }
    sent?;
    Ok(runs.len() - failed.len())
}
