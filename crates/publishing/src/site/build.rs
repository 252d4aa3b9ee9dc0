//! From what is known of the files to the site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::site::{BlobId, SitePath};

use super::inputs::Inputs;
use super::language::Words;
use super::links::{Goal, Wrong};
use super::model::{Model, NavLink, Output, image, resolve};
use super::record::{Failure, File, Record, Rendered, What};
use super::reports::Reports;
use super::route::Routes;
use super::sources::{self, Kind, Sorted, THEME, THEME_CSS};
use super::template::Templates;
use super::{Built, Settings, accent, feeds, pages, search};

/// The theme's style sheet and script.
const STYLE: &str = include_str!("../../theme/style.css");
const SCRIPT: &str = include_str!("../../theme/search.js");
/// How many broken links of one file are reported.
const MOST_OF_A_FILE: usize = 50;

/// What a plan knows when all files are read.
pub(crate) struct Ready {
    pub(crate) settings: Settings,
    pub(crate) files: Vec<Sorted>,
    pub(crate) known: BTreeMap<String, Arc<File>>,
    pub(crate) rendered: BTreeMap<String, Rendered>,
    pub(crate) reports: Reports,
    pub(crate) changed: BTreeSet<String>,
}

pub(crate) fn build(ready: Ready) -> Built {
    let Ready {
        settings,
        files,
        known,
        rendered,
        mut reports,
        changed,
    } = ready;
    for (path, file) in &known {
        match &file.what {
            What::Document(doc) => doc
                .reports
                .iter()
                .for_each(|kept| reports.push(kept.report(path))),
            What::Refused(_, kept) => reports.push(kept.report(path)),
            _ => {}
        }
    }
    let mut routes = Routes::new(&files, &known, &settings, &mut reports);
    let waiting = std::mem::take(&mut routes.waiting);
    let due_at = waiting.iter().filter_map(|waiting| waiting.until).min();
    let model = model(settings, routes, &files, &known, &mut reports);
    let mut built = Built {
        files: BTreeMap::new(),
        reports: Vec::new(),
        waiting,
        due_at,
        pages: u32::try_from(model.pages.len()).unwrap_or(u32::MAX),
        record: Record {
            files: known,
            rendered: BTreeMap::new(),
        },
        changed,
        model,
        renders: 0,
    };
    built.render_all(rendered, &mut reports);
    built.reports = reports.ordered();
    built
}

fn model(
    settings: Settings,
    mut routes: Routes,
    files: &[Sorted],
    known: &BTreeMap<String, Arc<File>>,
    reports: &mut Reports,
) -> Model {
    check_links(&mut routes, settings.setup.base_url.as_str(), reports);
    routes.make_cards();
    let theme_file = |path: &str| match known.get(path).map(|file| &file.what) {
        Some(What::Theme(text)) => Some(text.as_str()),
        _ => None,
    };
    let replaced = files
        .iter()
        .filter(|file| file.kind == Kind::Theme && file.source.path != THEME_CSS);
    let replaced: BTreeMap<&str, &str> = replaced
        .filter_map(|file| {
            let path = file.source.path.as_str();
            Some((path.strip_prefix(THEME)?, theme_file(path)?))
        })
        .collect();
    let words = Words::of(settings.setup.theme.language.as_deref().unwrap_or("en"));
    let nav = nav(&settings, &routes, words);
    let css = theme_file(THEME_CSS).map(ToOwned::to_owned);
    let theme = serde_json::to_string(&settings.setup.theme).unwrap_or_default();
    let common = Inputs::of("site")
        .text(&theme)
        .text(&settings.name)
        .text(settings.setup.base_url.as_str())
        .number(usize::from(settings.setup.trusted_authors))
        .maybe(css.as_deref())
        .number(usize::from(routes.has_archive))
        .each(&nav, |inputs, link| {
            inputs.text(&link.label).text(&format!("{:?}", link.goal))
        })
        .each(&replaced, |inputs, (name, source)| {
            inputs.text(name).text(source)
        })
        .name();
    let mut place_of_post = vec![None; routes.pages.len()];
    for (place, page) in routes.posts.iter().enumerate() {
        place_of_post[*page] = Some(place);
    }
    Model {
        templates: Templates::new(&replaced),
        settings,
        words,
        place_of_post,
        archive: routes.has_archive.then(|| "archive/".to_owned()),
        pages: routes.pages,
        posts: routes.posts,
        home: routes.home,
        not_found: routes.not_found,
        tags: routes.tags,
        assets: routes.assets,
        outputs: routes.outputs,
        links: routes.links,
        nav,
        css,
        common,
    }
}

/// The links of the header: the tenant's, archive and tags, each place once.
fn nav(settings: &Settings, routes: &Routes, words: &Words) -> Vec<NavLink> {
    let mut nav: Vec<NavLink> = Vec::new();
    let own = settings
        .setup
        .theme
        .links
        .iter()
        .map(|link| (link.label.as_str(), link.url.as_str()));
    let archive = routes.has_archive.then_some((words.archive, "/archive/"));
    let tags = routes.has_tags.then_some((words.tags, "/tags/"));
    for (label, url) in own.chain(archive).chain(tags) {
        let goal = routes.nav_goal(url);
        if !nav.iter().any(|link| link.goal == goal) {
            nav.push(NavLink {
                label: label.to_owned(),
                goal,
            });
        }
    }
    nav
}

/// Looks up the links of all pages, says what is wrong with them, and names each page's content with its links.
fn check_links(routes: &mut Routes, base: &str, reports: &mut Reports) {
    let mut found = Vec::with_capacity(routes.pages.len());
    for (number, page) in routes.pages.iter().enumerate() {
        let mut inputs = Inputs::of("content").id(&page.doc.digest);
        let mut wrongs = 0;
        for link in &page.doc.links {
            let (goal, wrong) = resolve(&routes.links, &routes.pages, number, link);
            inputs = match &goal {
                Goal::Inside(url) => inputs.number(1).text(url),
                Goal::Here(fragment) => inputs.number(2).text(fragment),
                Goal::Written(url) => inputs.number(3).text(url),
            };
            let Some(wrong) = wrong else {
                continue;
            };
            wrongs += 1;
            if wrongs > MOST_OF_A_FILE {
                continue;
            }
            let (code, message) = describe(wrong, &link.target, link.fragment.as_deref());
            reports.note(&page.file, Some(link.line), code, message);
        }
        let image = image(&routes.links, &routes.pages, number, base).unwrap_or_else(|image| {
            let message = format!(
                "The site has no picture `{}`.",
                super::names::cut(&image, 200)
            );
            reports.note(&page.file, None, "broken_link", message);
            None
        });
        found.push((inputs.maybe(image.as_deref()).name(), image));
    }
    for (page, (content, image)) in routes.pages.iter_mut().zip(found) {
        (page.content, page.image) = (content, image);
    }
}

fn describe(wrong: Wrong, target: &str, fragment: Option<&str>) -> (&'static str, String) {
    let target = super::names::cut(target, 200);
    match wrong {
        Wrong::Broken => (
            "broken_link",
            format!("The site has no `{target}`. The link is left as it is written."),
        ),
        Wrong::Waiting => (
            "waiting_link",
            format!("`{target}` is a draft or waits for its date, so the link leads nowhere yet."),
        ),
        Wrong::Anchor => {
            let fragment = super::names::cut(fragment.unwrap_or_default(), 200);
            (
                "broken_anchor",
                format!("`{target}` has no heading `#{fragment}`; the link leads to its top."),
            )
        }
    }
}

impl Built {
    /// Renders what is not known from the last time, as long as the site is not too large.
    fn render_all(&mut self, mut old: BTreeMap<String, Rendered>, reports: &mut Reports) {
        let mut failures: BTreeMap<Failure, (String, usize)> = BTreeMap::new();
        for failure in &self.model.templates.failures {
            failures.insert(failure.clone(), (String::new(), 0));
        }
        let mut bytes = 0;
        for (path, output) in self.model.outputs.clone() {
            let rendered = match output {
                Output::Asset(asset) => {
                    let asset = &self.model.assets[asset];
                    Rendered {
                        inputs: asset.blob,
                        blob: asset.blob,
                        bytes: asset.bytes,
                        failure: None,
                    }
                }
                output => self.rendered(&path, output, old.remove(path.as_str())),
            };
            bytes += rendered.bytes;
            if bytes > sources::SITE {
                bytes -= rendered.bytes;
                sources::too_large_site(self.owner(&path, output), reports);
                continue;
            }
            if let Some(failure) = &rendered.failure {
                let (_, count) = failures
                    .entry(failure.clone())
                    .or_insert_with(|| (path.to_string(), 0));
                *count += 1;
            }
            self.files.insert(path.clone(), rendered.blob);
            if !matches!(output, Output::Asset(_)) {
                self.record.rendered.insert(path.into(), rendered);
            }
        }
        for (failure, (first, pages)) in failures {
            let file = format!("{THEME}{}", failure.template);
            let message = match pages {
                0 => format!("The template {}. The theme's own is used.", failure.message),
                1 => format!(
                    "The template {}. The theme's own is used for `{first}`.",
                    failure.message
                ),
                more => format!(
                    "The template {}. The theme's own is used for `{first}` and {} more.",
                    failure.message,
                    more - 1
                ),
            };
            reports.note(&file, failure.line, "template_failed", message);
        }
    }

    /// Whom a report on an output is for.
    fn owner<'a>(&'a self, path: &'a SitePath, output: Output) -> &'a str {
        match output {
            Output::Page(page) | Output::Redirect(page) => &self.model.pages[page].file,
            Output::Asset(asset) => &self.model.assets[asset].source.path,
            _ => path.as_str(),
        }
    }

    fn rendered(&mut self, path: &SitePath, output: Output, old: Option<Rendered>) -> Rendered {
        let inputs = self.model.inputs(path, output);
        if let Some(old) = old.filter(|old| old.inputs == inputs) {
            return old;
        }
        self.renders += 1;
        let (bytes, failure) = self.model.render(path, output);
        Rendered {
            inputs,
            blob: BlobId::of(&bytes),
            bytes: bytes.len() as u64,
            failure,
        }
    }
}

impl Model {
    /// The bytes of an output that is not an asset.
    pub(crate) fn render(&self, path: &SitePath, output: Output) -> (Vec<u8>, Option<Failure>) {
        let bytes = match output {
            Output::Atom => feeds::atom(self),
            Output::JsonFeed => feeds::json(self),
            Output::Sitemap => feeds::sitemap(self),
            Output::Robots => feeds::robots(self),
            Output::Script => SCRIPT.as_bytes().to_vec(),
            Output::Style => self.style(),
            Output::Index => self.index(),
            Output::Redirect(page) => pages::redirect(self, path, page),
            Output::Asset(_) => Vec::new(),
            _ => return pages::render(self, path, output),
        };
        (bytes, None)
    }

    fn style(&self) -> Vec<u8> {
        let chosen = self.settings.setup.theme.accent.as_ref();
        let accent = accent::css(chosen.map(domain::tenant::Color::as_str));
        let own = self.css.as_deref().unwrap_or_default();
        format!("{accent}{STYLE}{}{own}", crate::document::highlight_css()).into_bytes()
    }

    fn index(&self) -> Vec<u8> {
        let entry = |number: &usize| {
            let page = &self.pages[*number];
            search::Entry {
                url: &page.url,
                title: &page.title,
                words: &page.doc.words,
            }
        };
        let shown = (0..self.pages.len()).filter(|number| Some(*number) != self.not_found);
        let shown: Vec<usize> = shown.collect();
        search::index(shown.iter().map(entry))
    }
}
