//! Sites of folders that are written down in the test. Markdown is read by a stand-in that knows front matter of `key: value`, headings,
//! links and paragraphs, so that a test of the site fails for the site's reasons only.

mod bad_input;
mod feeds;
mod incremental;
mod linking;
mod own_files;
mod real;
mod templates;
mod theme;

use std::collections::{BTreeMap, BTreeSet};

use domain::site::{Report, Setup, SitePath, Target, Theme};
use domain::tenant::BaseUrl;

use super::{BlobId, Built, Content, Plan, Record, Settings, Source};
use crate::document::{Document, FrontMatter, Heading, Known, Link, LinkKind, Options};

/// A folder: what each file says.
pub(super) type Folder = BTreeMap<String, String>;

pub(super) fn folder(files: &[(&str, &str)]) -> Folder {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

pub(super) fn settings() -> Settings {
    Settings {
        setup: Setup {
            target: Target::Git {},
            base_url: BaseUrl::parse("https://a.example/blog").unwrap(),
            theme: Theme::default(),
            trusted_authors: false,
            notify: None,
        },
        name: "A site".to_owned(),
        foreign: BTreeSet::new(),
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
    }
}

pub(super) fn trusted() -> Settings {
    let mut settings = settings();
    settings.setup.trusted_authors = true;
    settings
}

pub(super) fn sources(folder: &Folder) -> Vec<Source> {
    let source = |(path, text): (&String, &String)| Source {
        path: path.clone(),
        version: BlobId::of(text.as_bytes()).to_string(),
        bytes: text.len() as u64,
    };
    folder.iter().map(source).collect()
}

pub(super) fn plan(settings: Settings, sources: Vec<Source>, record: Record) -> Plan {
    Plan::with(settings, sources, record, read)
}

pub(super) fn build_with(settings: Settings, folder: &Folder, record: Record) -> Built {
    let mut plan = plan(settings, sources(folder), record);
    for source in plan.needed() {
        plan.give(&source.path, Ok(folder[&source.path].as_bytes()));
    }
    plan.build()
}

pub(super) fn build(files: &[(&str, &str)]) -> Built {
    build_with(settings(), &folder(files), Record::default())
}

/// All that a site has, by path.
pub(super) fn all(built: &Built) -> BTreeMap<String, Vec<u8>> {
    let content = |path: &SitePath| match built.content(path).unwrap() {
        Content::Bytes(bytes) => bytes,
        Content::Copy(source) => format!("copy of {} {}", source.path, source.version).into_bytes(),
    };
    built
        .files
        .keys()
        .map(|path| (path.to_string(), content(path)))
        .collect()
}

pub(super) fn text(built: &Built, path: &str) -> String {
    match built.content(&SitePath::parse(path).unwrap()) {
        Some(Content::Bytes(bytes)) => String::from_utf8(bytes).unwrap(),
        other => panic!("{path} is {other:?}; there are {:?}", built.files.keys()),
    }
}

pub(super) fn has(built: &Built, path: &str) -> bool {
    built.files.contains_key(&SitePath::parse(path).unwrap())
}

/// Files and codes of what is reported.
pub(super) fn reported(built: &Built) -> Vec<(&str, &str)> {
    let reports = built.reports.iter();
    reports
        .map(|report| (report.file.as_str(), report.code.as_str()))
        .collect()
}

pub(super) fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in:\n{text}");
}

/// Reads the stand-in's Markdown.
fn read(file: &str, bytes: &[u8], _options: Options, _known: &Known) -> Result<Document, Report> {
    let text = std::str::from_utf8(bytes).unwrap();
    if text.contains("BROKEN") {
        return Err(Report {
            file: file.to_owned(),
            line: Some(1),
            code: "front_matter".to_owned(),
            message: "It is broken.".to_owned(),
            left_out: true,
        });
    }
    let mut document = Document {
        text: text.to_owned(),
        pieces: vec![String::new()],
        ..Document::default()
    };
    let mut body = text;
    let mut line = 1;
    if let Some((front, rest)) = text
        .strip_prefix("---\n")
        .and_then(|text| text.split_once("---\n"))
    {
        document.front = front_matter(front);
        line += u32::try_from(front.lines().count()).unwrap() + 2;
        body = rest;
    }
    for paragraph in body.lines() {
        block(&mut document, paragraph, line);
        line += 1;
    }
    document.title = document.front.title.clone();
    let plain = body.lines().find(|line| !line.is_empty());
    document.summary = plain.unwrap_or_default().to_owned();
    Ok(document)
}

fn front_matter(text: &str) -> FrontMatter {
    let mut front = FrontMatter::default();
    let list = |value: &str| value.split(',').map(|one| one.trim().to_owned()).collect();
    for (key, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        match key {
            "title" => front.title = Some(value.to_owned()),
            "date" => front.date = Some(format!("{value}T00:00:00Z").parse().unwrap()),
            "updated" => front.updated = Some(format!("{value}T00:00:00Z").parse().unwrap()),
            "draft" => front.draft = value == "true",
            "slug" => front.slug = Some(value.to_owned()),
            "tags" => front.tags = list(value),
            "image" => front.image = Some(value.to_owned()),
            "aliases" => front.aliases = list(value),
            _ => panic!("{key}"),
        }
    }
    front
}

/// A heading (`# words`) or a paragraph, with `[words](target)` and `[[target]]`.
fn block(document: &mut Document, text: &str, line: u32) {
    let (name, text) = match text.strip_prefix("# ") {
        Some(heading) => ("h2", heading),
        None => ("p", text),
    };
    push(document, &format!("<{name}>"));
    if name == "h2" {
        document.headings.push(Heading {
            level: 2,
            id: text.to_lowercase().replace(' ', "-"),
            text: text.to_owned(),
        });
    }
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        push(document, before);
        let (kind, target, words, after) = if let Some(wiki) = link.strip_prefix('[') {
            let (target, after) = wiki.split_once("]]").unwrap();
            (LinkKind::Wiki, target, target, after)
        } else {
            let (words, after) = link.split_once("](").unwrap();
            let (target, after) = after.split_once(')').unwrap();
            (LinkKind::Link, target, words, after)
        };
        let (path, fragment) = target
            .split_once('#')
            .map_or((target, None), |(path, fragment)| (path, Some(fragment)));
        push(document, "<a href=\"");
        document.links.push(Link {
            kind,
            target: path.to_owned(),
            fragment: fragment.map(ToOwned::to_owned),
            line,
            written: target.to_owned(),
        });
        document.pieces.push(format!("\">{words}</a>"));
        rest = after;
    }
    push(document, rest);
    push(document, &format!("</{name}>\n"));
}

fn push(document: &mut Document, html: &str) {
    document.pieces.last_mut().unwrap().push_str(html);
}
