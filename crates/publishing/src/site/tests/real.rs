//! With Markdown read as it is read in earnest: that the two halves fit together.

use super::*;

const FILES: [(&str, &str); 3] = [
    (
        "a.md",
        "---\ntitle: One\ndate: 2026-01-01\n---\nText[^1] with [[two#Some words]] and [up](#part) [gone](b.md#nowhere).\n\n## Part\n\n```rust\nfn main() {}\n```\n\n![pic](p.png)\n\n[^1]: Note.\n",
    ),
    ("b.md", "# Two\n\n## Some words\n\nText"),
    ("p.png", "x"),
];

fn built(record: Record) -> Built {
    let folder = folder(&FILES);
    let mut plan = Plan::new(settings(), sources(&folder), record);
    for source in plan.needed() {
        plan.give(&source.path, Ok(folder[&source.path].as_bytes()));
    }
    plan.build()
}

#[test]
fn links_and_anchors_are_found() {
    let built = built(Record::default());
    let html = text(&built, "a/index.html");
    contains(&html, "href=\"../b/#some-words\"");
    contains(&html, "href=\"#part\"");
    contains(&html, "src=\"../p.png\"");
    contains(&html, "hl-k");
    assert_eq!(reported(&built), [("a.md", "broken_anchor")]);
    let feed = feed_rs::parser::parse(text(&built, "feed.xml").as_bytes()).unwrap();
    let content = feed.entries[0]
        .content
        .as_ref()
        .unwrap()
        .body
        .as_ref()
        .unwrap();
    contains(content, "href=\"https://a.example/blog/a/#part\"");
    contains(content, "src=\"https://a.example/blog/p.png\"");
    assert!(!content.contains("href=\"#"), "{content}");
}

#[test]
fn the_record_brings_it_all_back() {
    let first = built(Record::default());
    let second = built(Record::from_bytes(&first.record.to_bytes()));
    assert_eq!(second.renders(), 0);
    assert_eq!(all(&second), all(&first));
    assert_eq!(second.reports, first.reports);
}
