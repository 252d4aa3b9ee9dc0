//! A site: all that follows from a folder.
//!
//! ```text
//! listing of the folder ──Plan::new(…, record)──▶ plan.needed() ──read each, plan.give(…)──▶ plan.build() ──▶ Built
//! ```
//! The record of the last time has each file's document and each page's hash, so that only what has changed is read and rendered.

mod accent;
mod build;
mod claims;
mod feeds;
mod inputs;
mod language;
mod links;
mod model;
mod names;
mod naming;
mod pages;
mod record;
mod reports;
mod route;
mod search;
mod sources;
mod tags;
mod template;
mod template_rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Timestamp;
use domain::site::{BlobId, Report, SitePath, Waiting};

pub use record::Record;

use crate::document::{self, Document, Known, Options};
use model::{Model, Output};
use record::{Doc, File, Kept, What};
use reports::Reports;
use sources::{Kind, Sorted};

/// What a site is built with besides its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How it is set up: base URL, theme, whether authors are trusted.
    pub setup: domain::site::Setup,
    /// Its name where the theme has none.
    pub name: String,
    /// When it is: what is dated later waits.
    pub now: Timestamp,
    /// Places where others have files. What would be there is left out, and nothing of the site leads to theirs.
    pub foreign: BTreeSet<SitePath>,
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

/// How a Markdown file is read: [`document::read`], or what stands for it in a test.
type Read = fn(&str, &[u8], Options, &Known) -> Result<Document, Report>;

/// What has to be read before the site can be built.
#[derive(Debug)]
pub struct Plan {
    settings: Settings,
    options: Options,
    /// The files that make the site, in the order of paths.
    files: Vec<Sorted>,
    /// What is known of them.
    known: BTreeMap<String, Arc<File>>,
    /// What was known of those that have changed.
    before: BTreeMap<String, Arc<File>>,
    /// Files that could not be read; they have been reported.
    unread: BTreeSet<String>,
    rendered: BTreeMap<String, record::Rendered>,
    reports: Reports,
    changed: BTreeSet<String>,
    read: Read,
}

impl Plan {
    /// Compares the folder with the record.
    #[must_use]
    pub fn new(settings: Settings, folder: Vec<Source>, record: Record) -> Self {
        Self::with(settings, folder, record, document::read)
    }

    fn with(settings: Settings, folder: Vec<Source>, record: Record, read: Read) -> Self {
        let setup = &settings.setup;
        let options = Options {
            smart_punctuation: setup.theme.smart_punctuation,
            trusted: setup.trusted_authors,
        };
        let mut reports = Reports::default();
        let files = sources::sort(folder, setup.trusted_authors, &mut reports);
        let mut old = record.files;
        let (mut known, mut before) = (BTreeMap::new(), BTreeMap::new());
        let mut changed = BTreeSet::new();
        for file in &files {
            let path = &file.source.path;
            let is_same = |old: &Arc<File>| old.version == file.source.version;
            let of_old = old.remove(path);
            if !of_old.as_ref().is_some_and(is_same) {
                changed.insert(path.clone());
            }
            match of_old {
                Some(of_old) if is_same(&of_old) && fits(&of_old.what, file.kind, options) => {
                    known.insert(path.clone(), of_old);
                }
                // It is another one, or is read in another way.
                Some(of_old) => {
                    before.insert(path.clone(), of_old);
                }
                None => {}
            }
        }
        changed.extend(old.into_keys());
        Self {
            settings,
            options,
            files,
            known,
            before,
            unread: BTreeSet::new(),
            rendered: record.rendered,
            reports,
            changed,
            read,
        }
    }

    /// What has to be read, in the order of paths. Nothing that is too large or that is known by its version.
    #[must_use]
    pub fn needed(&self) -> Vec<Source> {
        let files = self
            .files
            .iter()
            .filter(|file| !self.known.contains_key(&file.source.path));
        files.map(|file| file.source.clone()).collect()
    }

    /// Whether any file is known, so that it need not be read.
    #[must_use]
    pub fn knows_some(&self) -> bool {
        !self.known.is_empty()
    }

    /// Takes the content of a file that is needed; of an asset only the hash and the size are kept. `Err`: it can't be read,
    /// for a reason of its own that is told. Then what was known of it before stays, or it is left out.
    pub fn give(&mut self, path: &str, content: Result<&[u8], Report>) {
        let by_path = self
            .files
            .binary_search_by(|file| file.source.path.as_str().cmp(path));
        let Some(file) = by_path.ok().and_then(|at| self.files.get(at)) else {
            return;
        };
        let content = match content {
            Ok(content) => content,
            Err(report) => {
                let before = self.before.remove(path);
                let before = before.filter(|old| fits(&old.what, file.kind, self.options));
                let left_out = before.is_none();
                if let Some(before) = before {
                    self.known.insert(path.to_owned(), before);
                }
                self.unread.insert(path.to_owned());
                self.reports.push(Report { left_out, ..report });
                return;
            }
        };
        let what = match file.kind {
            Kind::Asset => What::Asset {
                blob: BlobId::of(content),
                bytes: content.len() as u64,
            },
            Kind::Theme => What::Theme(String::from_utf8_lossy(content).into_owned()),
            Kind::Markdown => {
                let painted = match self.before.remove(path).as_deref() {
                    Some(File {
                        what: What::Document(doc),
                        ..
                    }) => doc.painted(),
                    _ => Known::default(),
                };
                match (self.read)(path, content, self.options, &painted) {
                    Ok(document) => What::Document(Arc::new(Doc::new(document, self.options))),
                    Err(report) => What::Refused(self.options, Kept::of(report)),
                }
            }
        };
        let version = file.source.version.clone();
        self.known
            .insert(path.to_owned(), Arc::new(File { version, what }));
    }

    /// Builds the site. A file that is needed and was not given is left out, and that is reported.
    #[must_use]
    pub fn build(mut self) -> Built {
        for source in self.needed() {
            if !self.unread.contains(&source.path) {
                let message = "Could not be read this time.".to_owned();
                self.reports.left_out(&source.path, "not_read", message);
            }
        }
        build::build(build::Ready {
            settings: self.settings,
            files: self.files,
            known: self.known,
            rendered: self.rendered,
            reports: self.reports,
            changed: self.changed,
        })
    }
}

/// Whether what is known of a file is what is asked of it now.
fn fits(what: &What, kind: Kind, options: Options) -> bool {
    match (what, kind) {
        (What::Document(doc), Kind::Markdown) => doc.options == options,
        (What::Refused(old, _), Kind::Markdown) => *old == options,
        (What::Asset { .. }, Kind::Asset) | (What::Theme(_), Kind::Theme) => true,
        _ => false,
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
    model: Model,
    renders: u32,
}

impl Built {
    /// What a file of the site is made of, rendered now. `None` for a path that is not in `files`.
    #[must_use]
    pub fn content(&self, path: &SitePath) -> Option<Content> {
        self.files.get(path)?;
        match *self.model.outputs.get(path)? {
            Output::Asset(asset) => {
                Some(Content::Copy(self.model.assets.get(asset)?.source.clone()))
            }
            output => Some(Content::Bytes(self.model.render(path, output).0)),
        }
    }

    /// How many bytes a file of the site has. `None` for a path that is not in `files`.
    #[must_use]
    pub fn size(&self, path: &SitePath) -> Option<u64> {
        match *self.model.outputs.get(path)? {
            Output::Asset(asset) => Some(self.model.assets.get(asset)?.source.bytes),
            _ => Some(self.record.rendered.get(path.as_str())?.bytes),
        }
    }

    /// How many files were rendered because the record did not have them.
    #[must_use]
    pub fn renders(&self) -> u32 {
        self.renders
    }
}
