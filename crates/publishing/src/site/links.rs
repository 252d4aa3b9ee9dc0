//! What links between files lead to.
//!
//! Everything that a link can name is in a map, so that looking one up takes the same time however large the site is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::names::{self, folder, key, stem, within};
use super::record::Doc;
use crate::document::{Link, LinkKind, anchor_slug};

/// How many folders above a file are looked through for a page's name, besides the root.
const NEAR: usize = 8;

/// What a name can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A page, by its number.
    Page(usize),
    /// Anything else with a URL, by its number.
    Other(usize),
    /// A file that waits.
    Waiting,
}

/// What a link leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A place within the site: the URL from its root, with the fragment.
    Inside(String),
    /// Within the same page: the fragment with its `#`.
    Here(String),
    /// What the author wrote.
    Written(String),
}

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Broken,
    Waiting,
    Anchor,
}

/// The places of a site by their names.
#[derive(Debug, Default)]
pub(crate) struct Links {
    by_path: HashMap<String, Place>,
    /// By folder, a slash, and name.
    by_name: HashMap<String, Place>,
    /// The URLs of other places.
    others: Vec<String>,
    /// A page's anchors, by number; made when first asked for.
    anchors: Mutex<HashMap<usize, HashMap<String, String>>>,
}

/// What a link is looked up for.
pub(crate) struct Asking<'a> {
    /// The number of the page that has it.
    pub(crate) page: usize,
    /// Its file.
    pub(crate) file: &'a str,
}

/// A page as links need it.
pub(crate) trait Pages {
    fn url(&self, page: usize) -> &str;
    fn doc(&self, page: usize) -> &Doc;
}

impl Links {
    /// A place by a path; the first one keeps it.
    pub(crate) fn add_path(&mut self, path: &str, place: Place) {
        self.by_path.entry(key(path)).or_insert(place);
    }

    /// A URL that is no page's.
    pub(crate) fn add_other(&mut self, path: &str, url: String) {
        let place = Place::Other(self.others.len());
        self.others.push(url);
        self.add_path(path, place);
    }

    pub(crate) fn other(&self, path: &str) -> Option<Place> {
        self.by_path.get(&key(path)).copied()
    }

    /// A name of a file: in its own folder, or in those above.
    pub(crate) fn add_name(&mut self, file: &str, name: &str, place: Place, above: bool) {
        let name = key(name.trim());
        let mut folders = ancestors(file);
        let own = folders.next();
        let chosen: Vec<_> = if above {
            folders.collect()
        } else {
            own.into_iter().collect()
        };
        for folder in chosen {
            self.by_name
                .entry(format!("{}/{name}", key(folder)))
                .or_insert(place);
        }
    }

    /// What a link leads to, and what is wrong with it.
    pub(crate) fn resolve(
        &self,
        asking: &Asking<'_>,
        link: &Link,
        pages: &impl Pages,
    ) -> (Goal, Option<Wrong>) {
        let written = || Goal::Written(link.written.clone());
        if link.target.is_empty() {
            let fragment = link.fragment.as_deref().unwrap_or_default();
            let (fragment, wrong) = self.fragment(asking.page, fragment, pages);
            return (Goal::Here(fragment), wrong);
        }
        let found = match link.kind {
            LinkKind::Wiki => self.wiki(asking.file, &link.target),
            LinkKind::Link | LinkKind::Image => self.path(folder(asking.file), &link.target),
        };
        match found {
            None => (written(), Some(Wrong::Broken)),
            Some(Place::Waiting) => (written(), Some(Wrong::Waiting)),
            Some(Place::Other(number)) => {
                let url = self.others.get(number).map_or("", String::as_str);
                let fragment = link.fragment.as_deref().map(encode_fragment);
                (
                    Goal::Inside(format!("{url}{}", fragment.unwrap_or_default())),
                    None,
                )
            }
            Some(Place::Page(page)) => match link.fragment.as_deref() {
                None | Some("") => (Goal::Inside(pages.url(page).to_owned()), None),
                Some(fragment) => {
                    let (fragment, wrong) = self.fragment(page, fragment, pages);
                    (
                        Goal::Inside(format!("{}{fragment}", pages.url(page))),
                        wrong,
                    )
                }
            },
        }
    }

    /// A path from a folder, or from the root where it starts with a slash.
    pub(crate) fn path(&self, folder: &str, target: &str) -> Option<Place> {
        let look = |target: &str| {
            let path = join(folder, target)?;
            self.by_path.get(&key(&path)).copied()
        };
        look(target).or_else(|| {
            let decoded = percent_decode_str(target).decode_utf8().ok()?;
            (decoded != target).then(|| look(&decoded)).flatten()
        })
    }

    fn wiki(&self, file: &str, target: &str) -> Option<Place> {
        let target = target.trim();
        if target.starts_with('/') {
            return self.path("", target);
        }
        let name = key(target);
        ancestors(file).find_map(|folder| {
            let by_name = || {
                self.by_name
                    .get(&format!("{}/{name}", key(folder)))
                    .copied()
            };
            let by_path = || self.path(folder, target);
            if target.contains('/') {
                by_path().or_else(by_name)
            } else {
                by_name().or_else(by_path)
            }
        })
    }

    /// A fragment with its `#`, as [`Document::anchor`](crate::document::Document::anchor) finds it; empty for the top of a page.
    fn fragment(&self, page: usize, fragment: &str, pages: &impl Pages) -> (String, Option<Wrong>) {
        if fragment.is_empty() || fragment == "top" {
            return (String::new(), None);
        }
        let mut all = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        let anchors = all
            .entry(page)
            .or_insert_with(|| anchors_of(pages.doc(page)));
        let id = anchors
            .get(fragment)
            .or_else(|| anchors.get(&anchor_slug(fragment)));
        match id.map(String::as_str) {
            None => (encode_fragment(fragment), Some(Wrong::Anchor)),
            Some("") => (String::new(), None),
            Some(id) => (encode_fragment(id), None),
        }
    }
}

/// The ids of a page by all that fragments can call them.
fn anchors_of(doc: &Doc) -> HashMap<String, String> {
    let mut anchors = HashMap::new();
    for anchor in &doc.anchors {
        anchors
            .entry(anchor.name.clone())
            .or_insert_with(|| anchor.id.clone());
    }
    for heading in &doc.headings {
        anchors
            .entry(heading.id.clone())
            .or_insert_with(|| heading.id.clone());
    }
    anchors
}

/// The folder of a file and those above it, the nearest first, the root last.
fn ancestors(file: &str) -> impl Iterator<Item = &str> {
    let near = std::iter::successors(Some(folder(file)), |path| {
        (!path.is_empty()).then(|| folder(path))
    });
    near.filter(|path| !path.is_empty()).take(NEAR).chain([""])
}

/// A path from a folder; `None` for one that leads out of the site.
fn join(from: &str, target: &str) -> Option<String> {
    let (from, target) = match target.strip_prefix('/') {
        Some(rooted) => ("", rooted),
        None => (from, target),
    };
    let mut path: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            part => path.push(part),
        }
    }
    Some(path.join("/"))
}

/// The names by which a page is known besides its path: without its ending, and the folder of an index.
pub(crate) fn other_paths(file: &str, is_index: bool) -> Vec<String> {
    let mut paths = vec![within(folder(file), stem(file))];
    if is_index {
        paths.push(folder(file).to_owned());
    }
    paths
}

fn encode_fragment(fragment: &str) -> String {
    /// What a fragment can have as it is (RFC 3986 §3.5), but for what is an attribute's end.
    const FRAGMENT: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'`')
        .add(b'#')
        .add(b'%');
    format!("#{}", utf8_percent_encode(fragment, FRAGMENT))
}

/// The way from an output's folder to the site's root: `../../`.
pub(crate) fn root(output: &str) -> String {
    "../".repeat(output.matches('/').count())
}

/// A URL from the root, as seen from there.
pub(crate) fn from_root(root: &str, url: &str) -> String {
    if root.is_empty() && (url.is_empty() || url.starts_with('#')) {
        return format!("./{url}");
    }
    format!("{root}{url}")
}

/// The URL of an output from the site's root: of `a/index.html` that is `a/`.
pub(crate) fn url_of(output: &str) -> String {
    let shown = match output.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder,
        _ => output,
    };
    names::encoded(shown)
}
