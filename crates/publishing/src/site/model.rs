//! The site as it will be: its pages, their places, and what leads where.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Timestamp;
use domain::site::{BlobId, SitePath};

use super::inputs::Inputs;
use super::language::Words;
use super::links::{Goal, Links, Pages};
use super::record::Doc;
use super::tags::Tag;
use super::template::Templates;
use super::{Settings, Source, links};
use crate::document::{Link, LinkKind};

/// A Markdown file that is published.
#[derive(Debug)]
pub(crate) struct Page {
    /// The file, within the folder.
    pub(crate) file: String,
    pub(crate) doc: Arc<Doc>,
    /// Its URL from the site's root.
    pub(crate) url: String,
    pub(crate) title: String,
    /// When it was published; none for what is not a post.
    pub(crate) date: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    /// The numbers of its tags.
    pub(crate) tags: Vec<usize>,
    /// The URL of its picture, whole.
    pub(crate) image: Option<String>,
    /// Names all that lists say of it.
    pub(crate) card: BlobId,
    /// Names its content with the URLs of its links.
    pub(crate) content: BlobId,
}

/// What an output is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Page(usize),
    Home,
    NotFound,
    Archive,
    Tags,
    Tag(usize),
    Atom,
    JsonFeed,
    Sitemap,
    Robots,
    Style,
    Script,
    Index,
    /// Leads to a page.
    Redirect(usize),
    Asset(usize),
}

/// How many pages the home page lists where there are no posts.
const MOST_AT_HOME: usize = 50;

/// A file that is copied.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) source: Source,
    pub(crate) blob: BlobId,
    pub(crate) bytes: u64,
}

/// A link of the header.
#[derive(Debug)]
pub(crate) struct NavLink {
    pub(crate) label: String,
    pub(crate) goal: Goal,
}

/// A site, ready to be rendered.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) settings: Settings,
    pub(crate) words: &'static Words,
    /// In the order of their files.
    pub(crate) pages: Vec<Page>,
    /// The numbers of those that are posts, the newest first.
    pub(crate) posts: Vec<usize>,
    /// Where each page is among the posts.
    pub(crate) place_of_post: Vec<Option<usize>>,
    /// The page whose text the home page has.
    pub(crate) home: Option<usize>,
    /// The page that is shown where there is none.
    pub(crate) not_found: Option<usize>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) outputs: BTreeMap<SitePath, Output>,
    pub(crate) links: Links,
    pub(crate) nav: Vec<NavLink>,
    /// Where all posts are listed, where they are.
    pub(crate) archive: Option<String>,
    pub(crate) templates: Templates,
    /// What the folder adds to the style sheet.
    pub(crate) css: Option<String>,
    /// Names what all pages have in common.
    pub(crate) common: BlobId,
}

/// The pages as links need them.
pub(crate) struct PagesOf<'a>(pub(crate) &'a [Page]);

impl Pages for PagesOf<'_> {
    fn url(&self, page: usize) -> &str {
        &self.0[page].url
    }

    fn doc(&self, page: usize) -> &Doc {
        &self.0[page].doc
    }
}

impl Model {
    /// The base URL, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.settings.setup.base_url.as_str()
    }

    /// A whole URL.
    pub(crate) fn whole(&self, url: &str) -> String {
        format!("{}/{url}", self.base())
    }

    /// The site's name.
    pub(crate) fn title(&self) -> &str {
        let theme = &self.settings.setup.theme;
        theme.title.as_deref().unwrap_or(&self.settings.name)
    }

    pub(crate) fn language(&self) -> &str {
        self.settings
            .setup
            .theme
            .language
            .as_deref()
            .unwrap_or("en")
    }

    /// The posts that home page and feeds have.
    pub(crate) fn newest(&self) -> &[usize] {
        let most = self.settings.setup.theme.posts_per_page.unwrap_or(10) as usize;
        &self.posts[..self.posts.len().min(most)]
    }

    /// What the home page lists: the newest posts. Where there is neither a post nor a text for it, pages, so that somebody who has
    /// just begun finds them.
    pub(crate) fn at_home(&self) -> Vec<usize> {
        if !self.posts.is_empty() || self.home.is_some() {
            return self.newest().to_vec();
        }
        let shown = (0..self.pages.len()).filter(|page| Some(*page) != self.not_found);
        shown.take(MOST_AT_HOME).collect()
    }

    /// The posts after and before a page.
    pub(crate) fn neighbours(&self, page: usize) -> (Option<&Page>, Option<&Page>) {
        let Some(place) = self.place_of_post[page] else {
            return (None, None);
        };
        let at = |place: usize| self.posts.get(place).map(|page| &self.pages[*page]);
        (place.checked_sub(1).and_then(at), at(place + 1))
    }

    /// The URL of a tag's page from the root.
    pub(crate) fn tag_url(&self, tag: usize) -> String {
        links::url_of(&format!("tags/{}/index.html", self.tags[tag].slug))
    }

    /// The URL of a link of a page, as seen from `root`.
    pub(crate) fn link(&self, page: usize, link: &Link, root: &str) -> String {
        match resolve(&self.links, &self.pages, page, link).0 {
            Goal::Inside(url) => links::from_root(root, &url),
            Goal::Here(fragment) => fragment,
            Goal::Written(url) => url,
        }
    }

    /// The same, whole.
    pub(crate) fn whole_link(&self, page: usize, link: &Link) -> String {
        match resolve(&self.links, &self.pages, page, link).0 {
            Goal::Inside(url) => self.whole(&url),
            Goal::Here(fragment) => self.whole(&format!("{}{fragment}", self.pages[page].url)),
            Goal::Written(url) => url,
        }
    }

    /// Names all that an output is made of.
    pub(crate) fn inputs(&self, path: &SitePath, output: Output) -> BlobId {
        let inputs = Inputs::of(path.as_str()).id(&self.common);
        let cards = |inputs: Inputs, pages: &[usize]| {
            inputs.each(pages, |inputs, page| inputs.id(&self.pages[*page].card))
        };
        let content = |inputs: Inputs, page: Option<usize>| {
            inputs.each(page, |inputs, page| {
                let page = &self.pages[page];
                inputs.text(&page.file).id(&page.card).id(&page.content)
            })
        };
        match output {
            Output::Page(page) => {
                let (newer, older) = self.neighbours(page);
                content(inputs.text("page"), Some(page)).each([newer, older], |inputs, page| {
                    inputs
                        .maybe(page.map(|page| page.url.as_str()))
                        .maybe(page.map(|page| page.title.as_str()))
                })
            }
            Output::Home => {
                let all = self.posts.len() > self.newest().len();
                cards(content(inputs.text("home"), self.home), &self.at_home())
                    .number(usize::from(all))
            }
            Output::NotFound => content(inputs.text("404"), self.not_found),
            Output::Archive => cards(inputs.text("archive"), &self.posts),
            Output::Tags => inputs.text("tags").each(&self.tags, |inputs, tag| {
                inputs
                    .text(&tag.name)
                    .text(&tag.slug)
                    .number(tag.pages.len())
            }),
            Output::Tag(tag) => {
                let tag = &self.tags[tag];
                cards(
                    inputs.text("tag").text(&tag.name).text(&tag.slug),
                    &tag.pages,
                )
            }
            Output::Atom | Output::JsonFeed => inputs
                .text("feed")
                .each(self.newest(), |inputs, page| content(inputs, Some(*page))),
            Output::Sitemap => inputs.text("sitemap").each(&self.pages, |inputs, page| {
                inputs.text(&page.url).time(page.updated).time(page.date)
            }),
            Output::Index => inputs.text("index").each(&self.pages, |inputs, page| {
                inputs
                    .text(&page.url)
                    .text(&page.title)
                    .id(&page.doc.digest)
            }),
            Output::Redirect(page) => inputs.text("redirect").id(&self.pages[page].card),
            Output::Robots | Output::Style | Output::Script => inputs.text("fixed"),
            Output::Asset(asset) => inputs.text("asset").id(&self.assets[asset].blob),
        }
        .name()
    }
}

/// What a link of a page leads to.
pub(crate) fn resolve(
    links: &Links,
    pages: &[Page],
    page: usize,
    link: &Link,
) -> (Goal, Option<links::Wrong>) {
    let asking = links::Asking {
        page,
        file: &pages[page].file,
    };
    links.resolve(&asking, link, &PagesOf(pages))
}

/// A picture for previews: a file of the folder, or a whole URL.
pub(crate) fn image(
    links: &Links,
    pages: &[Page],
    page: usize,
    base: &str,
) -> Result<Option<String>, String> {
    let Some(image) = pages[page].doc.front.image.as_deref() else {
        return Ok(None);
    };
    if image.starts_with("https://") {
        return Ok(Some(image.to_owned()));
    }
    let link = Link {
        kind: LinkKind::Image,
        target: image.to_owned(),
        fragment: None,
        line: 1,
        written: image.to_owned(),
    };
    match resolve(links, pages, page, &link) {
        (Goal::Inside(url), None) => Ok(Some(format!("{base}/{url}"))),
        _ => Err(image.to_owned()),
    }
}
