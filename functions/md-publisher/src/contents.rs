//! What the files of a site say, for a target that asks for them.

use std::sync::Arc;

use bytes::Bytes;
use domain::site::{BlobId, SitePath};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use publishing::site::{Built, Content};
use site_target::{Contents, Error};

use crate::Batch;
use crate::attempt::{Promised, Site};
use crate::build::read;
use crate::failure::Failure;

/// A site's files: pages are rendered, and others read from the folder, when they are asked for.
pub(crate) struct Files<'a> {
    batch: &'a Batch,
    prefix: String,
    built: Arc<Built>,
    promised: Promised,
}

impl<'a> Files<'a> {
    pub(crate) fn new(batch: &'a Batch, site: &Site, built: Built, promised: Promised) -> Self {
        Self {
            batch,
            prefix: site.prefix(),
            built: Arc::new(built),
            promised,
        }
    }

    async fn read(&self, path: &SitePath) -> Result<Bytes, Error> {
        let (built, of_page) = (Arc::clone(&self.built), path.clone());
        let rendering = tokio::task::spawn_blocking(move || built.content(&of_page));
        let content = rendering
            .await
            .map_err(|error| Error::Contents(error.into()))?;
        let bytes = match content {
            Some(Content::Bytes(bytes)) => bytes.into(),
            Some(Content::Copy(source)) => {
                let batch = self.batch;
                let read = read(&batch.deps, &batch.memory, &self.prefix, &source).await;
                Bytes::from_owner(read.map_err(|unread| reason(unread.into()))?)
            }
            None => {
                return Err(Error::Contents(
                    format!("{path} is no file of the site").into(),
                ));
            }
        };
        if self.promised.get(path) != Some(&BlobId::of(&bytes)) {
            return Err(Error::Contents(
                format!("{path} says something else").into(),
            ));
        }
        Ok(bytes)
    }
}

fn reason(failure: Failure) -> Error {
    match failure {
        Failure::Moved(why) => Error::Contents(why),
        Failure::Message(error) => Error::Contents(error.into()),
        Failure::Trouble { code, message, .. } => Error::Refused { code, message },
    }
}

impl Contents for Files<'_> {
    fn bytes<'a>(&'a self, path: &'a SitePath) -> BoxFuture<'a, Result<Bytes, Error>> {
        self.read(path).boxed()
    }

    fn size(&self, path: &SitePath) -> Option<u64> {
        self.built.size(path)
    }
}
