//! Pages by templates: what each knows.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::site::SitePath;
use minijinja::Value;
use quick_xml::escape::escape;

use super::language::{iso, year};
use super::links::{Goal, from_root, root};
use super::model::{Model, Output, Page};
use super::names;
use super::record::Failure;
use super::template::{Context, Meter, html};

/// What pages of untrusted authors may load: nothing runs but the theme's script. Pictures may come from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: data:; media-src 'self' https:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

type Values = BTreeMap<&'static str, Value>;

/// A page in the making.
struct Making<'a> {
    model: &'a Model,
    /// The way to the site's root.
    root: String,
    meter: Meter,
    values: Values,
    /// How many lines it lists, and how many bytes of content it has.
    listed: usize,
    content: usize,
}

/// Renders an output that a template makes.
pub(crate) fn render(model: &Model, path: &SitePath, output: Output) -> (Vec<u8>, Option<Failure>) {
    let mut making = Making::new(model, path, output);
    let template = match output {
        Output::Page(page) => {
            making.page(page);
            if model.pages[page].date.is_some() {
                "post.html"
            } else {
                "page.html"
            }
        }
        Output::Home => {
            making.home();
            "home.html"
        }
        Output::Archive => {
            making.archive();
            "list.html"
        }
        Output::Tags => {
            making.tags();
            "list.html"
        }
        Output::Tag(tag) => {
            making.tag(tag);
            "list.html"
        }
        _ => {
            making.not_found();
            "404.html"
        }
    };
    let Making {
        meter,
        values,
        listed,
        content,
        ..
    } = making;
    model
        .templates
        .render(template, &Context::new(values, meter), listed, content)
}

/// A page that leads to another.
pub(crate) fn redirect(model: &Model, path: &SitePath, page: usize) -> Vec<u8> {
    let page = &model.pages[page];
    let relative = from_root(&root(path.as_str()), &page.url);
    let (relative, whole) = (escape(relative.as_str()), model.whole(&page.url));
    let (whole, title, lang) = (
        escape(whole.as_str()),
        escape(page.title.as_str()),
        escape(model.language()),
    );
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={relative}\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
         <link rel=\"canonical\" href=\"{whole}\">\n</head>\n<body>\n<p>{} <a href=\"{relative}\">{title}</a></p>\n</body>\n</html>\n",
        model.words.moved
    )
    .into_bytes()
}

fn map(values: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::from(values.into_iter().collect::<Values>())
}

fn text(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty())
        .map_or(Value::from(()), Value::from)
}

impl<'a> Making<'a> {
    fn new(model: &'a Model, path: &SitePath, output: Output) -> Self {
        // This one is shown at any address, so it can't say where the root is from there.
        let root = if output == Output::NotFound {
            let rest = model.base().split_once("://").map_or("", |(_, rest)| rest);
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            format!("/{path}{}", if path.is_empty() { "" } else { "/" })
        } else {
            root(path.as_str())
        };
        let mut making = Self {
            model,
            root,
            meter: Meter::default(),
            values: Values::new(),
            listed: 0,
            content: 0,
        };
        let url = super::links::url_of(path.as_str());
        making.common(&url, output);
        making
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.values.insert(name, value);
    }

    fn common(&mut self, url: &str, output: Output) {
        let model = self.model;
        let setup = &model.settings.setup;
        let policy = (!setup.trusted_authors).then_some(POLICY);
        self.set("lang", model.language().into());
        self.set("csp", text(policy));
        self.set("root", self.root.as_str().into());
        self.set("home", from_root(&self.root, "").into());
        self.set("is_home", (output == Output::Home).into());
        self.set("og_type", "website".into());
        self.set(
            "words",
            map(model.words.named().map(|(name, word)| (name, word.into()))),
        );
        let site = map([
            ("title", model.title().into()),
            ("description", text(setup.theme.description.as_deref())),
            ("author", text(setup.theme.author.as_deref())),
            ("url", model.whole("").into()),
        ]);
        self.set("site", site);
        let nav = model.nav.iter().map(|link| {
            let (shown, is_current) = match &link.goal {
                Goal::Inside(goal) => (from_root(&self.root, goal), goal == url),
                Goal::Here(written) | Goal::Written(written) => (written.clone(), false),
            };
            map([
                ("label", link.label.as_str().into()),
                ("url", shown.into()),
                ("current", is_current.into()),
            ])
        });
        let nav = nav.collect();
        self.set("nav", self.meter.list(nav));
        if output != Output::NotFound {
            self.set("canonical", model.whole(url).into());
        }
    }

    /// Title and description of the page.
    fn head(&mut self, title: &str, description: Option<&str>) {
        self.set("title", title.into());
        self.set("description", text(description));
    }

    fn date(&self, time: Timestamp) -> Value {
        map([
            ("iso", super::language::iso(time).into()),
            ("text", self.model.words.date(time).into()),
            ("year", year(time).into()),
        ])
    }

    /// What lists say of a page.
    fn card(&self, number: usize) -> Value {
        let page = &self.model.pages[number];
        let summary = names::cut(&page.doc.summary, 300);
        map([
            ("title", page.title.as_str().into()),
            ("url", from_root(&self.root, &page.url).into()),
            (
                "date",
                page.date.map_or(Value::from(()), |date| self.date(date)),
            ),
            (
                "updated",
                page.updated.map_or(Value::from(()), |date| self.date(date)),
            ),
            ("summary", text(Some(&summary))),
            ("image", text(page.image.as_deref())),
            ("tags", self.tags_of(page)),
        ])
    }

    fn cards(&mut self, pages: &[usize]) -> Value {
        self.listed += pages.len();
        self.meter
            .list(pages.iter().map(|page| self.card(*page)).collect())
    }

    fn tags_of(&self, page: &Page) -> Value {
        let tags = page.tags.iter().map(|tag| {
            let url = from_root(&self.root, &self.model.tag_url(*tag));
            map([
                ("name", self.model.tags[*tag].name.as_str().into()),
                ("url", url.into()),
            ])
        });
        self.meter.list(tags.collect())
    }

    /// A page with its content, as `page`.
    fn content(&mut self, number: usize) {
        let page = &self.model.pages[number];
        let content = page
            .doc
            .html(|link| self.model.link(number, link, &self.root));
        self.content += content.len();
        let headings = page.doc.headings.iter().map(|heading| {
            map([
                ("level", heading.level.into()),
                ("id", heading.id.as_str().into()),
                ("text", heading.text.as_str().into()),
            ])
        });
        let headings = headings.collect::<Vec<_>>();
        self.listed += page.tags.len() + headings.len();
        let value = map([
            ("title", page.title.as_str().into()),
            ("content", html(content)),
            ("url", self.model.whole(&page.url).into()),
            ("file", page.file.as_str().into()),
            ("summary", text(Some(&page.doc.summary))),
            (
                "date",
                page.date.map_or(Value::from(()), |date| self.date(date)),
            ),
            (
                "updated",
                page.updated.map_or(Value::from(()), |date| self.date(date)),
            ),
            ("tags", self.tags_of(page)),
            ("headings", self.meter.list(headings)),
        ]);
        self.set("page", value);
        self.set("image", text(page.image.as_deref()));
        let description = names::cut(&page.doc.summary, 300);
        self.head(&page.title, Some(&description));
    }

    fn page(&mut self, number: usize) {
        self.content(number);
        if self.model.pages[number].date.is_none() {
            return;
        }
        self.set("og_type", "article".into());
        let (newer, older) = self.model.neighbours(number);
        for (name, page) in [("newer", newer), ("older", older)] {
            if let Some(page) = page {
                let url = from_root(&self.root, &page.url);
                self.set(
                    name,
                    map([("title", page.title.as_str().into()), ("url", url.into())]),
                );
            }
        }
    }

    fn home(&mut self) {
        let model = self.model;
        match model.home {
            Some(page) => self.content(page),
            None => self.head(
                model.title(),
                model.settings.setup.theme.description.as_deref(),
            ),
        }
        let posts = self.cards(&model.at_home());
        self.set("posts", posts);
        if let Some(archive) = model
            .archive
            .as_ref()
            .filter(|_| model.posts.len() > model.newest().len())
        {
            self.set("archive", from_root(&self.root, archive).into());
        }
    }

    /// Posts by year, the newest first.
    fn archive(&mut self) {
        let model = self.model;
        self.head(model.words.archive, None);
        self.set("kind", "archive".into());
        let year_of = |page: &usize| model.pages[*page].date.map(year);
        let years = model
            .posts
            .chunk_by(|a, b| year_of(a) == year_of(b))
            .map(|posts| {
                let name = posts
                    .first()
                    .and_then(year_of)
                    .map_or(Value::from(()), Value::from);
                map([("name", name), ("posts", self.cards(posts))])
            });
        let years = years.collect();
        self.set("groups", self.meter.list(years));
    }

    fn tags(&mut self) {
        let model = self.model;
        self.head(model.words.tags, None);
        self.set("kind", "tags".into());
        self.listed += model.tags.len();
        let tags = model.tags.iter().enumerate().map(|(number, tag)| {
            let url = from_root(&self.root, &model.tag_url(number));
            map([
                ("name", tag.name.as_str().into()),
                ("url", url.into()),
                ("count", tag.pages.len().into()),
            ])
        });
        let tags = tags.collect();
        self.set("tags", self.meter.list(tags));
    }

    fn tag(&mut self, number: usize) {
        let tag = &self.model.tags[number];
        self.head(&tag.name, None);
        self.set("kind", "tag".into());
        let posts = self.cards(&tag.pages);
        let group = map([("name", Value::from(())), ("posts", posts)]);
        self.set("groups", self.meter.list(vec![group]));
    }

    fn not_found(&mut self) {
        match self.model.not_found {
            Some(page) => self.content(page),
            None => self.head(self.model.words.not_found, None),
        }
    }
}

/// The time of a page's last change, as feeds and the map of the site say it.
pub(crate) fn changed(page: &Page) -> Option<String> {
    page.updated.max(page.date).map(iso)
}
