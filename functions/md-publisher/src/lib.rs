//! `MarkdownQueue`: publishes the sites whose folders in `MarkdownBucket` were changed.
//!
//! A message says only where to look: notifications come late, twice and out of order. All messages of a batch about a site are
//! one attempt at it, which looks at what is published, then at the folder, and commits the difference to what it saw published.
//! So whatever is committed was made of a folder that is newer than every commit before it, and nobody has to wait for anybody.
//! A message is handled once an attempt that began after it came has ended: in a commit, in nothing to do, or in a failure that is
//! written down with the time of the next attempt.

mod attempt;
mod build;
mod contents;
mod failure;
mod group;
mod kept;
mod message;
mod notice;
mod outcome;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bucket::{BuildBucket, MarkdownBucket};
use domain::site::LocalSites;
use domain::{Clock, Random, TenantId};
use futures::StreamExt as _;
use queue::EmailQueue;
use repository::{Sites, Tenants};
use site_target::Targets;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use trigger::{BadMessage, Delivery};

/// How many sites are worked on at the same time: one waits for its target while another one is built.
const SITES_AT_A_TIME: usize = 3;
/// When no other site is begun: what is begun has to end within the function's 120 s.
const LAST_START: Duration = Duration::from_secs(30);
/// When whatever is not at its end by then is given up, so that what became of it can still be written down.
const END: Duration = Duration::from_secs(110);
/// How many KiB of files are read at the same time, of all sites together.
const MOST_KIB: usize = 64 * 1024;

trigger::deps! {
    tenants: Tenants,
    sites: Sites,
    markdown: MarkdownBucket,
    records: BuildBucket,
    targets: Arc<dyn Targets>,
    local: Option<LocalSites>,
    emails: EmailQueue,
    clock: Clock,
    random: Random,
}

/// Why a message is not handled. That a site can't be published is no such reason, as long as it can be written down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message is neither a job nor a notification of S3.
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    /// The database did not do its part.
    #[error("the database did not do its part")]
    Database(#[from] repository::Error),
    /// The folder can't be read.
    #[error("the folder can't be read")]
    Folder(#[from] bucket::Error),
    /// A part of the program that should not fail did.
    #[error("the attempt broke off")]
    BrokenOff(#[from] tokio::task::JoinError),
}

/// What the attempts of a batch share.
#[derive(Clone)]
struct Batch {
    deps: Arc<Deps>,
    began: Instant,
    /// A permit for each KiB that is read.
    memory: Arc<Semaphore>,
}

/// Publishes all sites that the messages are about. One that fails, panics or hangs keeps no other from being published.
pub async fn handle(deps: &Arc<Deps>, deliveries: Vec<Delivery>) {
    let batch = Batch {
        deps: Arc::clone(deps),
        began: Instant::now(),
        memory: Arc::new(Semaphore::new(MOST_KIB)),
    };
    let (sites, messages) = group::by_site(deliveries);
    let turns = sites.into_iter().map(|tenant| {
        let batch = batch.clone();
        async move {
            // A task of its own, so that a panic ends no other.
            let turn = tokio::spawn(turn(batch, tenant.clone()));
            let ended = turn.await.map_err(Error::from).and_then(|ended| ended);
            (tenant, ended)
        }
    });
    let turns = futures::stream::iter(turns).buffer_unordered(SITES_AT_A_TIME);
    let ended: BTreeMap<TenantId, Result<(), Error>> = turns.collect().await;
    for (delivery, about) in messages {
        match about
            .iter()
            .find_map(|tenant| ended.get(tenant)?.as_ref().err())
        {
            None => delivery.done(),
            Some(error) => delivery.failed(error),
        }
    }
}

/// Publishes a site, or makes it due when there is no time left: the schedule then has another batch do it.
async fn turn(batch: Batch, tenant: TenantId) -> Result<(), Error> {
    if batch.began.elapsed() < LAST_START {
        return attempt::publish(&batch, &tenant).await;
    }
    tracing::info!(%tenant, "there is no time left for the site in this batch");
    // A row that is due for what is no site would be due for ever.
    if attempt::Site::read(&batch.deps, &tenant).await?.is_some() {
        batch
            .deps
            .sites
            .ask(&tenant, batch.deps.clock.now())
            .await?;
    }
    Ok(())
}
