//! What has to be changed for a target to be as it should.

use std::collections::{BTreeMap, BTreeSet};

use domain::site::{BlobId, SitePath};

use crate::Head;

/// The way from what is there to what should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files to write.
    pub additions: BTreeMap<SitePath, BlobId>,
    /// The site's own files that it has no more.
    pub deletions: BTreeSet<SitePath>,
    /// Files that can't be written because somebody else has one at their place.
    pub foreign: BTreeSet<SitePath>,
    /// The site's own files once it is done.
    pub own: BTreeMap<SitePath, BlobId>,
}

impl Difference {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.additions.is_empty() && self.deletions.is_empty()
    }
}

/// Compares what should be with what is there. Files of others are neither written over nor removed; one that already says the
/// same is no matter whose.
#[must_use]
pub fn difference(wanted: &BTreeMap<SitePath, BlobId>, head: &Head) -> Difference {
    let _ = (wanted, head);
    Difference::default()
}
