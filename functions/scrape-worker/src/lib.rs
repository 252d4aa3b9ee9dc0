//! `ScrapeQueue`: looks at the pages of scrapes, keeps what they say, and tells what has changed.
//!
//! A run is delivered at least once and ends once, by the write that needs the scrape to still have it. What is to be told of a
//! run is written down in that same write, so that it is told even if this process stops in between.

mod notice;
mod outcome;
mod report;
mod run;
mod tell;

use std::sync::Arc;

use bucket::ScrapeBucket;
use domain::scrape::ScrapeJob;
use domain::{Clock, Random};
use fetch::Fetcher;
use queue::{EmailQueue, WebhookQueue};
use repository::{Origins, ScrapeResults, Scrapes, Users};
use topic::ScrapeTopic;
use trigger::{BadMessage, Message};

/// The last time that the queue delivers a run before it puts it aside. Whoever has not ended it by then never will: the page
/// stops the function.
const LAST_DELIVERY: u32 = 3;

trigger::deps! {
    scrapes: Scrapes,
    results: ScrapeResults,
    users: Users,
    origins: Origins,
    bucket: ScrapeBucket,
    fetcher: Arc<Fetcher>,
    emails: EmailQueue,
    webhooks: WebhookQueue,
    topic: Option<ScrapeTopic>,
    clock: Clock,
    random: Random,
}

/// Why a run has not ended. That a page was not had is no such reason: it is what came of the run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue's message is no job.
    #[error(transparent)]
    NotAJob(#[from] BadMessage),
    /// The database did not do its part.
    #[error("the database did not do its part")]
    Database(#[from] repository::Error),
    /// What was found before can't be read.
    #[error(transparent)]
    Before(#[from] visit::Unreadable),
    /// What was found can't be kept.
    #[error("what was found can't be kept")]
    Bucket(#[from] bucket::Error),
    /// What is stored of the scrape is not what is written there.
    #[error("the scrape is broken")]
    Broken(#[from] serde_json::Error),
    /// A mail or a webhook can't be queued.
    #[error("what was found can't be told")]
    Queue(#[from] queue::Error),
    /// The topic does not take a message.
    #[error("what was found can't be published")]
    Topic(#[from] topic::Error),
}

/// Does a run, unless it has ended; then tells what is still to be told of the scrape.
///
/// # Errors
/// Whatever kept the run from being ended or told of: the queue then delivers it again.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    let job: ScrapeJob = message.json()?;
    let Some(scrape) = deps.scrapes.get(job.scrape_id).await? else {
        return Ok(());
    };
    // What was not told of an earlier run would be overwritten.
    tell::what_is_left(deps, &scrape).await?;
    if scrape.run != Some(job.run) {
        return Ok(());
    }
    let is_last = message.receive_count() >= LAST_DELIVERY;
    run::run(deps, &scrape, job.run, is_last).await
}
