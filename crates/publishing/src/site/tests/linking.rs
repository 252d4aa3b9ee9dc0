//! Addresses, and links between files.

use super::*;

fn href(built: &Built, path: &str) -> Vec<String> {
    let html = text(built, path);
    let (_, article) = html.split_once("<div class=\"text\">").unwrap();
    let (article, _) = article.split_once("</div>").unwrap();
    let links = article.split("href=\"").skip(1);
    links
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect()
}

#[test]
fn files_have_their_addresses() {
    let built = build(&[
        ("about.md", "x"),
        (
            "posts/Hello World.markdown",
            "---\ndate: 2026-01-01\n---\nx",
        ),
        ("posts/index.md", "x"),
        ("notes/README.md", "x"),
        ("posts/b.md", "---\nslug: Other Name\n---\nx"),
        ("index.md", "x"),
        ("404.md", "gone"),
        ("My Pictures/a.png", "png"),
    ]);
    for path in [
        "about/index.html",
        "posts/hello-world/index.html",
        "posts/index.html",
        "notes/index.html",
        "posts/other-name/index.html",
        "index.html",
        "404.html",
        "My Pictures/a.png",
    ] {
        assert!(has(&built, path), "{path}");
    }
    assert_eq!(reported(&built), [("posts/b.md", "odd_slug")]);
    assert_eq!(built.pages, 7);
    contains(&text(&built, "404.html"), "gone");
    contains(&text(&built, "404.html"), "href=\"/blog/style.css\"");
    contains(
        &text(&built, "posts/hello-world/index.html"),
        "href=\"../../style.css\"",
    );
}

#[test]
fn links_are_found_by_path() {
    let built = build(&[
        (
            "posts/a.md",
            "[1](b.md) [2](b) [3](../about.md) [4](/about) [5](/posts/) [6](../pic%20s/x.png) [7](B.MD) [8](../pic s/x.png) [9](/index.md) [10](./b/) [11](/archive/)",
        ),
        ("posts/b.md", "---\ndate: 2026-01-01\n---\nx"),
        ("posts/index.md", "x"),
        ("index.md", "x"),
        ("about.md", "x"),
        ("pic s/x.png", "x"),
    ]);
    let expected = [
        "../../posts/b/",
        "../../posts/b/",
        "../../about/",
        "../../about/",
        "../../posts/",
        "../../pic%20s/x.png",
        "../../posts/b/",
        "../../pic%20s/x.png",
        "../../",
        "../../posts/b/",
        "../../archive/",
    ];
    assert_eq!(href(&built, "posts/a/index.html"), expected);
    assert_eq!(reported(&built), []);
}

#[test]
fn wiki_links_are_found_by_name_title_and_path_the_nearest_first() {
    let built = build(&[
        (
            "a/x.md",
            "[[note]] [[The Other]] [[b/deep]] [[Pic.png]] [[NOTE#some words]] [[solo]]",
        ),
        ("a/note.md", "# Some words"),
        ("b/note.md", "x"),
        ("b/deep.md", "x"),
        ("note.md", "x"),
        ("c/z.md", "---\ntitle: The other\n---\nx"),
        ("c/solo.md", "x"),
        ("b/pic.png", "x"),
    ]);
    let expected = [
        "../../a/note/",
        "../../c/z/",
        "../../b/deep/",
        "../../b/pic.png",
        "../../a/note/#some-words",
        "../../c/solo/",
    ];
    assert_eq!(href(&built, "a/x/index.html"), expected);
    assert_eq!(reported(&built), []);
}

#[test]
fn what_is_wrong_with_links_is_said_with_the_line() {
    let built = build(&[
        (
            "a.md",
            "---\ntitle: A\n---\n# One\n[x](gone.md)\n[x](draft.md) [x](later.md)\n[x](b.md#no) [x](b.md#two) [x](#one) [x](#none)\n[x](../../etc/passwd)",
        ),
        ("b.md", "# Two"),
        ("draft.md", "---\ndraft: true\n---\n"),
        ("later.md", "---\ndate: 2027-01-01\n---\n"),
    ]);
    let reports: Vec<_> = built
        .reports
        .iter()
        .map(|report| (report.line.unwrap(), report.code.as_str()))
        .collect();
    let expected = [
        (5, "broken_link"),
        (6, "waiting_link"),
        (6, "waiting_link"),
        (7, "broken_anchor"),
        (7, "broken_anchor"),
        (8, "broken_link"),
    ];
    assert_eq!(reports, expected);
    let links = href(&built, "a/index.html");
    let expected = [
        "gone.md",
        "draft.md",
        "later.md",
        "../b/#no",
        "../b/#two",
        "#one",
        "#none",
        "../../etc/passwd",
    ];
    assert_eq!(links, expected);
}

#[test]
fn drafts_and_future_dates_wait() {
    let built = build(&[
        ("a.md", "---\ndate: 2027-05-01\n---\n"),
        ("b.md", "---\ndate: 2027-01-01\n---\n"),
        ("c.md", "---\ndate: 2027-01-01\ndraft: true\n---\n"),
        ("d.md", "---\ndate: 2026-11-23\n---\n"),
    ]);
    let waiting: Vec<_> = built
        .waiting
        .iter()
        .map(|waiting| (waiting.file.as_str(), waiting.until.is_some()))
        .collect();
    assert_eq!(waiting, [("a.md", true), ("b.md", true), ("c.md", false)]);
    assert_eq!(built.due_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
    assert!(has(&built, "d/index.html") && !has(&built, "b/index.html"));
    let mut later = settings();
    later.now = built.due_at.unwrap();
    let folder = folder(&[("b.md", "---\ndate: 2027-01-01\n---\n")]);
    assert!(has(
        &build_with(later, &folder, Record::default()),
        "b/index.html"
    ));
}

#[test]
fn posts_lead_to_their_neighbours() {
    let built = build(&[
        ("a.md", "---\ntitle: First\ndate: 2026-01-01\n---\n"),
        (
            "b.md",
            "---\ntitle: Second\ndate: 2026-02-01\nupdated: 2026-03-01\n---\n",
        ),
        ("c.md", "---\ntitle: Third\ndate: 2026-02-02\n---\n"),
    ]);
    let html = text(&built, "b/index.html");
    contains(
        &html,
        "<a class=\"older\" rel=\"prev\" href=\"../a/\"><span>Older</span> First</a>",
    );
    contains(
        &html,
        "<a class=\"newer\" rel=\"next\" href=\"../c/\"><span>Newer</span> Third</a>",
    );
    contains(
        &html,
        "<time datetime=\"2026-02-01T00:00:00Z\">1 February 2026</time>",
    );
    contains(&html, "Updated <time datetime=\"2026-03-01T00:00:00Z\">");
    contains(
        &html,
        "<meta property=\"article:published_time\" content=\"2026-02-01T00:00:00Z\">",
    );
    contains(
        &html,
        "<link rel=\"canonical\" href=\"https://a.example/blog/b/\">",
    );
    assert!(!text(&built, "c/index.html").contains("class=\"newer\""));
}

#[test]
fn a_large_site_of_links_takes_no_longer_for_each() {
    // A thousand files of one title that name one another by it: with a search through all, this would not end.
    let mut folder = Folder::new();
    for number in 0..600 {
        let text = format!(
            "---\ntitle: Same\n---\n{}",
            "[[same]] [[same#x]] ".repeat(60)
        );
        folder.insert(format!("{}/n{number}.md", number % 7), text);
    }
    let built = build_with(settings(), &folder, Record::default());
    assert_eq!(built.pages, 600);
}
