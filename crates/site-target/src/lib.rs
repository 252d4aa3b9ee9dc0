//! Where sites go.
//!
//! A target says what is there ([`Target::head`]), and takes a change to exactly that, whole or not at all
//! ([`Target::commit`]). It keeps, in the same commit, which files are the site's own, so that nobody else's are touched.

mod difference;
pub mod github;
mod list;
mod places;
mod s3;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use domain::TenantId;
use domain::site::{BlobId, Setup, SitePath};
use futures::future::BoxFuture;

pub use difference::{Difference, difference};
pub use list::{LIST_NAME, OwnList, Unreadable};
pub use places::{OpenGit, Places};
pub use s3::S3Target;

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Names this state of it: of git the commit; `None` where there is nothing yet.
    pub id: Option<String>,
    /// Every file in the site's folder, whoever's it is. Of a bucket only the site's own may be known.
    pub files: BTreeMap<String, BlobId>,
    /// Those that the site's last commit said are its own, as they were then.
    pub own: BTreeMap<SitePath, BlobId>,
}

/// A change to a [`Head`].
pub struct Change<'a> {
    /// The message: its first line, an empty one, and what else there is to say.
    pub message: String,
    /// Files to write, with what they say and how many bytes they have.
    pub additions: BTreeMap<SitePath, BlobId>,
    /// Files to remove.
    pub deletions: BTreeSet<SitePath>,
    /// The site's own files once it is done.
    pub own: BTreeMap<SitePath, BlobId>,
    /// Reads what a file to write says. A target asks for one when it needs it, so that not all are in memory together.
    pub contents: &'a dyn Contents,
}

/// What files to write say.
pub trait Contents: Send + Sync {
    /// The bytes of one of [`Change::additions`]. Their hash is the one that was promised.
    fn bytes<'a>(&'a self, path: &'a SitePath) -> BoxFuture<'a, Result<Bytes, Error>>;
    /// How many bytes those will be, where that is known without reading them.
    fn size(&self, path: &SitePath) -> Option<u64>;
}

/// What was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its name: the new [`Head::id`].
    pub id: String,
    /// Where people can look at it.
    pub url: Option<String>,
    /// Files that were not written after all, because others have one at their place; only a target that can't tell before
    /// has any.
    pub foreign: Vec<SitePath>,
}

/// A place that a site goes to.
pub trait Target: Send + Sync {
    /// What is there now.
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>>;
    /// Changes it, if it still is `head`.
    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>>;
    /// Removes every file that is the site's own, as when its tenant is removed.
    fn clear(&self) -> BoxFuture<'_, Result<(), Error>>;
}

/// Opens the targets of this installation.
pub trait Targets: Send + Sync + fmt::Debug {
    /// The target of a site.
    ///
    /// # Errors
    /// Where this installation has none of that kind, or no credential for it.
    fn open<'a>(
        &'a self,
        tenant: &'a TenantId,
        setup: &'a Setup,
    ) -> BoxFuture<'a, Result<Box<dyn Target>, Error>>;
}

/// Why nothing was read or committed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else was there first: all has to be looked at again.
    #[error("the branch was changed meanwhile")]
    Moved,
    /// It will be refused until somebody changes something there or here.
    #[error("{message}")]
    Refused {
        /// Stable and machine-readable: `branch_protected`, `token_refused`, `repository_missing`, `too_large`, …
        code: &'static str,
        /// What is wrong and what would help; may be shown to the tenant.
        message: String,
    },
    /// Somebody else is writing there, or was broken off while they did.
    #[error("another attempt is still writing")]
    Locked {
        /// When they are at their end in any case.
        retry_after: Duration,
    },
    /// It asks to be left alone for a while.
    #[error("the target is asked too often")]
    Limited {
        /// For how long.
        retry_after: Duration,
    },
    /// It does not answer, or with an error of its own.
    #[error("the target did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There was no time for all of it. What was done is kept at the target; the next attempt goes on from there.
    #[error("there is more to write than there was time for")]
    Unfinished,
    /// A file of the folder that is to be written can't be read, or says something else by now: all has to be looked at again.
    #[error("a file was changed or can't be read meanwhile")]
    Contents(#[source] Box<dyn std::error::Error + Send + Sync>),
}
