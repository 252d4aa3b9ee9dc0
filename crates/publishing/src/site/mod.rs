//! A site: all that follows from a folder.
//!
//! ```text
//! listing of the folder ──Plan::new(…, record)──▶ plan.needed() ──read each, plan.give(…)──▶ plan.build() ──▶ Built
//! ```
//! The record of the last time has each file's document and each page's hash, so that only what has changed is read and rendered.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::site::{BlobId, Report, SitePath, Waiting};

/// What a site is built with besides its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How it is set up: base URL, theme, whether authors are trusted.
    pub setup: domain::site::Setup,
    /// Its name where the theme has none.
    pub name: String,
    /// When it is: what is dated later waits.
    pub now: Timestamp,
}

/// A file of the folder, as the bucket lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path within the folder, as it is in the bucket (not checked).
    pub path: String,
    /// Names its content: the same version of the same path says the same.
    pub version: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What is kept from one time to the next. Losing it costs time, and nothing else.
#[derive(Debug, Default)]
pub struct Record;

impl Record {
    /// A record that was kept; an empty one where the bytes are of another version of this crate.
    #[must_use]
    pub fn from_bytes(_bytes: &[u8]) -> Self {
        Self
    }

    /// As bytes to keep.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// What has to be read before the site can be built.
#[derive(Debug)]
pub struct Plan;

impl Plan {
    /// Compares the folder with the record.
    #[must_use]
    pub fn new(_settings: Settings, _folder: Vec<Source>, _record: Record) -> Self {
        Self
    }

    /// What has to be read, in the order of paths. Nothing that is too large or that is known by its version.
    #[must_use]
    pub fn needed(&self) -> Vec<Source> {
        Vec::new()
    }

    /// Takes the content of a file that is needed; of an asset only the hash and the size are kept. `None`: it can't be read,
    /// for a reason of its own that is told.
    pub fn give(&mut self, _path: &str, _content: Result<&[u8], Report>) {}

    /// Builds the site.
    #[must_use]
    pub fn build(self) -> Built {
        Built {
            files: BTreeMap::new(),
            reports: Vec::new(),
            waiting: Vec::new(),
            due_at: None,
            pages: 0,
            record: Record,
            changed: BTreeSet::new(),
        }
    }
}

/// What a file of the site is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file of the folder as it is: its path there, and its version.
    Copy(Source),
}

/// A site.
#[derive(Debug)]
pub struct Built {
    /// Its files with what they say.
    pub files: BTreeMap<SitePath, BlobId>,
    /// What its authors should know, ordered by file and line; the gravest first where there are many.
    pub reports: Vec<Report>,
    /// What is not published yet.
    pub waiting: Vec<Waiting>,
    /// When the first of it is due.
    pub due_at: Option<Timestamp>,
    /// How many pages were made of Markdown files.
    pub pages: u32,
    /// What to keep for the next time.
    pub record: Record,
    /// The Markdown files and other sources that differ from the record: for the commit's message.
    pub changed: BTreeSet<String>,
}

impl Built {
    /// What a file of the site is made of, rendered now if it was not before. `None` for a path that is not in `files`.
    #[must_use]
    pub fn content(&self, _path: &SitePath) -> Option<Content> {
        None
    }
}
