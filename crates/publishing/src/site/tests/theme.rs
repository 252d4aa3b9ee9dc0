//! The theme as it is without a folder's changes.

use super::*;
use crate::site::names;

#[test]
fn the_style_sheet_is_small() {
    let built = build(&[("a.md", "x")]);
    let css = text(&built, "style.css");
    assert!(css.len() < 20_000, "{} bytes", css.len());
    contains(&css, "--accent:#");
    assert!(!css.contains("@import") && !css.contains("@font-face") && !css.contains("url("));
}

#[test]
fn the_tenants_accent_is_used() {
    let mut settings = settings();
    settings.setup.theme.accent = Some(domain::tenant::Color::parse("#8a1c1c").unwrap());
    let built = build_with(settings, &folder(&[]), Record::default());
    assert!(text(&built, "style.css").starts_with(":root{--accent:#8a1c1c}"));
}

#[test]
fn pages_of_untrusted_authors_run_nothing_of_theirs() {
    let files = folder(&[("a.md", "x")]);
    let policy = "http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;;";
    contains(
        &text(
            &build_with(settings(), &files, Record::default()),
            "a/index.html",
        ),
        policy,
    );
    let own = text(
        &build_with(trusted(), &files, Record::default()),
        "a/index.html",
    );
    assert!(!own.contains("Content-Security-Policy"));
}

#[test]
fn names_are_escaped() {
    let mut settings = settings();
    settings.name = "<b>\"x\" & y</b>".to_owned();
    let folder = folder(&[(
        "a.md",
        "---\ntitle: <script>\"'\ndate: 2026-01-01\ntags: <i>, \"\naliases: /o/\n---\n",
    )]);
    let built = build_with(settings, &folder, Record::default());
    for (path, bytes) in all(&built) {
        let text = String::from_utf8(bytes).unwrap();
        let is_markup = matches!(names::ending(&path).as_str(), "html" | "xml");
        assert!(
            !is_markup
                || !(text.contains("<script>") || text.contains("<b>") || text.contains("<i>")),
            "{path}: {text}"
        );
    }
}

#[test]
fn the_sites_language_is_spoken() {
    let mut settings = settings();
    settings.setup.theme.language = Some("de-CH".to_owned());
    let folder = folder(&[("a.md", "---\ndate: 2026-03-01\ntags: x\n---\n")]);
    let built = build_with(settings, &folder, Record::default());
    let html = text(&built, "a/index.html");
    contains(&html, "<html lang=\"de-CH\">");
    contains(&html, ">1. März 2026</time>");
    contains(&html, ">Archiv</a>");
    contains(&html, ">Zum Inhalt</a>");
}

#[test]
fn an_empty_folder_is_a_site() {
    let built = build(&[]);
    let paths: Vec<_> = built.files.keys().map(SitePath::as_str).collect();
    let expected = [
        "404.html",
        "feed.json",
        "feed.xml",
        "index.html",
        "robots.txt",
        "search.js",
        "search.json",
        "sitemap.xml",
        "style.css",
    ];
    assert_eq!(paths, expected);
    contains(&text(&built, "index.html"), "<h1>A site</h1>");
}
