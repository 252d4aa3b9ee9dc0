//! Where each file of the folder goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Timestamp;
use domain::site::{BlobId, SitePath, Waiting};
use percent_encoding::percent_decode_str;

use super::Settings;
use super::claims::Claims;
use super::inputs::Inputs;
use super::links::{Links, url_of};
use super::model::{Asset, Output, Page};
use super::names::{self, folder, stem, within};
use super::record::{Doc, File, What};
use super::reports::Reports;
use super::sources::{Kind, Sorted};
use super::tags::{self, Tag};
use crate::document::date_of_name;

/// The most aliases of a page.
const MOST_ALIASES: usize = 100;
/// The most characters of a title.
const LONGEST_TITLE: usize = 300;

/// What goes where.
#[derive(Default)]
pub(crate) struct Routes {
    pub(crate) pages: Vec<Page>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) posts: Vec<usize>,
    pub(crate) home: Option<usize>,
    pub(crate) not_found: Option<usize>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) outputs: BTreeMap<SitePath, Output>,
    pub(crate) links: Links,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) has_archive: bool,
    pub(crate) has_tags: bool,
    claims: Claims,
    /// Places where others have files.
    foreign: BTreeSet<SitePath>,
    /// The folders that have an `index.md`.
    indexed: BTreeSet<String>,
}

impl Routes {
    /// Gives each file a place.
    pub(crate) fn new(
        files: &[Sorted],
        known: &BTreeMap<String, Arc<File>>,
        settings: &Settings,
        reports: &mut Reports,
    ) -> Self {
        let now = settings.now;
        let mut routes = Self {
            foreign: settings.foreign.clone(),
            ..Self::default()
        };
        let is_index = |file: &&Sorted| names::key(stem(file.place.as_str())) == "index";
        let markdown = files.iter().filter(|file| file.kind == Kind::Markdown);
        routes.indexed = markdown
            .filter(is_index)
            .map(|file| folder(file.place.as_str()).to_owned())
            .collect();
        for file in files {
            match known.get(&file.source.path).map(|known| &known.what) {
                Some(What::Document(doc)) => routes.document(file, doc, now, reports),
                Some(What::Asset { blob, bytes }) => routes.asset(file, *blob, *bytes, reports),
                _ => {}
            }
        }
        routes.own_files(reports);
        routes.tag_pages(reports);
        routes.aliases(reports);
        routes.name_all();
        routes
    }

    fn document(&mut self, file: &Sorted, doc: &Arc<Doc>, now: Timestamp, reports: &mut Reports) {
        let path = &file.source.path;
        let front = &doc.front;
        let until = front.date.filter(|date| *date > now);
        if front.draft || until.is_some() {
            let until = until.filter(|_| !front.draft);
            self.waiting.push(Waiting {
                file: path.clone(),
                until,
            });
            return;
        }
        let place = file.place.as_str();
        let Some((output, what)) = self.place(place, front.slug.as_deref(), path, reports) else {
            return;
        };
        if !self.claim(&output, path, reports) {
            return;
        }
        let number = self.pages.len();
        let what = match what {
            Output::Page(_) => Output::Page(number),
            Output::Home => {
                self.home = Some(number);
                Output::Home
            }
            other => {
                self.not_found = Some(number);
                other
            }
        };
        let is_plain = matches!(what, Output::Page(_));
        self.pages.push(Page {
            file: file.place.as_str().to_owned(),
            url: url_of(output.as_str()),
            title: title(doc, place),
            date: front.date.filter(|_| is_plain),
            updated: front.updated.filter(|updated| Some(*updated) != front.date),
            tags: Vec::new(),
            image: None,
            card: doc.digest,
            content: doc.digest,
            doc: Arc::clone(doc),
        });
        self.outputs.insert(output, what);
    }

    /// Where a Markdown file goes, and as what.
    fn place(
        &self,
        place: &str,
        slug: Option<&str>,
        file: &str,
        reports: &mut Reports,
    ) -> Option<(SitePath, Output)> {
        let slug = slug.map(|wished| {
            let slug = names::slug(wished);
            if slug != wished {
                let message = format!(
                    "The slug `{}` is written `{slug}` in its address.",
                    names::cut(wished, 80)
                );
                reports.note(file, None, "odd_slug", message);
            }
            slug
        });
        let within_folder = folder(place);
        let is_index = self.is_index(place);
        let (path, what) = if is_index && within_folder.is_empty() {
            ("index.html".to_owned(), Output::Home)
        } else if within_folder.is_empty() && stem(place) == "404" && slug.is_none() {
            ("404.html".to_owned(), Output::NotFound)
        } else {
            let path = match (is_index, slug) {
                (true, None) => within_folder.to_owned(),
                (true, Some(slug)) => within(folder(within_folder), &slug),
                (false, slug) => within(
                    within_folder,
                    &slug.unwrap_or_else(|| names::slug(stem(place))),
                ),
            };
            (format!("{path}/index.html"), Output::Page(0))
        };
        match SitePath::parse(&path) {
            Ok(path) => Some((path, what)),
            Err(invalid) => {
                let message = format!("Its address {}. Rename it.", invalid.message);
                reports.left_out(file, "odd_path", message);
                None
            }
        }
    }

    /// `index.md` is the page of its folder, and so is `README.md` where there is no such file.
    fn is_index(&self, place: &str) -> bool {
        match names::key(stem(place)).as_str() {
            "index" => true,
            "readme" => !self.indexed.contains(folder(place)),
            _ => false,
        }
    }

    fn asset(&mut self, file: &Sorted, blob: BlobId, bytes: u64, reports: &mut Reports) {
        if self.claim(&file.place, &file.source.path, reports) {
            self.outputs
                .insert(file.place.clone(), Output::Asset(self.assets.len()));
            self.assets.push(Asset {
                source: file.source.clone(),
                blob,
                bytes,
            });
        }
    }

    fn claim(&mut self, output: &SitePath, file: &str, reports: &mut Reports) -> bool {
        if self.is_foreign(output, file, reports) {
            return false;
        }
        let Err(other) = self.claims.take(output.as_str(), file) else {
            return true;
        };
        let message = format!(
            "Would be published as `{output}`, but that place belongs to `{other}`. Rename one of the two, or give it another `slug`."
        );
        reports.left_out(file, "duplicate_output", message);
        false
    }

    /// Whether others have the place of an output, which `file` is told.
    fn is_foreign(&self, output: &SitePath, file: &str, reports: &mut Reports) -> bool {
        let is_foreign = self.foreign.contains(output);
        if is_foreign {
            let message = format!(
                "Would be published as `{output}`, where there is a file that this site has not written. That is left as it is: remove it there, or name yours otherwise."
            );
            reports.left_out(file, "foreign_file", message);
        }
        is_foreign
    }

    /// The site's own files, but for those that the folder has itself.
    fn own_files(&mut self, reports: &mut Reports) {
        self.posts = (0..self.pages.len())
            .filter(|page| self.pages[*page].date.is_some())
            .collect();
        // The sort is stable: posts of one time stay in the order of their files.
        self.posts
            .sort_by_key(|page| std::cmp::Reverse(self.pages[*page].date));
        let tags = self
            .pages
            .iter()
            .map(|page| (page.file.as_str(), page.doc.front.tags.as_slice()));
        let (tags, of_pages) = tags::collect(tags, reports);
        for (page, tags) in self.pages.iter_mut().zip(of_pages) {
            page.tags = tags;
        }
        self.tags = tags;
        for (path, output, is_wanted) in [
            ("index.html", Output::Home, self.home.is_none()),
            ("404.html", Output::NotFound, self.not_found.is_none()),
            (
                "archive/index.html",
                Output::Archive,
                !self.posts.is_empty(),
            ),
            ("tags/index.html", Output::Tags, !self.tags.is_empty()),
            ("feed.xml", Output::Atom, true),
            ("feed.json", Output::JsonFeed, true),
            ("sitemap.xml", Output::Sitemap, true),
            ("robots.txt", Output::Robots, true),
            ("style.css", Output::Style, true),
            ("search.js", Output::Script, true),
            ("search.json", Output::Index, true),
        ] {
            if is_wanted {
                self.own_file(path, output, reports);
            }
        }
        let has =
            |path: &str| SitePath::parse(path).is_ok_and(|path| self.outputs.contains_key(&path));
        (self.has_archive, self.has_tags) = (has("archive/index.html"), has("tags/index.html"));
        // A file is where their folder would be.
        if !self.has_tags {
            self.tags.clear();
            self.pages.iter_mut().for_each(|page| page.tags.clear());
        }
    }

    fn own_file(&mut self, path: &str, output: Output, reports: &mut Reports) {
        let Ok(place) = SitePath::parse(path) else {
            return;
        };
        if self.is_foreign(&place, path, reports) {
            return;
        }
        match self.claims.take(path, "the site itself") {
            Ok(()) => {
                self.outputs.insert(place, output);
            }
            Err(other) => {
                let message =
                    format!("Takes the place of the site's own `{path}`, which is not made.");
                reports.note(&other, None, "replaces_own", message);
            }
        }
    }

    fn tag_pages(&mut self, reports: &mut Reports) {
        for tag in 0..self.tags.len() {
            let path = format!("tags/{}/index.html", self.tags[tag].slug);
            self.own_file(&path, Output::Tag(tag), reports);
        }
        // What lists show first is what is newest; pages without a date come last.
        let pages = &self.pages;
        for tag in &mut self.tags {
            tag.pages
                .sort_by_key(|page| std::cmp::Reverse(pages[*page].date));
        }
    }

    fn aliases(&mut self, reports: &mut Reports) {
        for number in 0..self.pages.len() {
            let page = &self.pages[number];
            let (file, doc) = (page.file.clone(), Arc::clone(&page.doc));
            for alias in doc.front.aliases.iter().take(MOST_ALIASES) {
                let shown = names::cut(alias, 80);
                let Some(output) = alias_output(alias) else {
                    let message = format!(
                        "The alias `{shown}` is not a path within the site, such as /old/name/."
                    );
                    reports.note(&file, None, "odd_alias", message);
                    continue;
                };
                let taken = if self.foreign.contains(&output) {
                    Err("a file that this site has not written".to_owned())
                } else {
                    self.claims.take(output.as_str(), &file)
                };
                match taken {
                    Ok(()) => {
                        self.outputs.insert(output, Output::Redirect(number));
                    }
                    Err(other) if other == file => {}
                    Err(other) => {
                        let message = format!(
                            "The alias `{shown}` is left out: that place belongs to `{other}`."
                        );
                        reports.note(&file, None, "alias_taken", message);
                    }
                }
            }
            if doc.front.aliases.len() > MOST_ALIASES {
                let message =
                    format!("A page can have {MOST_ALIASES} aliases; the others are left out.");
                reports.note(&file, None, "odd_alias", message);
            }
        }
    }

    /// Names what lists say of each page.
    pub(crate) fn make_cards(&mut self) {
        let tags = &self.tags;
        for page in &mut self.pages {
            let inputs = Inputs::of("card")
                .text(&page.url)
                .text(&page.title)
                .text(&page.doc.summary);
            let inputs = inputs
                .time(page.date)
                .time(page.updated)
                .maybe(page.image.as_deref());
            page.card = inputs
                .each(&page.tags, |inputs, tag| {
                    inputs.text(&tags[*tag].name).text(&tags[*tag].slug)
                })
                .name();
        }
    }
}

fn title(doc: &Doc, place: &str) -> String {
    let own = doc
        .title
        .as_deref()
        .map(str::trim)
        .filter(|title| !title.is_empty());
    let by_name = || {
        let name = match stem(place) {
            "index" | "README" => names::file_name(folder(place)),
            name => date_of_name(name).map_or(name, |(_, rest)| rest),
        };
        let words: Vec<_> = name
            .split(['-', '_', ' '])
            .filter(|word| !word.is_empty())
            .collect();
        let mut words = words.join(" ");
        if let Some(first) = words.chars().next() {
            words.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
        }
        words
    };
    names::cut(&own.map_or_else(by_name, ToOwned::to_owned), LONGEST_TITLE)
}

fn alias_output(alias: &str) -> Option<SitePath> {
    let decoded = percent_decode_str(alias.trim()).decode_utf8().ok()?;
    let path = decoded.strip_prefix('/').unwrap_or(&decoded);
    let path = if matches!(names::ending(path).as_str(), "html" | "htm") {
        path.to_owned()
    } else {
        within(path.strip_suffix('/').unwrap_or(path), "index.html")
    };
    SitePath::normalized(&path).ok()
}
