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
mod tests {
    use super::*;

    fn sorted(paths: &[(&str, u64)], trusted: bool) -> (Vec<String>, Vec<(String, String)>) {
        let source = |(path, bytes): &(&str, u64)| Source {
            path: (*path).to_owned(),
            version: "1".to_owned(),
            bytes: *bytes,
        };
        let mut reports = Reports::default();
        let sorted = sort(paths.iter().map(source).collect(), trusted, &mut reports);
        let reports = reports
            .ordered()
            .into_iter()
            .map(|report| (report.file, report.code));
        (
            sorted.into_iter().map(|file| file.source.path).collect(),
            reports.collect(),
        )
    }

    #[test]
    fn odd_paths_are_left_out_and_said() {
        for path in [
            "../a.md",
            "a/../b.md",
            "a%2fb.md",
            "a%2Fb.md",
            "a\u{7}.md",
            "/a.md",
            "a//b.md",
            "a\u{202e}b.md",
            "a\\b.md",
            ".git/../x.md",
            "a .md/b.",
            "a\u{0}.md",
        ] {
            let (files, reports) = sorted(&[(path, 1)], true);
            assert!(files.is_empty(), "{path:?} was taken");
            assert_eq!(reports, [(path.to_owned(), "odd_path".to_owned())]);
        }
    }

    #[test]
    fn hidden_files_are_left_out_silently() {
        let paths = [
            ("_drafts/a.md", 1),
            (".DS_Store", 1),
            ("a/_b.md", 1),
            ("posts/", 0),
            ("a/.git/x", 1),
        ];
        assert_eq!(sorted(&paths, true), (vec![], vec![]));
    }

    #[test]
    fn one_of_two_that_differ_by_case_or_form_is_left_out() {
        let paths = [("A.md", 1), ("a.md", 1), ("u\u{308}.md", 1), ("ü.md", 1)];
        let (files, reports) = sorted(&paths, false);
        assert_eq!(files, ["A.md", "u\u{308}.md"]);
        assert!(reports.iter().all(|(_, code)| code == "duplicate_path") && reports.len() == 2);
    }

    #[test]
    fn large_files_are_left_out() {
        let paths = [
            ("a.md", MARKDOWN),
            ("b.md", MARKDOWN + 1),
            ("c.png", ASSET),
            ("d.png", ASSET + 1),
            ("e.md", 20_000_000),
        ];
        let (files, reports) = sorted(&paths, false);
        assert_eq!(files, ["a.md", "c.png"]);
        assert!(reports.iter().all(|(_, code)| code == "too_large") && reports.len() == 3);
    }

    #[test]
    fn a_site_has_a_size_and_a_number_of_files() {
        let names: Vec<_> = (0..FILES + 3)
            .map(|number| format!("{number:05}.md"))
            .collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let (files, reports) = sorted(&many, false);
        assert_eq!((files.len(), reports.len()), (FILES, 1));
        let large: Vec<_> = names
            .iter()
            .take(12)
            .map(|name| (name.as_str(), ASSET))
            .collect();
        let large: Vec<_> = large
            .iter()
            .map(|(name, size)| (name.replace("md", "png"), *size))
            .collect();
        let large: Vec<_> = large
            .iter()
            .map(|(name, size)| (name.as_str(), *size))
            .collect();
        let (files, reports) = sorted(&large, false);
        assert_eq!((files.len(), reports.len()), (10, 2));
        let text: Vec<_> = names
            .iter()
            .take(25)
            .map(|name| (name.as_str(), 1_000_000))
            .collect();
        let (files, reports) = sorted(&text, false);
        assert_eq!((files.len(), reports.len()), (24, 1));
    }

    #[test]
    fn what_runs_needs_trust() {
        let paths = [
            ("a.html", 1),
            ("b.hxt", 1),
            ("c.rdf", 1),
            ("b.SVG", 1),
            ("c.pdf", 1),
            ("_theme/post.html", 1),
            ("_theme/theme.css", 1),
            ("style.css", 1),
        ];
        let (files, reports) = sorted(&paths, false);
        assert_eq!(files, ["c.pdf"]);
        assert!(reports.iter().all(|(_, code)| code == "untrusted_file") && reports.len() == 7);
        assert_eq!(sorted(&paths, true).0.len(), 8);
    }

    #[test]
    fn what_tells_a_host_what_to_do_needs_trust() {
        for path in [
            "CNAME",
            "Makefile",
            "CODEOWNERS",
            "netlify.toml",
            "vercel.json",
            "package.json",
            "app.yaml",
            "web.config",
            "nginx.conf",
        ] {
            let (files, reports) = sorted(&[(path, 1)], false);
            assert!(files.is_empty(), "{path}");
            assert_eq!(reports, [(path.to_owned(), "untrusted_file".to_owned())]);
            assert_eq!(sorted(&[(path, 1)], true).0, [path]);
        }
    }

    #[test]
    fn misspelt_templates_are_said() {
        let (files, reports) = sorted(&[("_theme/posts.html", 1)], true);
        assert!(files.is_empty());
        assert_eq!(
            reports,
            [(
                "_theme/posts.html".to_owned(),
                "unknown_theme_file".to_owned()
            )]
        );
    }
}
