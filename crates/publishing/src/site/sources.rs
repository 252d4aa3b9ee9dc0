//! Which files of a folder make the site.

use std::collections::BTreeMap;

use domain::site::SitePath;

use super::reports::Reports;
use super::{Source, names};

/// The most bytes of a Markdown file: 1 MiB.
const MARKDOWN: u64 = 1024 * 1024;
/// The most bytes of another file: 20 MB.
const ASSET: u64 = 20_000_000;
/// The most bytes of a template or of the theme's style sheet: 256 KiB.
const TEMPLATE: u64 = 256 * 1024;
/// The most files of a site.
const FILES: usize = 5_000;
/// The most bytes of a site: 200 MB.
pub(crate) const SITE: u64 = 200_000_000;
/// The templates that a folder can bring.
pub(crate) const TEMPLATES: [&str; 6] = [
    "404.html",
    "base.html",
    "home.html",
    "list.html",
    "page.html",
    "post.html",
];
/// Where they are, and the style sheet that is added to the theme's.
pub(crate) const THEME: &str = "_theme/";
/// Where Jekyll has its posts (<https://jekyllrb.com/docs/posts/>), so that nobody keeps them there to be hidden.
const JEKYLLS: &str = "_posts/";
/// The theme's own style sheet.
pub(crate) const THEME_CSS: &str = "_theme/theme.css";
/// The most bytes of all Markdown of a site together: 24 MB. Read and rendered, it takes some twenty times as much memory.
const ALL_MARKDOWN: u64 = 24_000_000;
/// Endings of files in which nothing can be that a browser runs, wherever they are served, nor what tells a host or a build what to
/// do: `CNAME`, `netlify.toml`, `vercel.json`, `Makefile`. A list of those that can would miss some: servers know hundreds of names
/// for HTML and XML.
const PASSIVE: [&str; 50] = [
    "7z", "aac", "avif", "bib", "bin", "bmp", "bz2", "css", "csv", "doc", "docx", "eot", "epub",
    "flac", "gif", "gz", "heic", "ico", "ics", "jpeg", "jpg", "jxl", "log", "m4a", "m4v", "mov",
    "mp3", "mp4", "odp", "ods", "odt", "oga", "ogg", "ogv", "opus", "otf", "pdf", "png", "ppt",
    "pptx", "srt", "tar", "tif", "tiff", "tsv", "ttf", "txt", "vtt", "wav", "webm",
];
/// More of them.
const PASSIVE_TOO: [&str; 8] = [
    "webmanifest",
    "webp",
    "woff",
    "woff2",
    "xls",
    "xlsx",
    "xz",
    "zip",
];

/// The file of the site that its pages rely on, and that is of such a type all the same.
const OWN: &str = "style.css";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Markdown,
    Asset,
    Theme,
}

/// A file that makes a part of the site.
#[derive(Debug, Clone)]
pub(crate) struct Sorted {
    pub(crate) source: Source,
    /// Its path in NFC.
    pub(crate) place: SitePath,
    pub(crate) kind: Kind,
}

/// The files that make the site, in the order of their paths.
pub(crate) fn sort(mut folder: Vec<Source>, trusted: bool, reports: &mut Reports) -> Vec<Sorted> {
    folder.sort_by(|a, b| a.path.cmp(&b.path));
    folder.dedup_by(|a, b| a.path == b.path);
    let mut sorted: Vec<Sorted> = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let (mut beyond, mut bytes, mut markdown) = (Vec::new(), 0, 0);
    for source in folder {
        let Some((kind, place)) = classify(&source, trusted, reports) else {
            continue;
        };
        if let Some(first) = seen.get(&names::key(place.as_str())) {
            let message = format!(
                "Has the same name as `{first}` but for capital letters or the form of its accents. Rename one of the two."
            );
            reports.left_out(&source.path, "duplicate_path", message);
            continue;
        }
        if sorted.len() >= FILES {
            beyond.push(source.path);
            continue;
        }
        if kind == Kind::Asset {
            bytes += source.bytes;
            if bytes > SITE {
                bytes -= source.bytes;
                too_large_site(&source.path, reports);
                continue;
            }
        }
        if kind == Kind::Markdown {
            markdown += source.bytes;
            if markdown > ALL_MARKDOWN {
                markdown -= source.bytes;
                let message = "All Markdown of a site can have 24 MB together, and with this file it would have more.";
                reports.left_out(&source.path, "site_too_large", message.to_owned());
                continue;
            }
        }
        seen.insert(names::key(place.as_str()), source.path.clone());
        sorted.push(Sorted {
            source,
            place,
            kind,
        });
    }
    if let Some(first) = beyond.first() {
        let count = beyond.len();
        let message = format!(
            "A site can have {FILES} files; this one and {} after it are left out.",
            count - 1
        );
        reports.left_out(first, "too_many_files", message);
    }
    sorted
}

pub(crate) fn too_large_site(path: &str, reports: &mut Reports) {
    let message = "A site can have 200 MB, and with this file it would have more.";
    reports.left_out(path, "site_too_large", message.to_owned());
}

fn classify(source: &Source, trusted: bool, reports: &mut Reports) -> Option<(Kind, SitePath)> {
    let path = source.path.as_str();
    // What consoles make of a folder without files.
    if path.ends_with('/') && source.bytes == 0 {
        return None;
    }
    if let Some(why) = odd(path) {
        reports.left_out(path, "odd_path", format!("Its path {why}. Rename it."));
        return None;
    }
    let is_theme = path.starts_with(THEME);
    let is_hidden = |part: &str| part.starts_with(['_', '.']);
    if !is_theme && path.split('/').any(is_hidden)
        || path.split('/').any(|part| part.starts_with('.'))
    {
        if is_markdown(path) && path.starts_with(JEKYLLS) {
            let message =
                "What begins with _ is not published. Rename the folder, to `posts` for example.";
            reports.left_out(path, "hidden_post", message.to_owned());
        }
        return None;
    }
    let place = match SitePath::normalized(path) {
        Ok(place) => place,
        Err(invalid) => {
            let message = format!("Its path {}. Rename it.", invalid.message);
            reports.left_out(path, "odd_path", message);
            return None;
        }
    };
    let (kind, most) = if is_theme {
        (theme_file(path, trusted, reports)?, TEMPLATE)
    } else if is_markdown(path) {
        (Kind::Markdown, MARKDOWN)
    } else if !trusted && path == OWN {
        let message = "The site makes this file itself. Yours takes its place once the site's `trusted_authors` is set.";
        reports.left_out(path, "untrusted_file", message.to_owned());
        return None;
    } else if !trusted && !is_passive(path) {
        let message = "Browsers or servers may do what files of this type say, or do not know it. It is published once the site's `trusted_authors` is set; \
                       a picture can be published as PNG, JPEG, WebP or AVIF.";
        reports.left_out(path, "untrusted_file", message.to_owned());
        return None;
    } else {
        (Kind::Asset, ASSET)
    };
    if source.bytes > most {
        let message = format!("Has {} bytes; it can have at most {most}.", source.bytes);
        reports.left_out(path, "too_large", message);
        return None;
    }
    Some((kind, place))
}

fn theme_file(path: &str, trusted: bool, reports: &mut Reports) -> Option<Kind> {
    let name = &path[THEME.len()..];
    if path != THEME_CSS && !TEMPLATES.contains(&name) {
        let known = TEMPLATES.join(", ");
        let message = format!("The theme has no such file; there are theme.css, {known}.");
        reports.left_out(path, "unknown_theme_file", message);
        return None;
    }
    if !trusted {
        let message = "Templates can hold scripts, and styles can hide what is there. They are used once the site's `trusted_authors` is set.";
        reports.left_out(path, "untrusted_file", message.to_owned());
        return None;
    }
    Some(Kind::Theme)
}

/// What no path within a folder has, whatever else is refused of it.
fn odd(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    if path.split('/').any(|part| part == ".." || part == ".") {
        return Some("leads out of its folder");
    }
    if ["%2f", "%5c", "%2e%2e", "%00"]
        .iter()
        .any(|code| lower.contains(code))
    {
        return Some("has an encoded slash, backslash or dots, which servers take for a folder");
    }
    path.chars()
        .any(char::is_control)
        .then_some("has a control character")
}

pub(crate) fn is_markdown(path: &str) -> bool {
    matches!(names::ending(path).as_str(), "md" | "markdown")
}

fn is_passive(path: &str) -> bool {
    let ending = names::ending(path);
    let ending = ending.as_str();
    PASSIVE.contains(&ending) || PASSIVE_TOO.contains(&ending)
}

#[cfg(test)]
mod tests;
