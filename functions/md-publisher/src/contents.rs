//! What the files of a site say, for a target that asks for them.

use std::collections::HashMap;
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

/// How many files a change has at most that is rendered before it is asked for: more is no small change for any target.
const MOST_AT_HAND: usize = 500;
/// How many bytes of it are kept.
const MOST_BYTES_AT_HAND: usize = 8 * 1024 * 1024;

/// A site's files: pages are rendered, and others read from the folder, when they are asked for. Those of a small change are
/// rendered before, so that a target knows how small it is.
pub(crate) struct Files<'a> {
    batch: &'a Batch,
    prefix: String,
    built: Arc<Built>,
    promised: Promised,
    at_hand: HashMap<SitePath, Bytes>,
}

impl<'a> Files<'a> {
    pub(crate) async fn new(
        batch: &'a Batch,
        site: &Site,
        built: Built,
        promised: Promised,
    ) -> Self {
        let built = Arc::new(built);
        let (rendering, paths) = (Arc::clone(&built), promised.clone());
        let at_hand = tokio::task::spawn_blocking(move || render(&rendering, &paths)).await;
        let at_hand = at_hand.unwrap_or_else(|error| {
            // It panics again when it is asked for, and is told then.
            tracing::error!(tenant = %site.id(), %error, "a page can't be rendered");
            HashMap::new()
        });
        Self {
            batch,
            prefix: site.prefix(),
            built,
            promised,
            at_hand,
        }
    }

    async fn read(&self, path: &SitePath) -> Result<Bytes, Error> {
        if let Some(bytes) = self.at_hand.get(path) {
            return Ok(bytes.clone());
        }
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
                Bytes::from_owner(read.map_err(|failure| Error::Contents(reason(failure)))?)
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

/// The pages of a small change; none of a larger one.
fn render(built: &Built, promised: &Promised) -> HashMap<SitePath, Bytes> {
    let mut at_hand = HashMap::new();
    if promised.len() > MOST_AT_HAND {
        return at_hand;
    }
    let mut left = MOST_BYTES_AT_HAND;
    for (path, id) in promised {
        // What is copied is read when it is asked for, and its size is known.
        if built.size(path).is_some() {
            continue;
        }
        if let Some(Content::Bytes(bytes)) = built.content(path)
            && BlobId::of(&bytes) == *id
        {
            let Some(rest) = left.checked_sub(bytes.len()) else {
                break;
            };
            left = rest;
            at_hand.insert(path.clone(), Bytes::from(bytes));
        }
    }
    at_hand
}

fn reason(failure: Failure) -> Box<dyn std::error::Error + Send + Sync> {
    match failure {
        Failure::Moved(why) => why,
        Failure::Message(error) => error.into(),
        Failure::Trouble { message, .. } => message.into(),
    }
}

impl Contents for Files<'_> {
    fn bytes<'a>(&'a self, path: &'a SitePath) -> BoxFuture<'a, Result<Bytes, Error>> {
        self.read(path).boxed()
    }

    fn size(&self, path: &SitePath) -> Option<u64> {
        let at_hand = self.at_hand.get(path).map(|bytes| bytes.len() as u64);
        at_hand.or_else(|| self.built.size(path))
    }
}
