//! Files of the folder in the places of the site's own.

use super::*;

#[test]
fn files_and_pages_replace_the_sites_own() {
    let files = folder(&[
        ("robots.txt", "mine"),
        ("style.css", "mine"),
        ("feed.json", "mine"),
        ("archive.md", "---\ntitle: All I wrote\n---\nmine"),
        ("tags/index.md", "my tags"),
        ("p.md", "---\ndate: 2026-01-01\ntags: x\n---\nx"),
    ]);
    let built = build_with(trusted(), &files, Record::default());
    let expected: Vec<_> = [
        "archive.md",
        "feed.json",
        "robots.txt",
        "style.css",
        "tags/index.md",
    ]
    .map(|file| (file, "replaces_own"))
    .to_vec();
    assert_eq!(reported(&built), expected);
    assert!(built.reports.iter().all(|report| !report.left_out));
    for path in ["robots.txt", "style.css", "feed.json"] {
        let content = built.content(&SitePath::parse(path).unwrap());
        assert!(matches!(content, Some(Content::Copy(source)) if source.path == path));
    }
    contains(&text(&built, "archive/index.html"), "mine");
    contains(&text(&built, "tags/index.html"), "my tags");
    assert!(has(&built, "tags/x/index.html"));
    let home = text(&built, "index.html");
    assert_eq!(home.matches("href=\"archive/\"").count(), 1);
    assert_eq!(home.matches("href=\"tags/\"").count(), 1);
}

#[test]
fn active_files_need_trust() {
    let files = folder(&[
        ("feed.xml", "mine"),
        ("search.js", "mine"),
        ("index.html", "mine"),
        ("x.svg", "mine"),
    ]);
    let built = build_with(settings(), &files, Record::default());
    assert_eq!(built.reports.len(), 4);
    assert!(
        built
            .reports
            .iter()
            .all(|report| report.code == "untrusted_file" && report.left_out)
    );
    contains(&text(&built, "search.js"), "fold");
    let built = build_with(trusted(), &files, Record::default());
    let expected = ["feed.xml", "index.html", "search.js"].map(|file| (file, "replaces_own"));
    assert_eq!(reported(&built), expected);
    assert!(has(&built, "x.svg"));
}

#[test]
fn a_link_of_the_header_is_there_once() {
    let mut settings = settings();
    let link = |label: &str, url: &str| domain::site::Link {
        label: label.to_owned(),
        url: url.to_owned(),
    };
    settings.setup.theme.links = vec![
        link("Writing", "/archive/"),
        link("About", "/about"),
        link("Mail", "mailto:a@a.example"),
    ];
    let folder = folder(&[("a.md", "---\ndate: 2026-01-01\n---\n"), ("about.md", "x")]);
    let built = build_with(settings, &folder, Record::default());
    let html = text(&built, "about/index.html");
    assert_eq!(html.matches("../archive/").count(), 1);
    contains(
        &html,
        "<a href=\"../about/\" aria-current=\"page\">About</a>",
    );
    contains(&html, "<a href=\"mailto:a@a.example\">Mail</a>");
}

#[test]
fn the_home_page_has_the_folders_text_above_the_newest_posts() {
    let mut settings = settings();
    settings.setup.theme.posts_per_page = Some(1);
    let folder = folder(&[
        ("README.md", "---\ntitle: Welcome\n---\nHello"),
        ("a.md", "---\ntitle: Older\ndate: 2026-01-01\n---\n"),
        ("b.md", "---\ntitle: Newer\ndate: 2026-01-02\n---\n"),
    ]);
    let built = build_with(settings, &folder, Record::default());
    let html = text(&built, "index.html");
    let at = |part: &str| {
        html.find(part)
            .unwrap_or_else(|| panic!("{part} in {html}"))
    };
    assert!(at("<h1>Welcome</h1>") < at("<p>Hello</p>") && at("<p>Hello</p>") < at(">Newer</a>"));
    contains(&html, "<a href=\"archive/\">All posts</a>");
    assert!(!html.contains(">Older</a>"));
    let archive = text(&built, "archive/index.html");
    contains(&archive, "<h2>2026</h2>");
    contains(&archive, "<a href=\"../a/\">Older</a>");
}

#[test]
fn pages_are_on_the_home_page_where_there_is_no_post() {
    let files = [("hello.md", "# Hello\n"), ("other.md", "# Other\n")];
    let home = text(&build(&files), "index.html");
    contains(&home, "href=\"hello/\"");
    contains(&home, "href=\"other/\"");
    let post = ("p.md", "---\ndate: 2026-01-01\n---\nx");
    let home = text(&build(&[files[0], post]), "index.html");
    contains(&home, "href=\"p/\"");
    assert!(!home.contains("href=\"hello/\""), "{home}");
}
