//! What Markdown becomes.

use super::super::{Heading, Options};
use super::{document, html, html_of, read, reports};

#[test]
fn the_extensions_of_github_are_known() {
    for (text, expected) in [
        (
            "|a|b|\n|-|:-:|\n|1|2|",
            "<table><thead><tr><th>a</th><th align=\"center\">b</th></tr></thead><tbody>\n<tr><td>1</td><td align=\"center\">2</td></tr>\n</tbody></table>\n",
        ),
        ("~~old~~", "<p><del>old</del></p>\n"),
        (
            "www.example.org",
            "<p><a href=\"http://www.example.org\">www.example.org</a></p>\n",
        ),
        (
            "a@b.example",
            "<p><a href=\"mailto:a@b.example\">a@b.example</a></p>\n",
        ),
        (
            "[see https://a.example](https://b.example)",
            "<p><a href=\"https://b.example\">see https://a.example</a></p>\n",
        ),
        (
            "<a href=\"https://b.example\">https://a.example</a>",
            "<p><a href=\"https://b.example\">https://a.example</a></p>\n",
        ),
        (
            "`https://a.example`",
            "<p><code>https://a.example</code></p>\n",
        ),
        (
            "https://a.example/x_y_z*a*b",
            "<p><a href=\"https://a.example/x_y_z\">https://a.example/x_y_z</a><em>a</em>b</p>\n",
        ),
        (
            "> [!NOTE]\n> a",
            "<div class=\"markdown-alert markdown-alert-note\" role=\"note\">\n<p class=\"markdown-alert-title\">Note</p>\n<p>a</p>\n</div>\n",
        ),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn tasks_have_boxes_that_nobody_can_tick() {
    let html = html("- [x] done\n- [ ] open\n");
    assert_eq!(html.matches("<input").count(), 2, "{html}");
    assert_eq!(html.matches("checked=\"\"").count(), 1, "{html}");
    assert_eq!(html.matches("disabled=\"\"").count(), 2, "{html}");
    assert_eq!(html.matches("type=\"checkbox\"").count(), 2, "{html}");
}

#[test]
fn footnotes_stand_at_the_end_in_their_order() {
    let html = html("a[^b] c[^a] d[^b] e[^none]\n\n[^a]: second\n[^b]: first\n[^unused]: x\n");
    let first = html.find("first").unwrap();
    let second = html.find("second").unwrap();
    assert!(first < second, "{html}");
    assert!(html.contains("[^none]"), "{html}");
    assert!(!html.contains('x'), "{html}");
    for part in [
        "<a href=\"#_fn-1\" id=\"_fnref-1-2\" role=\"doc-noteref\">1</a>",
        "<li id=\"_fn-2\">",
        "href=\"#_fnref-1-2\"",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn headings_have_anchors_of_their_own() {
    let document =
        document("text\n\n# A `b`\n\n## Über uns\n\n## Über uns\n\n### c {#own-id}\n\n# {x}\n");
    let seen: Vec<(u8, &str, &str)> = document
        .headings
        .iter()
        .map(|Heading { level, id, text }| (*level, id.as_str(), text.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "a-b", "A b"),
            (2, "über-uns", "Über uns"),
            (2, "über-uns-1", "Über uns"),
            (3, "own-id", "c"),
            (1, "x", "{x}"),
        ]
    );
    let html = html_of(&document);
    assert!(
        html.contains("<h1 id=\"a-b\">A <code>b</code></h1>"),
        "{html}"
    );
    assert!(html.contains("<h3 id=\"own-id\">c</h3>"), "{html}");
}

#[test]
fn the_first_heading_becomes_the_title() {
    for (text, title, rest) in [
        ("# A *b*\n\ntext", Some("A b"), "<p>text</p>\n"),
        (
            "---\ntitle: A\n---\n# A\n\ntext",
            Some("A"),
            "<p>text</p>\n",
        ),
        ("<!-- note -->\n\n# A\n\ntext", Some("A"), "<p>text</p>\n"),
        (
            "---\ntitle: B\n---\n# A\n",
            Some("B"),
            "<h1 id=\"a\">A</h1>\n",
        ),
        (
            "text\n\n# A\n",
            Some("A"),
            "<p>text</p>\n<h1 id=\"a\">A</h1>\n",
        ),
        (
            "# \n\ntext",
            None,
            "<h1 id=\"section\"></h1>\n<p>text</p>\n",
        ),
        ("## A\n", None, "<h2 id=\"a\">A</h2>\n"),
        (
            "> # A\n",
            Some("A"),
            "<blockquote>\n<h1 id=\"a\">A</h1>\n</blockquote>\n",
        ),
    ] {
        let document = document(text);
        assert_eq!(document.title.as_deref(), title, "{text}");
        assert_eq!(html_of(&document), rest, "{text}");
    }
}

#[test]
fn formulas_are_mathml_and_wrong_ones_are_code() {
    let document = document("Is $a<b$ and\n$$\\frac12$$\n\n```math\nx^2\n```\n\n$\\nope$\n");
    let html = html_of(&document);
    assert_eq!(html.matches("<math").count(), 3, "{html}");
    assert_eq!(html.matches("display=\"block\"").count(), 2, "{html}");
    assert!(
        html.contains("<code class=\"math-error\">\\nope</code>"),
        "{html}"
    );
    assert_eq!(reports(&document), [(Some(8), "bad_math")]);
}

#[test]
fn prices_are_no_formulas() {
    for text in ["costs $5 and $10 today", "it is US$5/CA$6", "$5-$10", "$5"] {
        assert!(!html(text).contains("<math"), "{text}");
    }
}

#[test]
fn punctuation_is_typographic_by_option() {
    let options = Options {
        smart_punctuation: true,
        trusted: false,
    };
    let text = "\"a\" -- b... https://a.example/x--y 'c'";
    let document = read("a.md", text.as_bytes(), options).unwrap();
    assert_eq!(
        html_of(&document),
        "<p>“a” – b… <a href=\"https://a.example/x--y\">https://a.example/x--y</a> ‘c’</p>\n"
    );
    assert!(html(text).contains("--"));
}

#[test]
fn code_has_classes_that_stay() {
    let html = html("```rust\nlet a = \"<\";\n```\n\n    plain <b>\n");
    assert!(
        html.contains("<code class=\"language-rust\"><span class=\"hl-k\">let</span>"),
        "{html}"
    );
    assert!(
        html.contains("<pre><code>plain &lt;b&gt;\n</code></pre>"),
        "{html}"
    );
}

#[test]
fn the_words_are_plain() {
    let long = "x\n".repeat(9);
    let text = format!(
        "# Title\n\n![alt words](a.png) *First* `code` &amp; [link](b.md).\n\nSecond.\n\n```\nshort code\n```\n\n```\n{long}```\n\n<b>bold</b>\n"
    );
    let document = document(&text);
    assert_eq!(document.summary, "alt words First code & link.");
    assert_eq!(
        document.text,
        "Title alt words First code & link. Second. short code bold"
    );
}

#[test]
fn the_description_is_the_summary() {
    let document = document("---\ndescription: Said so\n---\nOther.\n");
    assert_eq!(document.summary, "Said so");
}

#[test]
fn line_ends_and_marks_make_no_difference() {
    let plain = document("---\ntitle: a\n---\n# b\n\nc\n");
    let other = document("\u{feff}---\r\ntitle: a\r\n---\r\n# b\r\n\r\nc\r\n");
    assert_eq!(plain, other);
}
