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
    built_of(&FILES, record)
}

fn built_of(files: &[(&str, &str)], record: Record) -> Built {
    let folder = folder(files);
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
    let second = built(Record::from_bytes(&first.record.to_bytes().into()));
    assert_eq!(second.renders(), 0);
    assert_eq!(all(&second), all(&first));
    assert_eq!(second.reports, first.reports);
}

#[test]
fn an_edit_makes_what_a_build_from_nothing_makes() {
    let first = built(Record::default());
    for (old, new) in [("Text", "Other"), ("main", "other")] {
        let edited = FILES[0].1.replace(old, new);
        let mut files = FILES;
        files[0].1 = &edited;
        let kept = Record::from_bytes(&first.record.to_bytes().into());
        let (again, whole) = (built_of(&files, kept), built_of(&files, Record::default()));
        contains(&text(&again, "a/index.html"), new);
        assert_eq!(all(&again), all(&whole));
        assert_eq!(again.record.to_bytes(), whole.record.to_bytes());
    }
}

#[test]
fn a_file_whose_name_begins_with_a_day_is_a_post_of_that_day() {
    let files = [
        ("2026-01-05-a-long-walk.md", "Text"),
        ("2026-01-06-b.md", "---\ndate: 2025-02-03\n---\nText"),
    ];
    let built = built_of(&files, Record::default());
    let page = text(&built, "2026-01-05-a-long-walk/index.html");
    contains(&page, "<title>A long walk");
    contains(&page, "content=\"2026-01-05T00:00:00Z\"");
    let page = text(&built, "2026-01-06-b/index.html");
    contains(&page, "content=\"2025-02-03T00:00:00Z\"");
}

#[test]
fn tags_are_found_by_the_search() {
    let file = "---\ntags: [Größe]\n---\nText";
    let built = built_of(&[("a.md", file)], Record::default());
    contains(&text(&built, "search.json"), "\"s\":\"grosse text\"");
}
