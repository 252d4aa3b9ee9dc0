//! One file of a site in the bucket.

use std::io;

use bucket::{Upload, When};
use bytes::Bytes;
use domain::site::{BlobId, SitePath};
use futures::future::BoxFuture;

use super::{S3Target, failed, is_known};
use crate::{Contents, Error, Head};

/// For how long a browser may take what is no page for still true, in seconds.
const ASSET: &str = "public, max-age=300";
/// A page is asked for each time, so that what was published is seen.
const PAGE: &str = "no-cache";

/// What became of a file to write.
pub(super) enum Outcome {
    /// It is there, and the site's own.
    Written,
    /// Somebody else has one there.
    Foreign,
}

impl S3Target {
    pub(super) async fn write(
        &self,
        head: &Head,
        path: &SitePath,
        blob: BlobId,
        contents: &dyn Contents,
    ) -> Result<Outcome, Error> {
        let bytes = contents.bytes(path).await?;
        let when = if is_known(head, path) {
            When::Always
        } else {
            When::Missing
        };
        if self.upload(path, blob, &bytes, when).await? {
            return Ok(Outcome::Written);
        }
        let key = self.key(path);
        let there = self.bucket.describe(&key).await.map_err(failed)?;
        let there = there.ok_or(Error::Moved)?;
        if there.blob.is_some() {
            // From an attempt that was broken off.
            let over = When::Is(&there.etag);
            return if self.upload(path, blob, &bytes, over).await? {
                Ok(Outcome::Written)
            } else {
                Err(Error::Moved)
            };
        }
        Ok(Outcome::Foreign)
    }

    async fn upload(
        &self,
        path: &SitePath,
        blob: BlobId,
        bytes: &Bytes,
        when: When<'_>,
    ) -> Result<bool, Error> {
        let (key, blob) = (self.key(path), blob.to_string());
        let upload = Upload {
            key: &key,
            content_type: &content_type(path),
            cache_control: if is_page(path) { PAGE } else { ASSET },
            blob: Some(&blob),
            when,
        };
        let written = self.bucket.upload(upload, bytes.clone()).await;
        Ok(written.map_err(failed)?.is_some())
    }

    /// Removes a file; one that may be somebody else's only if a site has put it there.
    pub(super) async fn remove(&self, path: &SitePath, is_own: bool) -> Result<(), Error> {
        let key = self.key(path);
        if !is_own {
            let there = self.bucket.describe(&key).await.map_err(failed)?;
            if there.is_none_or(|there| there.blob.is_none()) {
                return Ok(());
            }
        }
        self.bucket.delete(&key).await.map_err(failed)
    }

    fn key(&self, path: &SitePath) -> String {
        format!("{}{path}", self.prefix)
    }
}

/// Whether a file is what people and feed readers look at first: it comes after all that it needs.
pub(super) fn is_page(path: &SitePath) -> bool {
    let (_, extension) = path.as_str().rsplit_once('.').unwrap_or_default();
    ["html", "htm", "xml", "json"].contains(&extension)
}

fn content_type(path: &SitePath) -> String {
    let guess = mime_guess::from_path(path.as_str()).first_or_octet_stream();
    let kind = guess.essence_str();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("json")
        || kind.ends_with("javascript")
        || kind == "application/xml";
    if is_text {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

/// The contents of a change that writes nothing.
pub(super) struct Nothing;

impl Contents for Nothing {
    fn bytes<'a>(&'a self, _: &'a SitePath) -> BoxFuture<'a, Result<Bytes, Error>> {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        Box::pin(async { Err(Error::Contents(missing.into())) })
    }

    fn size(&self, _: &SitePath) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_what_a_file_is() {
        for (path, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/style.css", "text/css; charset=utf-8"),
            ("search.js", "text/javascript; charset=utf-8"),
            ("feed.json", "application/json; charset=utf-8"),
            ("feed.xml", "text/xml; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("robots.txt", "text/plain; charset=utf-8"),
            ("CNAME", "application/octet-stream"),
        ] {
            let path = SitePath::parse(path).unwrap();
            assert_eq!(content_type(&path), expected, "{path}");
        }
    }
}
