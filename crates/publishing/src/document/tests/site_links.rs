//! Links to files and within files.

use super::super::{Anchor, Link, LinkKind};
use super::{TRUSTED, document, html_of, read, reports};

fn link(kind: LinkKind, target: &str, fragment: Option<&str>, line: u32, written: &str) -> Link {
    Link {
        kind,
        target: target.to_owned(),
        fragment: fragment.map(str::to_owned),
        line,
        written: written.to_owned(),
    }
}

#[test]
fn links_to_files_are_cut_out() {
    let text = "---\ntitle: a\n---\n[x](../a%20b.md#c%20d \"t\")\n![y](/p.png)\n[[Page name]]\n[[Page#Some heading|words]] ![[pic.PNG]] ![[Note]]\n[z]\n\n[z]: <c d.md>\n";
    let document = document(text);
    assert_eq!(
        document.links,
        [
            link(
                LinkKind::Link,
                "../a b.md",
                Some("c d"),
                4,
                "../a%20b.md#c%20d"
            ),
            link(LinkKind::Image, "/p.png", None, 5, "/p.png"),
            link(LinkKind::Wiki, "Page name", None, 6, "Page%20name"),
            link(
                LinkKind::Wiki,
                "Page",
                Some("Some heading"),
                7,
                "Page#Some%20heading"
            ),
            link(LinkKind::Wiki, "pic.PNG", None, 7, "pic.PNG"),
            link(LinkKind::Wiki, "Note", None, 7, "Note"),
            link(LinkKind::Link, "c d.md", None, 8, "c%20d.md"),
        ]
    );
    let mut number = 0;
    let html = document.html(|_| {
        number += 1;
        format!("<{number}\">")
    });
    assert_eq!(
        html,
        "<p><a href=\"&lt;1&quot;&gt;\" title=\"t\">x</a>\n<img src=\"&lt;2&quot;&gt;\" alt=\"y\">\n<a href=\"&lt;3&quot;&gt;\" class=\"wiki-link\">Page name</a>\n<a href=\"&lt;4&quot;&gt;\" class=\"wiki-link\">words</a> <img src=\"&lt;5&quot;&gt;\" alt=\"pic.PNG\"> <a href=\"&lt;6&quot;&gt;\" class=\"wiki-link\">Note</a>\n<a href=\"&lt;7&quot;&gt;\">z</a></p>\n"
    );
}

#[test]
fn links_of_html_are_cut_out_whether_trusted_or_not() {
    let text = "a\n<a href=\"b.md#c\">b</a>\n\n<img\n src='p.png'>\n<video src=\"v.mp4\" poster=\"q.png\"></video>\n";
    for options in [super::UNTRUSTED, TRUSTED] {
        let document = read("a.md", text.as_bytes(), options).unwrap();
        let mut links = document.links.clone();
        links.sort_by(|a, b| a.target.cmp(&b.target));
        assert_eq!(
            links,
            [
                link(LinkKind::Link, "b.md", Some("c"), 2, "b.md#c"),
                link(LinkKind::Image, "p.png", None, 4, "p.png"),
                link(LinkKind::Image, "q.png", None, 6, "q.png"),
                link(LinkKind::Image, "v.mp4", None, 6, "v.mp4"),
            ]
        );
    }
}

#[test]
fn links_elsewhere_stay() {
    for url in [
        "https://example.org/a.md?x=1&amp;y#z",
        "//example.org",
        "mailto:a@b.example",
        "?q=1",
        "#",
    ] {
        let document = document(&format!("[a]({url})"));
        assert!(document.links.is_empty(), "{url}");
        assert_eq!(
            html_of(&document),
            format!("<p><a href=\"{url}\">a</a></p>\n")
        );
        assert_eq!(reports(&document), []);
    }
}

#[test]
fn links_within_the_file_lead_to_what_is_there() {
    let text = "# Title\n\n## Über uns\n\n<p id=\"mine\">x</p>\n\n[a](#über-uns) [b](#%C3%BCber-uns) [c](#Über uns)\n[[#Über uns]] [d](#mine) [e](#title) [f](#top)\n[g](#nowhere)\n";
    let text = text.replace("[c](#Über uns)", "[c](<#Über uns>)");
    let document = document(&text);
    let html = html_of(&document);
    assert_eq!(html.matches("href=\"#%C3%BCber-uns\"").count(), 4, "{html}");
    assert!(html.contains("<p id=\"_user-mine\">"), "{html}");
    assert!(html.contains("href=\"#_user-mine\""), "{html}");
    assert!(html.contains("<a href=\"#\">e</a>"), "{html}");
    assert!(html.contains("<a href=\"#nowhere\">g</a>"), "{html}");
    assert_eq!(reports(&document), [(Some(9), "broken_anchor")]);
    assert_eq!(document.anchor("Über uns"), Some("über-uns"));
    assert_eq!(document.anchor("mine"), Some("_user-mine"));
    assert_eq!(document.anchor("title"), Some(""));
    assert_eq!(document.anchor("nowhere"), None);
}

#[test]
fn ids_of_a_trusted_author_stay() {
    let document = read("a.md", b"<p id=search>x</p>\n\n[a](#search)\n", TRUSTED).unwrap();
    let html = html_of(&document);
    assert_eq!(
        html,
        "<p id=\"search\">x</p>\n<p><a href=\"#search\">a</a></p>\n"
    );
    let expected = Anchor {
        name: "search".to_owned(),
        id: "search".to_owned(),
    };
    assert_eq!(document.anchors, [expected]);
    assert_eq!(reports(&document), []);
}

#[test]
fn a_picture_that_is_a_link_is_both() {
    let document = document("[![a](b.png)](c.md)");
    let kinds: Vec<LinkKind> = document.links.iter().map(|link| link.kind).collect();
    assert_eq!(kinds, [LinkKind::Link, LinkKind::Image]);
}

#[test]
fn wiki_links_stand_in_tables_and_code_is_left_alone() {
    let document = document("|a|\n|-|\n|[[Page\\|words]]|\n\n`[[Code]]`\n");
    assert_eq!(document.links.len(), 1, "{document:?}");
    assert_eq!(document.links[0].target, "Page");
    assert!(html_of(&document).contains(">words</a>"));
}

#[test]
fn what_is_left_in_place_never_runs() {
    for text in [
        "[[javascript:alert(1)]]",
        "[[ javascript:x|y]]",
        "![[javascript:x.png]]",
        "[a](<\u{3000}javascript:x>)",
        "[a](<\u{85}javascript:x>)",
        "<a href=\"\u{a0}javascript:x\">a</a>",
    ] {
        let document = document(text);
        assert_eq!(document.links.len(), 1, "{text}");
        let html = html_of(&document);
        assert_eq!(super::super::clean::clean(&html), html, "{text}");
        for name in ["href", "src"] {
            let script = format!("{name}=\"javascript:");
            assert!(!html.contains(&script), "{html}");
        }
    }
}

#[test]
fn words_of_a_wiki_link_are_escaped() {
    let document = document("[[a\"><b|<i>x</i>]] [[<script>]]");
    let html = html_of(&document);
    assert!(
        !html.contains("<script") && !html.contains("\"><b"),
        "{html}"
    );
}
