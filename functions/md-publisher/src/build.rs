//! Reading what a site is made of, and building it.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use domain::site::Report;
use futures::{StreamExt as _, TryStreamExt as _};
use publishing::site::{Built, Plan, Record, Settings, Source};
use site_target::{Difference, Head, difference};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinError;

use crate::attempt::Site;
use crate::failure::{Failure, chain};
use crate::{Batch, Deps, MOST_KIB};

/// How long reading and building may take.
const BUILD_TIME: Duration = Duration::from_secs(45);
/// How many files of a site are read at the same time.
const READS: usize = 16;
/// How many files that were read wait for those before them to be taken in.
const WAITING: usize = 16;
/// How often a site is built anew because others have a place that it would take.
const MOST_FOREIGN: u32 = 3;

/// What a site that is being built is given.
enum Piece {
    /// With its place in memory, until it is taken in.
    File(Source, Read),
    /// One that the bucket doesn't give.
    KeptBack(Source),
    /// That was all.
    End,
}

/// Builds a site of its folder for what is at its target, and tells what is different there.
pub(crate) async fn build(
    batch: &Batch,
    site: &Arc<Site>,
    now: Timestamp,
    folder: &[Source],
    record: Bytes,
    head: &Head,
) -> Result<(Built, Difference), Failure> {
    let building = async {
        let mut settings = Settings {
            setup: site.setup.clone(),
            name: site.tenant.name.clone(),
            now,
            foreign: BTreeSet::new(),
        };
        let mut record = Before::Bytes(record);
        let mut times = 0;
        loop {
            let built = once(batch, site, settings.clone(), folder.to_vec(), record).await?;
            let difference = difference(&built.files, head);
            times += 1;
            if difference.foreign.is_empty() || times > MOST_FOREIGN {
                return Ok((built, difference));
            }
            // Which places of the site others have is known once it has places; nothing must lead there.
            settings.foreign.extend(difference.foreign);
            record = Before::Record(built.record);
        }
    };
    within(BUILD_TIME, building).await
}

/// What is known from before.
enum Before {
    Bytes(Bytes),
    Record(Record),
}

/// Builds a site. All that takes time for itself does so in a thread of its own.
async fn once(
    batch: &Batch,
    site: &Arc<Site>,
    settings: Settings,
    folder: Vec<Source>,
    record: Before,
) -> Result<Built, Failure> {
    let planning = tokio::task::spawn_blocking(move || {
        let record = match record {
            Before::Bytes(bytes) => Record::from_bytes(&bytes),
            Before::Record(record) => record,
        };
        let plan = Plan::new(settings, folder, record);
        let needed = plan.needed();
        (plan, needed)
    });
    let (plan, needed) = planning.await.map_err(|error| broken(site, &error))?;
    read_and_build(batch, site, plan, needed).await
}

async fn within<T>(
    time: Duration,
    building: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let built = tokio::time::timeout(time, building).await;
    built.unwrap_or_else(|_| Err(Failure::too_slow("Building the site")))
}

async fn read_and_build(
    batch: &Batch,
    site: &Arc<Site>,
    mut plan: Plan,
    needed: Vec<Source>,
) -> Result<Built, Failure> {
    let (pieces, mut given) = mpsc::channel(WAITING);
    let mut can_read = plan.knows_some();
    let building = tokio::task::spawn_blocking(move || {
        while let Some(piece) = given.blocking_recv() {
            match piece {
                Piece::File(source, read) => plan.give(&source.path, Ok(&read.bytes)),
                Piece::KeptBack(source) => plan.give(&source.path, Err(kept_back(&source))),
                Piece::End => return Some(plan.build()),
            }
        }
        // Whoever reads has failed, and says so.
        None
    });
    let reading = async {
        let prefix = site.prefix();
        let reads = needed.into_iter().map(|source| {
            let prefix = &prefix;
            async move {
                match read(&batch.deps, &batch.memory, prefix, &source).await {
                    Ok(content) => Ok((source, Ok(content))),
                    Err(Unread::KeptBack(error)) => Ok((source, Err(error))),
                    Err(Unread::Failed(failure)) => Err(failure),
                }
            }
        });
        // In any order: one that waits for memory must not keep those that have some from being taken in.
        let mut reads = futures::stream::iter(reads).buffer_unordered(READS);
        let mut refused = None;
        while let Some((source, content)) = reads.try_next().await? {
            let piece = match content {
                Ok(content) => {
                    can_read = true;
                    Piece::File(source, content)
                }
                Err(error) => {
                    tracing::warn!(tenant = %site.id(), error = chain(&error), "a file is kept back");
                    refused = Some(error);
                    Piece::KeptBack(source)
                }
            };
            // Who takes them has panicked when it fails, which is told below.
            if pieces.send(piece).await.is_err() {
                return Ok(());
            }
        }
        // Whoever may read nothing at all would find an empty folder, and take all pages away.
        if let Some(error) = refused.filter(|_| !can_read) {
            return Err(error.into());
        }
        let _ = pieces.send(Piece::End).await;
        Ok(())
    };
    let read: Result<(), Failure> = reading.await;
    drop(pieces);
    let built = building.await;
    read?;
    match built {
        Ok(Some(built)) => Ok(built),
        Ok(None) => Err(Failure::internal()),
        Err(error) => Err(broken(site, &error)),
    }
}

fn kept_back(source: &Source) -> Report {
    Report {
        file: source.path.clone(),
        line: None,
        code: "unreadable".to_owned(),
        message: "The bucket doesn't give this file: it is archived, encrypted with a key of its own, or somebody else's. Upload it again."
            .to_owned(),
        left_out: true,
    }
}

fn broken(site: &Site, error: &JoinError) -> Failure {
    tracing::error!(tenant = %site.id(), %error, "the site can't be built");
    Failure::internal()
}

/// A file that was read, and the memory that it takes.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    _memory: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Read {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a file was not read.
pub(crate) enum Unread {
    /// The bucket doesn't give it, for a reason of its own.
    KeptBack(bucket::Error),
    /// The attempt can't go on.
    Failed(Failure),
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::KeptBack(error) => error.into(),
            Unread::Failed(failure) => failure,
        }
    }
}

/// Reads a file as it was listed.
pub(crate) async fn read(
    deps: &Deps,
    memory: &Arc<Semaphore>,
    prefix: &str,
    source: &Source,
) -> Result<Read, Unread> {
    let memory = permit(memory, source.bytes).await;
    let stored = deps
        .markdown
        .get(&format!("{prefix}{}", source.path), source.bytes)
        .await
        .map_err(|error| match error {
            error @ bucket::Error::Unreadable { .. } => Unread::KeptBack(error),
            error => Unread::Failed(error.into()),
        })?;
    match stored {
        Some(stored) if stored.etag == source.version => Ok(Read {
            bytes: stored.bytes,
            _memory: memory,
        }),
        _ => Err(Unread::Failed(Failure::Moved(
            format!("{} was changed", source.path).into(),
        ))),
    }
}

/// Waits for memory. One that needs more than there is has all of it.
async fn permit(memory: &Arc<Semaphore>, bytes: u64) -> Option<OwnedSemaphorePermit> {
    let kib = usize::try_from(bytes.div_ceil(1024)).unwrap_or(MOST_KIB);
    let kib = u32::try_from(kib.clamp(1, MOST_KIB)).unwrap_or(u32::MAX);
    // It is never closed.
    Arc::clone(memory).acquire_many_owned(kib).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_needs_more_memory_than_there_is_has_all_of_it() {
        let memory = Arc::new(Semaphore::new(MOST_KIB));
        let all = permit(&memory, u64::MAX).await;
        assert_eq!(memory.available_permits(), 0);
        drop(all);
        let few = permit(&memory, 1_025).await;
        assert_eq!(memory.available_permits(), MOST_KIB - 2);
        drop(few);
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_that_comes_to_no_end_is_given_up() {
        let never = std::future::pending::<Result<(), Failure>>();
        let ended = within(BUILD_TIME, never).await;
        assert!(matches!(
            ended,
            Err(Failure::Trouble {
                code: "too_slow",
                ..
            })
        ));
    }
}
