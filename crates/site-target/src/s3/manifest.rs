//! What a site has in the bucket: an object beside the pages, which is also the lock under which they are written.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::site::{BlobId, SitePath};
use serde::{Deserialize, Serialize};

use crate::list::{Unreadable, from_hex, to_hex};

/// What is where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The files that are known to be there, and what they say.
    pub(super) files: BTreeMap<SitePath, BlobId>,
    /// Those that are being written or removed, or were when it was broken off: nobody knows what they say.
    pub(super) unsure: BTreeSet<SitePath>,
    /// Until when whoever wrote this writes; `None` once they have ended.
    pub(super) until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    files: BTreeMap<SitePath, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unsure: BTreeSet<SitePath>,
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    until: Option<Timestamp>,
}

impl Manifest {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let written: Written = serde_json::from_slice(bytes)?;
        if written.version != 1 {
            return Err(Unreadable::Value(format!("version {}", written.version)));
        }
        Ok(Self {
            files: from_hex(written.files)?,
            unsure: written.unsure,
            until: written.until,
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let written = Written {
            version: 1,
            files: to_hex(&self.files),
            unsure: self.unsure.clone(),
            until: self.until,
        };
        // Names, digits and a number alone: there is nothing that JSON can't say.
        serde_json::to_vec(&written).unwrap_or_default()
    }
}
