//! A bare git repository on this machine as the target of a site: the laptop's default.
//!
//! A commit is seen when the branch is moved to it, which is one locked step of git; what was written before is found by nobody.

mod repository;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use domain::Clock;
use domain::site::{BlobId, SitePath};
use futures::future::BoxFuture;
use site_target::{Change, Committed, Error, Head, Target};

use repository::{Edit, Repository};

/// How many bytes of contents are in memory before they are written, unless one file alone has more.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How often removing is tried against somebody who goes on committing.
const CLEAR_ATTEMPTS: usize = 5;

/// The branch `main` of a bare repository.
#[derive(Debug, Clone)]
pub struct GitTarget {
    path: Arc<PathBuf>,
    clock: Clock,
}

impl GitTarget {
    /// The repository in the folder `path`, such as `sites/shop.git`; it is made when it is first needed. The clock dates the
    /// commits.
    #[must_use]
    pub fn new(path: PathBuf, clock: Clock) -> Self {
        Self {
            path: Arc::new(path),
            clock,
        }
    }

    /// What a file of the last commit says, as when a laptop serves the site; `None` where there is no such file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the repository can't be read.
    pub async fn file(&self, path: &SitePath) -> Result<Option<Bytes>, Error> {
        let path = path.clone();
        self.run(move |repository| repository.file(path.as_str()))
            .await
    }

    /// Away from the threads on which requests wait.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Repository) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || work(&Repository::open(&path)?));
        done.await
            .map_err(|error| Error::Unavailable(error.into()))?
    }

    async fn commit_to(&self, head: &Head, change: Change<'_>) -> Result<Committed, Error> {
        let mut batch = Vec::new();
        let mut size = 0;
        for (path, blob) in &change.additions {
            let bytes = change.contents.bytes(path).await?;
            if size + bytes.len() > BATCH_BYTES && !batch.is_empty() {
                self.write(std::mem::take(&mut batch)).await?;
                size = 0;
            }
            size += bytes.len();
            batch.push((*blob, bytes));
        }
        self.write(batch).await?;

        let edit = Edit {
            expected: head.id.clone(),
            additions: change.additions,
            deletions: change.deletions,
            own: change.own,
            message: change.message,
            second: self.clock.now().as_second(),
        };
        let id = self.run(move |repository| repository.commit(&edit)).await?;
        Ok(Committed {
            id,
            url: None,
            foreign: Vec::new(),
        })
    }

    async fn write(&self, batch: Vec<(BlobId, Bytes)>) -> Result<(), Error> {
        self.run(move |repository| {
            batch
                .iter()
                .try_for_each(|(blob, bytes)| repository.write(*blob, bytes))
        })
        .await
    }

    async fn remove_own(&self) -> Result<(), Error> {
        let head = self.head().await?;
        if head.own.is_empty() {
            return Ok(());
        }
        let there = |path: &SitePath| head.files.contains_key(path.as_str());
        let edit = Edit {
            expected: head.id.clone(),
            additions: BTreeMap::new(),
            deletions: head
                .own
                .keys()
                .filter(|path| there(path))
                .cloned()
                .collect(),
            own: BTreeMap::new(),
            message: "Remove the site".into(),
            second: self.clock.now().as_second(),
        };
        self.run(move |repository| repository.commit(&edit)).await?;
        Ok(())
    }
}

impl Target for GitTarget {
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
        Box::pin(self.run(Repository::head))
    }

    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>> {
        Box::pin(self.commit_to(head, change))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            for _ in 1..CLEAR_ATTEMPTS {
                match self.remove_own().await {
                    Err(Error::Moved) => {}
                    done => return done,
                }
            }
            self.remove_own().await
        })
    }
}

#[cfg(test)]
mod tests;
