use scraping::Error;
use serde_json::{Value, json};

use crate::{check, extract};

const RSS: &str = r#"<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>News</title><link>https://example.com/</link>
<description>All of it</description><lastBuildDate>Fri, 01 May 2026 10:00:00 GMT</lastBuildDate>
<item><title>Second</title><link>https://example.com/2</link><pubDate>Fri, 01 May 2026 09:00:00 +0200</pubDate><guid>two</guid><category>x</category></item>
<item><title>First</title><link>https://example.com/1</link><description>Words</description></item></channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><id>b</id><updated>2026-05-01T00:00:00Z</updated>
<entry><title>Post</title><id>p</id><updated>2026-05-01T00:00:00Z</updated><author><name>Ada</name></author>
<link rel="edit" href="edit"/><link rel="alternate" href="posts/1"/><content type="html">&lt;p&gt;Hi</content></entry></feed>"#;

#[test]
fn rss_is_read() {
    let rss = |field: Value, expected| check(field, RSS, "application/rss+xml", expected);
    rss(json!({ "feed": "feed.title" }), json!("News"));
    rss(json!({ "feed": "feed.description" }), json!("All of it"));
    rss(json!({ "feed": "title" }), json!("Second"));
    rss(
        json!({ "feed": "title", "all": true }),
        json!(["Second", "First"]),
    );
    rss(
        json!({ "feed": "link", "all": true, "type": "url" }),
        json!(["https://example.com/2", "https://example.com/1"]),
    );
    rss(
        json!({ "feed": "published", "type": "date" }),
        json!("2026-05-01T07:00:00Z"),
    );
    rss(json!({ "feed": "id" }), json!("two"));
    rss(json!({ "feed": "category" }), json!("x"));
    rss(json!({ "feed": "summary" }), json!("Words"));
    rss(
        json!({ "feed": "author" }),
        json!({ "missing": "not_found" }),
    );
}

#[test]
fn atom_is_read() {
    let atom = |field: Value, expected| check(field, ATOM, "application/atom+xml", expected);
    atom(
        json!({ "feed": "link", "type": "url" }),
        json!("https://example.com/shop/posts/1"),
    );
    atom(json!({ "feed": "author" }), json!("Ada"));
    atom(
        json!({ "feed": "updated", "type": "date" }),
        json!("2026-05-01T00:00:00Z"),
    );
    atom(json!({ "feed": "content" }), json!("<p>Hi"));
}

#[test]
fn a_json_feed_is_read() {
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "J",
        "items": [{ "id": "1", "url": "https://example.com/1", "title": "One", "content_text": "x" }],
    });
    check(
        json!({ "feed": "title" }),
        &feed.to_string(),
        "application/feed+json",
        json!("One"),
    );
}

#[test]
fn the_content_type_knows_the_encoding_better_than_the_document() {
    let rss = RSS.replace("Second", "Zweitäs");
    let title = |bytes: &[u8], kind| {
        let results = extract(&json!({ "f": { "feed": "title" } }), bytes, kind).expect("a feed");
        crate::say(&results["f"])
    };
    assert_eq!(
        title(rss.as_bytes(), "application/rss+xml; charset=utf-8"),
        json!("Zweitäs")
    );
    let latin: Vec<u8> = rss
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    assert_eq!(title(&latin, "application/rss+xml"), json!("Zweitäs"));
}

#[test]
fn an_entry_without_an_id_does_not_get_one() {
    let page =
        "<rss version='2.0'><channel><title>x</title><item><title>y</title></item></channel></rss>";
    check(
        json!({ "feed": "id" }),
        page,
        "text/xml",
        json!({ "missing": "not_found" }),
    );
}

#[test]
fn what_is_not_a_feed_is_refused() {
    for page in [
        "",
        "<html><p>x",
        "{}",
        "<rss version='2.0'",
        &"<feed>".repeat(100_000),
        &"<feed><a>".repeat(50_000),
    ] {
        let refused = extract(
            &json!({ "f": { "feed": "title" } }),
            page.as_bytes(),
            "text/xml",
        );
        let shown: String = page.chars().take(20).collect();
        match refused {
            Err(Error::NotFeed(_)) => {}
            Ok(results) => assert_eq!(
                crate::say(&results["f"]),
                json!({ "missing": "not_found" }),
                "{shown}"
            ),
            Err(other) => panic!("{shown}: {other}"),
        }
    }
}

#[test]
fn a_feed_of_too_many_entries_is_refused() {
    let page = format!("<rss version='2.0'><channel>{}", "<item/>".repeat(100_000));
    let refused = extract(
        &json!({ "f": { "feed": "title" } }),
        page.as_bytes(),
        "text/xml",
    );
    assert!(matches!(refused, Err(Error::TooManyTags)));
}
