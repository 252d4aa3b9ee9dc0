//! What is kept from one time to the next.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::site::{BlobId, Report};
use serde::{Deserialize, Serialize};

use super::search;
use crate::document::{Anchor, Document, FrontMatter, Heading, Known, Link, Options, Painted};

/// What a record starts with: the form, and the version of this crate, whose hash is made of its source, its theme and its dependencies.
const HEAD: &[u8] = concat!("site record 1 ", env!("PUBLISHING_BUILD"), "\n").as_bytes();
/// Checksum and length of the index.
const NUMBERS: usize = 12;

/// What is kept from one time to the next. Losing it costs time, and nothing else.
#[derive(Clone, Default)]
pub struct Record {
    /// The folder's files, by path.
    pub(crate) files: BTreeMap<String, Arc<File>>,
    /// What was rendered, by output path.
    pub(crate) rendered: BTreeMap<String, Rendered>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("files", &self.files.len())
            .field("rendered", &self.rendered.len())
            .finish()
    }
}

/// A file of the folder as it was read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) version: String,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum What {
    Document(Arc<Doc>),
    /// A Markdown file that can't be published.
    Refused(Options, Kept),
    Asset {
        blob: BlobId,
        bytes: u64,
    },
    /// A template or style sheet of the theme.
    Theme(String),
}

/// A [`Document`], its HTML apart from the rest so that a record is read without copying it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Doc {
    pub(crate) options: Options,
    /// Of all below.
    pub(crate) digest: BlobId,
    pub(crate) front: FrontMatter,
    pub(crate) title: Option<String>,
    pub(crate) summary: String,
    pub(crate) headings: Vec<Heading>,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) links: Vec<Link>,
    pub(crate) reports: Vec<Kept>,
    /// Its words, for the search.
    pub(crate) words: String,
    painted: Vec<Painted>,
    /// The lengths of its pieces of HTML.
    pieces: Vec<u32>,
    #[serde(skip)]
    body: Bytes,
}

/// A report without its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    line: Option<u32>,
    code: String,
    message: String,
    left_out: bool,
}

impl Kept {
    pub(crate) fn of(report: Report) -> Self {
        Self {
            line: report.line,
            code: report.code,
            message: report.message,
            left_out: report.left_out,
        }
    }

    pub(crate) fn report(&self, file: &str) -> Report {
        Report {
            file: file.to_owned(),
            line: self.line,
            code: self.code.clone(),
            message: self.message.clone(),
            left_out: self.left_out,
        }
    }
}

/// An output as it was rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rendered {
    /// Of all that it is made of.
    pub(crate) inputs: BlobId,
    pub(crate) blob: BlobId,
    pub(crate) bytes: u64,
    /// Why the folder's template could not be used.
    pub(crate) failure: Option<Failure>,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Such as `post.html`.
    pub(crate) template: String,
    pub(crate) line: Option<u32>,
    pub(crate) message: String,
}

impl Doc {
    pub(crate) fn new(document: Document, options: Options) -> Self {
        let tags = document.front.tags.join(" ");
        let length = |piece: &String| u32::try_from(piece.len()).unwrap_or(u32::MAX);
        let mut doc = Self {
            options,
            digest: BlobId::of(b""),
            front: document.front,
            title: document.title,
            summary: document.summary,
            headings: document.headings,
            anchors: document.anchors,
            links: document.links,
            reports: document.reports.into_iter().map(Kept::of).collect(),
            words: search::words(&format!("{} {}", tags, document.text)),
            painted: document.painted,
            pieces: document.pieces.iter().map(length).collect(),
            body: Bytes::from(document.pieces.concat()),
        };
        let mut all = postcard::to_allocvec(&doc).unwrap_or_default();
        all.extend_from_slice(&doc.body);
        doc.digest = BlobId::of(&all);
        doc
    }

    fn body_bytes(&self) -> usize {
        self.pieces.iter().map(|length| *length as usize).sum()
    }

    /// Its code in colours.
    pub(crate) fn painted(&self) -> Known {
        Known::of(&self.painted, &self.body)
    }

    /// Its HTML; `resolve` gives the URL of each link, in order.
    pub(crate) fn html(&self, resolve: impl FnMut(&Link) -> String) -> String {
        let mut rest = &self.body[..];
        let pieces = self.pieces.iter().map(|length| {
            let (piece, after) = rest.split_at(rest.len().min(*length as usize));
            rest = after;
            String::from_utf8_lossy(piece).into_owned()
        });
        let document = Document {
            pieces: pieces.collect(),
            links: self.links.clone(),
            ..Document::default()
        };
        document.html(resolve)
    }
}

#[derive(Deserialize)]
struct Index {
    files: Vec<(String, File)>,
    rendered: BTreeMap<String, Rendered>,
}

impl Record {
    /// A record that was kept; an empty one where the bytes are damaged, or of another version of this crate.
    #[must_use]
    pub fn from_bytes(bytes: &Bytes) -> Self {
        Self::read(bytes).unwrap_or_default()
    }

    fn read(bytes: &Bytes) -> Option<Self> {
        let (numbers, rest) = bytes.strip_prefix(HEAD)?.split_at_checked(NUMBERS)?;
        let (sum, length) = numbers.split_at_checked(4)?;
        if crc32fast::hash(rest).to_le_bytes() != sum {
            return None;
        }
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (index, bodies) = rest.split_at_checked(length)?;
        let index: Index = postcard::from_bytes(index).ok()?;
        let mut bodies = bytes.slice_ref(bodies);
        let mut files = BTreeMap::new();
        for (path, mut file) in index.files {
            if let What::Document(doc) = &mut file.what {
                let doc = Arc::get_mut(doc)?;
                let length = doc.body_bytes();
                if length > bodies.len() {
                    return None;
                }
                doc.body = bodies.split_to(length);
            }
            files.insert(path, Arc::new(file));
        }
        Some(Self {
            files,
            rendered: index.rendered,
        })
    }

    /// As bytes to keep.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let docs = || {
            self.files.values().filter_map(|file| match &file.what {
                What::Document(doc) => Some(doc),
                _ => None,
            })
        };
        let files: Vec<_> = self.files.iter().collect();
        let Ok(index) = postcard::to_allocvec(&(files, &self.rendered)) else {
            return Vec::new();
        };
        let bodies: usize = docs().map(|doc| doc.body.len()).sum();
        let mut bytes = Vec::with_capacity(HEAD.len() + NUMBERS + index.len() + bodies);
        bytes.extend_from_slice(HEAD);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&(index.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&index);
        docs().for_each(|doc| bytes.extend_from_slice(&doc.body));
        let sum = crc32fast::hash(&bytes[HEAD.len() + NUMBERS..]);
        bytes[HEAD.len()..HEAD.len() + 4].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::LinkKind;
    use proptest::prelude::*;

    fn record() -> Record {
        let report = Report {
            file: "a.md".into(),
            line: None,
            code: "odd".into(),
            message: "It is odd.".into(),
            left_out: false,
        };
        let document = Document {
            front: FrontMatter {
                date: Some("2026-01-02T03:04:05Z".parse().unwrap()),
                tags: vec!["x".into()],
                ..FrontMatter::default()
            },
            pieces: vec!["<p><a href=\"".into(), "\">ü</a></p>".into()],
            links: vec![Link {
                kind: LinkKind::Link,
                target: "b.md".into(),
                fragment: None,
                line: 3,
                written: "b.md".into(),
            }],
            reports: vec![report.clone(), report],
            ..Document::default()
        };
        let doc = Arc::new(Doc::new(document, Options::default()));
        let file = |what| {
            Arc::new(File {
                version: "1".into(),
                what,
            })
        };
        let mut record = Record::default();
        record
            .files
            .insert("a.md".into(), file(What::Document(Arc::clone(&doc))));
        record
            .files
            .insert("b.md".into(), file(What::Document(doc)));
        let asset = What::Asset {
            blob: BlobId::of(b"x"),
            bytes: 1,
        };
        record.files.insert("c.png".into(), file(asset));
        record.rendered.insert(
            "a/index.html".into(),
            Rendered {
                inputs: BlobId::of(b"1"),
                blob: BlobId::of(b"2"),
                bytes: 7,
                failure: None,
            },
        );
        record
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let record = record();
        let read = Record::from_bytes(&record.to_bytes().into());
        assert_eq!(read.files, record.files);
        assert_eq!(read.rendered, record.rendered);
        assert_eq!(read.to_bytes(), record.to_bytes());
    }

    #[test]
    fn damage_is_seen() {
        let bytes = record().to_bytes();
        let is_empty = |bytes: &[u8]| {
            let record = Record::from_bytes(&Bytes::copy_from_slice(bytes));
            record.files.is_empty()
        };
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(is_empty(&damaged), "{at}");
            assert!(is_empty(&bytes[..at]), "{at}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(index in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = HEAD.to_vec();
            bytes.extend_from_slice(&[0; 4]);
            bytes.extend_from_slice(&(index.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&index);
            let sum = crc32fast::hash(&index).to_le_bytes();
            bytes[HEAD.len()..HEAD.len() + 4].copy_from_slice(&sum);
            let _ = Record::from_bytes(&bytes.into());
        }
    }
}
