//! Feeds, the map of the site and the index, as programs read them.

use super::*;

fn blog() -> Built {
    let mut settings = settings();
    settings.setup.theme.author = Some("Ann & Bo".to_owned());
    settings.setup.theme.posts_per_page = Some(2);
    let folder = folder(&[
        (
            "posts/a.md",
            "---\ntitle: Tom & <Jerry>\ndate: 2026-01-01\nupdated: 2026-02-01\ntags: x, Y & z\nimage: /pic.png\n---\n# One\n[x](b.md) [y](#one) [z](../pic.png) [q](https://b.example/) \u{8}",
        ),
        ("posts/b.md", "---\ntitle: B\ndate: 2026-01-02\n---\nText"),
        ("posts/old.md", "---\ndate: 2020-01-02\n---\nText"),
        ("pic.png", "x"),
        ("about.md", "x"),
        ("404.md", "x"),
    ]);
    build_with(settings, &folder, Record::default())
}

fn check(feed: &feed_rs::model::Feed) {
    assert_eq!(feed.title.as_ref().unwrap().content, "A site");
    assert_eq!(feed.authors[0].name.as_deref(), Some("Ann & Bo"));
    let titles: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| entry.title.as_ref().unwrap().content.as_str())
        .collect();
    assert_eq!(titles, ["B", "Tom & <Jerry>"]);
    let entry = &feed.entries[1];
    assert_eq!(entry.id, "https://a.example/blog/posts/a/");
    assert_eq!(entry.links[0].href, "https://a.example/blog/posts/a/");
    assert!(entry.published.unwrap() < entry.updated.unwrap());
    let tags: Vec<_> = entry
        .categories
        .iter()
        .map(|tag| tag.term.as_str())
        .collect();
    assert_eq!(tags, ["x", "Y & z"]);
    let content = entry.content.as_ref().unwrap().body.as_ref().unwrap();
    for url in [
        "https://a.example/blog/posts/b/",
        "https://a.example/blog/posts/a/#one",
        "https://a.example/blog/pic.png",
        "https://b.example/",
    ] {
        contains(content, &format!("href=\"{url}\""));
    }
}

#[test]
fn the_atom_feed_is_read() {
    let feed = text(&blog(), "feed.xml");
    check(&feed_rs::parser::parse(feed.as_bytes()).unwrap());
    contains(
        &feed,
        "<updated>2026-02-01T00:00:00Z</updated><link rel=\"alternate\"",
    );
}

#[test]
fn the_json_feed_is_read() {
    let feed = text(&blog(), "feed.json");
    check(&feed_rs::parser::parse(feed.as_bytes()).unwrap());
    let json: serde_json::Value = serde_json::from_str(&feed).unwrap();
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(json["items"][1]["image"], "https://a.example/blog/pic.png");
}

#[test]
fn a_site_without_posts_has_a_valid_feed() {
    let built = build(&[("a.md", "x")]);
    for path in ["feed.xml", "feed.json"] {
        let feed = feed_rs::parser::parse(text(&built, path).as_bytes()).unwrap();
        assert_eq!(feed.entries.len(), 0);
    }
    assert!(!has(&built, "archive/index.html") && !has(&built, "tags/index.html"));
}

#[test]
fn the_sitemap_names_every_page() {
    let built = blog();
    let map = text(&built, "sitemap.xml");
    let mut reader = quick_xml::Reader::from_str(&map);
    reader.config_mut().check_end_names = true;
    let mut urls = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) if start.name().as_ref() == "url" => urls += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    // Home, archive, three posts, a page; not the page of what isn't found.
    assert_eq!(urls, 6);
    contains(
        &map,
        "<loc>https://a.example/blog/posts/a/</loc><lastmod>2026-02-01T00:00:00Z</lastmod>",
    );
    contains(
        &text(&built, "robots.txt"),
        "\nSitemap: https://a.example/blog/sitemap.xml\n",
    );
}

#[test]
fn the_index_has_folded_words() {
    let built = build(&[
        ("a.md", "---\ntitle: Größe \"x\"\n---\nŁódź über ALLES"),
        ("404.md", "secret"),
    ]);
    let index: serde_json::Value = serde_json::from_str(&text(&built, "search.json")).unwrap();
    assert_eq!(index["pages"][0]["u"], "a/");
    assert_eq!(index["pages"][0]["t"], "Größe \"x\"");
    contains(index["pages"][0]["s"].as_str().unwrap(), "lodz uber alles");
    assert_eq!(index["pages"].as_array().unwrap().len(), 1);
}
