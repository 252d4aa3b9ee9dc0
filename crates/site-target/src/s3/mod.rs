//! A bucket, from which `CloudFront` or another server serves.
//!
//! A bucket has no commits. A [`Manifest`] says what a site has; whoever replaces the one that they have read by one that says
//! what they are about to do is the only one who writes until its time is over. Whatever happens then, the next one finds which
//! files nobody is sure of, and writes or removes those again. New pages come after what they need, and what is gone goes last.

mod files;
mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bucket::{SiteBucket, Upload, When};
use domain::clock::SignedDuration;
use domain::site::{BlobId, SitePath};
use domain::{Clock, TenantId};
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use crate::difference::folders;
use crate::{Change, Committed, Contents, Error, Head, Target};
use files::Outcome;
use manifest::Manifest;

/// How many files are written at once.
const AT_ONCE: usize = 16;
/// For how long, after a writer has stopped, a request of its may still arrive.
const GRACE: Duration = Duration::from_secs(30);
/// How often it is looked whether somebody else still writes.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Stands for what a file says of which nobody is sure. No content that is known has this name.
const UNSURE: &str = "0000000000000000000000000000000000000000";

/// A site's part of the bucket of sites: `{client_id}/{site_id}/…`.
#[derive(Debug, Clone)]
pub struct S3Target {
    bucket: SiteBucket,
    prefix: String,
    manifest: String,
    clock: Clock,
    budget: Duration,
    patience: Duration,
}

impl S3Target {
    /// The part of `tenant`, whose name can't start with a dot as that of the manifests does; `budget` is how long one commit may
    /// take.
    #[must_use]
    pub fn new(bucket: SiteBucket, tenant: &TenantId, clock: Clock, budget: Duration) -> Self {
        let (client, site) = (tenant.client_id(), tenant.site_id());
        Self {
            bucket,
            prefix: format!("{client}/{site}/"),
            manifest: format!(".manifests/{client}/{site}.json"),
            clock,
            budget,
            patience: Duration::ZERO,
        }
    }

    /// Waits so long for somebody else who writes. Most are at their end soon; of one that died it is known later.
    #[must_use]
    pub fn waiting(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn read(&self) -> Result<Head, Error> {
        let patient_until = Instant::now() + self.patience;
        loop {
            match self.read_now().await {
                Err(Error::Locked { .. }) if Instant::now() < patient_until => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                read => return read,
            }
        }
    }

    async fn read_now(&self) -> Result<Head, Error> {
        let Some(object) = self.bucket.get(&self.manifest).await.map_err(failed)? else {
            return Ok(Head::default());
        };
        let manifest = Manifest::read(&object.bytes).map_err(|error| Error::Refused {
            code: "list_unreadable",
            message: format!("{error}: the object {} of the bucket", self.manifest),
        })?;
        if let Some(until) = manifest.until {
            let left = until.duration_since(self.clock.now());
            if left > SignedDuration::ZERO {
                return Err(Error::Locked {
                    retry_after: left.unsigned_abs(),
                });
            }
        }
        let unsure = manifest.unsure.into_iter().map(|path| (path, unsure()));
        let own: BTreeMap<_, _> = manifest.files.into_iter().chain(unsure).collect();
        Ok(Head {
            id: Some(object.etag),
            files: own
                .iter()
                .map(|(path, blob)| (path.to_string(), *blob))
                .collect(),
            own,
        })
    }

    /// Says who writes from now on, and what; the lock's name.
    async fn lock(&self, head: &Head, change: &Change<'_>) -> Result<(String, Manifest), Error> {
        let mut manifest = Manifest {
            until: Some(self.clock.now() + self.budget + GRACE),
            ..Manifest::default()
        };
        let known = head.own.iter().filter(|(_, blob)| **blob != unsure());
        manifest.files = known.map(|(path, blob)| (path.clone(), *blob)).collect();
        let nobody_is_sure = head.own.iter().filter(|(_, blob)| **blob == unsure());
        manifest.unsure = nobody_is_sure.map(|(path, _)| path.clone()).collect();
        for path in change.additions.keys().chain(&change.deletions) {
            manifest.files.remove(path);
            manifest.unsure.insert(path.clone());
        }
        let id = self.put(&manifest, head.id.as_deref()).await?;
        Ok((id, manifest))
    }

    /// Writes the manifest over the one of that name.
    async fn put(&self, manifest: &Manifest, over: Option<&str>) -> Result<String, Error> {
        let upload = Upload {
            key: &self.manifest,
            content_type: "application/json",
            cache_control: "no-store",
            blob: None,
            when: over.map_or(When::Missing, When::Is),
        };
        let bytes = manifest.to_bytes();
        let written = self.bucket.upload(upload, bytes.clone()).await;
        if let Some(id) = written.map_err(failed)? {
            return Ok(id);
        }
        // A request whose answer was lost is sent again by the SDK, and is then refused because of itself.
        let there = self.bucket.get(&self.manifest).await.map_err(failed)?;
        let ours = there.filter(|there| there.bytes == bytes);
        ours.map(|there| there.etag).ok_or(Error::Moved)
    }

    async fn commit_to(&self, head: &Head, change: Change<'_>) -> Result<Committed, Error> {
        let deadline = Instant::now() + self.budget;
        let (lock, mut manifest) = self.lock(head, &change).await?;
        let progress = Progress::default();
        let writing = self.write_all(head, &change, &progress);
        let written = tokio::time::timeout_at(deadline, writing).await;
        let written = written.unwrap_or(Err(Error::Unfinished));
        let done = progress.take();
        manifest.until = None;
        match written {
            Ok(()) => {
                manifest.files = change.own;
                for path in &done.foreign {
                    manifest.files.remove(path);
                }
                manifest.unsure.clear();
                let id = self.put(&manifest, Some(&lock)).await?;
                Ok(Committed {
                    id,
                    url: None,
                    foreign: done.foreign,
                })
            }
            Err(error) => {
                manifest.unsure.retain(|path| !done.settled.contains(path));
                manifest.files.extend(done.written);
                // If it isn't kept, the lock stays until its time is over, and more is written again than would have to be.
                let _ = self.put(&manifest, Some(&lock)).await;
                Err(error)
            }
        }
    }

    async fn write_all(
        &self,
        head: &Head,
        change: &Change<'_>,
        progress: &Progress,
    ) -> Result<(), Error> {
        let deletions = &change.deletions;
        // Servers that keep objects as files can't have a file and a folder of one name.
        let in_the_way = |gone: &&SitePath| {
            let is_folder = |path: &SitePath| folders(path.as_str()).any(|f| f == gone.as_str());
            let is_file = folders(gone.as_str())
                .filter_map(|folder| SitePath::parse(folder).ok())
                .any(|folder| change.additions.contains_key(&folder));
            is_file || change.additions.keys().any(is_folder)
        };
        let (first, last): (Vec<_>, Vec<_>) = deletions.iter().partition(in_the_way);
        let (pages, assets): (Vec<_>, Vec<_>) = change
            .additions
            .iter()
            .partition(|(path, _)| files::is_page(path));
        self.remove_all(head, first, progress).await?;
        for group in [assets, pages] {
            let mut writes = Vec::new();
            for (path, blob) in group {
                let write = self.write_one(head, path, *blob, change.contents, progress);
                writes.push(write);
            }
            all(writes).await?;
        }
        self.remove_all(head, last, progress).await
    }

    async fn write_one(
        &self,
        head: &Head,
        path: &SitePath,
        blob: BlobId,
        contents: &dyn Contents,
        progress: &Progress,
    ) -> Result<(), Error> {
        match self.write(head, path, blob, contents).await? {
            Outcome::Written => progress.written(path, blob),
            Outcome::Foreign => progress.foreign(path),
        }
        Ok(())
    }

    async fn remove_all(
        &self,
        head: &Head,
        paths: Vec<&SitePath>,
        progress: &Progress,
    ) -> Result<(), Error> {
        let mut removals = Vec::new();
        for path in paths {
            removals.push(self.remove_one(head, path, progress));
        }
        all(removals).await
    }

    async fn remove_one(
        &self,
        head: &Head,
        path: &SitePath,
        progress: &Progress,
    ) -> Result<(), Error> {
        self.remove(path, is_known(head, path)).await?;
        progress.removed(path);
        Ok(())
    }

    async fn remove_own(&self) -> Result<(), Error> {
        let head = self.read().await?;
        if head.id.is_none() {
            return Ok(());
        }
        let change = Change {
            message: String::new(),
            additions: BTreeMap::new(),
            deletions: head.own.keys().cloned().collect(),
            own: BTreeMap::new(),
            contents: &files::Nothing,
        };
        self.commit_to(&head, change).await?;
        // Nobody writes for a tenant that is being removed; were it otherwise, they would find a place that is empty.
        self.bucket.delete(&self.manifest).await.map_err(failed)
    }
}

impl Target for S3Target {
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
        Box::pin(self.read())
    }

    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>> {
        Box::pin(self.commit_to(head, change))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.remove_own())
    }
}

/// What has been done so far, for whoever goes on.
#[derive(Default)]
struct Progress(Mutex<Done>);

#[derive(Default)]
struct Done {
    written: BTreeMap<SitePath, BlobId>,
    /// Those of which it is known what is there.
    settled: BTreeSet<SitePath>,
    foreign: Vec<SitePath>,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Done> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self, path: &SitePath, blob: BlobId) {
        let mut done = self.lock();
        done.written.insert(path.clone(), blob);
        done.settled.insert(path.clone());
    }

    fn removed(&self, path: &SitePath) {
        self.lock().settled.insert(path.clone());
    }

    fn foreign(&self, path: &SitePath) {
        let mut done = self.lock();
        done.settled.insert(path.clone());
        done.foreign.push(path.clone());
    }

    fn take(self) -> Done {
        let mut done = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.foreign.sort();
        done
    }
}

/// Some at once; the first error ends it.
async fn all(work: Vec<impl Future<Output = Result<(), Error>>>) -> Result<(), Error> {
    let work = stream::iter(work).buffer_unordered(AT_ONCE);
    work.try_collect::<()>().await
}

fn unsure() -> BlobId {
    BlobId::from_hex(UNSURE).unwrap_or_else(|| BlobId::of(UNSURE.as_bytes()))
}

/// Whether a file is the site's own for certain.
fn is_known(head: &Head, path: &SitePath) -> bool {
    head.own.get(path).is_some_and(|blob| *blob != unsure())
}

fn failed(error: bucket::Error) -> Error {
    Error::Unavailable(error.into())
}
