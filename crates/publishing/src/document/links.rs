//! Links: held by marks while HTML is made and cleaned, and cut out of it at the end.

use std::collections::HashMap;

use super::anchors::{Anchors, slug};
use super::entities::{escape, unescaped};
use super::markup::{Attribute, Tag, Token, Tokens};
use super::reports::Reports;
use super::tidy::Html;
use super::urls::{self, Kind};
use super::{Anchor, Link, LinkKind};

/// What the ids start with that authors give in HTML, so that they never are those of the site or of a heading.
const AUTHORS_ID: &str = "_user-";

/// A link that waits for its place.
#[derive(Debug)]
pub(super) enum Waiting {
    /// To a file.
    File(Link),
    /// Within the file.
    Here { fragment: String, line: u32 },
}

/// Stands in HTML where something of ours will be. Nobody can write it: it is made of the SHA-1 of the file, which the file would
/// have to contain.
#[derive(Debug)]
pub(super) struct Marks {
    secret: String,
    waiting: Vec<Waiting>,
}

/// The first 96 bits: more than anybody can try.
pub(super) fn secret(text: &str) -> String {
    let hash = domain::site::BlobId::of(text.as_bytes()).to_string();
    format!("m{}", hash.get(..24).unwrap_or(&hash))
}

impl Marks {
    pub fn new(text: &str) -> Self {
        Self {
            secret: secret(text),
            waiting: Vec::new(),
        }
    }

    /// A URL that stands for a link.
    pub fn url(&mut self, waiting: Waiting) -> String {
        self.waiting.push(waiting);
        format!("{}-{}", self.secret, self.waiting.len() - 1)
    }

    /// An id, or what it is linked by after `#`, that stays as it is.
    pub fn id(&self, id: &str) -> String {
        format!("{}{id}", self.secret)
    }

    fn find(&self, url: &str) -> Option<&Waiting> {
        let number = url.strip_prefix(&self.secret)?.strip_prefix('-')?;
        self.waiting.get(number.parse::<usize>().ok()?)
    }
}

/// The places of a file that a link can lead to.
#[derive(Debug, Default)]
pub(super) struct Places {
    headings: Anchors,
    /// Others by their name, with their id.
    others: HashMap<String, String>,
}

impl Places {
    pub fn new(headings: Anchors, html: &Html, trusted: bool, title: Option<String>) -> Self {
        let prefix = if trusted { "" } else { AUTHORS_ID };
        let mut others: HashMap<String, String> = html
            .ids()
            .iter()
            .map(|id| (id.clone(), format!("{prefix}{id}")))
            .collect();
        if let Some(anchor) = title {
            others.insert(anchor, String::new());
        }
        Self { headings, others }
    }

    /// The id of the place that a fragment names: as it is, or as the words of a heading.
    fn find(&self, fragment: &str) -> Option<String> {
        let known = |name: &str| {
            let other = self.others.get(name).cloned();
            other.or_else(|| self.headings.has(name).then(|| name.to_owned()))
        };
        if matches!(fragment, "" | "top") {
            return Some(fragment.to_owned());
        }
        known(fragment).or_else(|| known(&slug(fragment)))
    }

    /// Those that are not headings, by name.
    pub fn others(&self) -> Vec<Anchor> {
        let mut others: Vec<Anchor> = self
            .others
            .iter()
            .map(|(name, id)| Anchor {
                name: name.clone(),
                id: id.clone(),
            })
            .collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others
    }
}

/// Cuts the links out of HTML.
pub(super) struct Cutter<'a> {
    pub html: &'a str,
    pub marks: &'a Marks,
    pub places: &'a Places,
    pub source: &'a Html,
    pub trusted: bool,
    pub reports: &'a mut Reports,
    pub pieces: Vec<String>,
    pub links: Vec<Link>,
}

impl Cutter<'_> {
    /// Cuts, and leaves the pieces and the links in their fields.
    pub fn cut(&mut self) {
        let mut piece = String::with_capacity(self.html.len());
        let mut at = 0;
        for token in Tokens::new(self.html) {
            let Token::Tag(tag) = token else { continue };
            for attribute in &tag.attributes {
                let start = attribute.value.start;
                if !is_cut(&tag, attribute) || start < at {
                    continue;
                }
                piece.push_str(self.html.get(at..start).unwrap_or_default());
                at = attribute.value.end;
                if !attribute.quoted {
                    piece.push('"');
                }
                self.value(attribute, &mut piece);
                if !attribute.quoted {
                    piece.push('"');
                }
            }
        }
        piece.push_str(self.html.get(at..).unwrap_or_default());
        self.pieces.push(piece);
    }

    fn value(&mut self, attribute: &Attribute, piece: &mut String) {
        let written = self.html.get(attribute.value.clone()).unwrap_or_default();
        if attribute.name == "id" {
            let ours = written.strip_prefix(&self.marks.secret);
            if ours.is_none() && !self.trusted {
                piece.push_str(AUTHORS_ID);
            }
            piece.push_str(ours.unwrap_or(written));
            return;
        }
        if let Some(waiting) = self.marks.find(written) {
            match waiting {
                Waiting::File(link) => self.link(link.clone(), piece),
                Waiting::Here { fragment, line } => self.here(fragment, *line, piece),
            }
            return;
        }
        if let Some(id) = written
            .strip_prefix('#')
            .and_then(|id| id.strip_prefix(&self.marks.secret))
        {
            piece.push('#');
            piece.push_str(id);
            return;
        }
        let url = unescaped(written);
        let line = self.source.line_of(&url).unwrap_or(1);
        match urls::kind(&url) {
            Kind::Elsewhere(_) => piece.push_str(written),
            Kind::Here(fragment) => self.here(&fragment, line, piece),
            Kind::File { target, fragment } => {
                let kind = if attribute.name == "href" {
                    LinkKind::Link
                } else {
                    LinkKind::Image
                };
                let file = Link {
                    kind,
                    target,
                    fragment,
                    line,
                    written: urls::of_file(&url),
                };
                self.link(file, piece);
            }
        }
    }

    fn link(&mut self, link: Link, piece: &mut String) {
        self.links.push(link);
        self.pieces.push(std::mem::take(piece));
    }

    fn here(&mut self, fragment: &str, line: u32, piece: &mut String) {
        let id = self.places.find(fragment);
        if id.is_none() {
            let shown: String = fragment.chars().take(100).collect();
            self.reports.add(
                Some(line),
                "broken_anchor",
                format!("`#{shown}` is no heading of this file"),
            );
        }
        piece.push('#');
        escape(piece, &urls::encoded(id.as_deref().unwrap_or(fragment)));
    }
}

/// Whether an attribute's value may be a link or an id.
fn is_cut(tag: &Tag, attribute: &Attribute) -> bool {
    if tag.end || attribute.value.is_empty() {
        return false;
    }
    match attribute.name.as_str() {
        "href" => tag.name != "base",
        "id" | "src" | "poster" => true,
        _ => false,
    }
}

/// The id that a fragment names in a file with these headings and other anchors.
pub(super) fn anchor<'a>(
    headings: &'a [super::Heading],
    anchors: &'a [Anchor],
    fragment: &str,
) -> Option<&'a str> {
    let known = |name: &str| {
        let other = anchors.iter().find(|anchor| anchor.name == name);
        let other = other.map(|anchor| anchor.id.as_str());
        other.or_else(|| {
            let heading = headings.iter().find(|heading| heading.id == name);
            heading.map(|heading| heading.id.as_str())
        })
    };
    if matches!(fragment, "" | "top") {
        return Some("");
    }
    known(fragment).or_else(|| known(&slug(fragment)))
}
