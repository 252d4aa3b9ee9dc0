//! Bad input.

use proptest::prelude::*;

use super::super::Options;
use super::super::clean::clean;
use super::super::links::secret;
use super::super::urls;
use super::{TRUSTED, UNTRUSTED, document, html, html_of, read, reports};

fn refused(bytes: &[u8]) -> (String, Option<u32>) {
    let report = read("a.md", bytes, UNTRUSTED).unwrap_err();
    assert!(report.left_out);
    assert_eq!(report.file, "a.md");
    assert!(!report.message.is_empty());
    (report.code, report.line)
}

#[test]
fn what_can_not_be_read_is_left_out_with_its_line() {
    for (bytes, code, line) in [
        (b"a\n\xff".to_vec(), "not_text", Some(2)),
        (b"\x89PNG\r\n\x1a\n\0".to_vec(), "not_text", Some(3)),
        (vec![b'a'; 1024 * 1024 + 1], "too_large", None),
        (
            b"---\ntitle: [\n---\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            b"---\na: b\ntitle: \"x\" y\n---\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            b"---\ntitle: a\n\ntext\n".to_vec(),
            "bad_front_matter",
            Some(1),
        ),
        (
            b"---\na: 1\ndate: soon\n---\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            b"+++\na = 1\ndraft = \"perhaps\"\n+++\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            b"+++\na = 1\nb = \n+++\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            b"---\ntitle: a\ntitle: b\n---\n".to_vec(),
            "bad_front_matter",
            Some(3),
        ),
        (
            format!("---\na: {}\n---\n", "x".repeat(65_536)).into_bytes(),
            "bad_front_matter",
            Some(1),
        ),
        (
            [b"a\n\n".to_vec(), b">".repeat(101)].concat(),
            "too_deep",
            Some(3),
        ),
        (b"<div>".repeat(101), "too_deep", Some(1)),
        (b"<p>\n".repeat(20_001), "too_much_html", Some(1)),
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let (seen, at) = refused(&bytes);
        assert_eq!(seen, code, "{shown}");
        if code == "bad_front_matter" && line == Some(3) {
            assert!(
                at.is_some_and(|at| (2..=4).contains(&at)),
                "{shown}: {at:?}"
            );
        } else {
            assert_eq!(at, line, "{shown}");
        }
    }
}

#[test]
fn a_date_of_toml_is_read() {
    let text =
        "+++\ndate = 2026-11-23T12:30:00+01:00\nupdated = 2026-11-24\n[extra]\ndate = 1\n+++\n";
    let front = document(text).front;
    assert_eq!(front.date, Some("2026-11-23T11:30:00Z".parse().unwrap()));
    assert_eq!(front.updated, Some("2026-11-24T00:00:00Z".parse().unwrap()));
}

#[test]
fn what_is_wrong_in_a_field_is_reported_and_the_file_stays() {
    let document =
        document("---\ntitle: [a]\nslug: Über uns\nunknown: {x: 1}\nupdated: x\n---\ntext\n");
    assert_eq!(
        reports(&document),
        [
            (Some(2), "bad_field"),
            (Some(3), "slug_changed"),
            (Some(5), "bad_field")
        ]
    );
    assert_eq!(document.front.slug.as_deref(), Some("über-uns"));
}

#[test]
fn what_could_run_is_removed_and_reported() {
    for (text, expected, line) in [
        ("a\n<script>alert(1)</script> b", "<p>a</p>\n b", Some(2)),
        (
            "a <script>alert(1)</script> b",
            "<p>a alert(1) b</p>\n",
            Some(1),
        ),
        ("\n<script>\nalert(1)\n</script>", "", Some(2)),
        (
            "x <img src=x onerror=alert(1)>",
            "<p>x <img src=\"x\"></p>\n",
            Some(1),
        ),
        ("[x](javascript:alert(1))", "<p><a>x</a></p>\n", Some(1)),
        (
            "[x](JaVaScRiPt&colon;alert(1))",
            "<p><a>x</a></p>\n",
            Some(1),
        ),
        (
            "![x](data:image/png;base64,aa)",
            "<p><img alt=\"x\"></p>\n",
            Some(1),
        ),
        ("<p style=\"position:fixed\">x</p>", "<p>x</p>", Some(1)),
        ("<iframe src=\"https://x.example\"></iframe>", "", Some(1)),
        ("<form><button>x</button></form>", "x", Some(1)),
    ] {
        let document = document(text);
        assert_eq!(html_of(&document), expected, "{text}");
        let seen = reports(&document);
        assert_eq!(seen.first(), Some(&(line, "unsafe_html")), "{text}");
    }
    assert_eq!(html("<!-- a note -->"), "");
    assert_eq!(html("</main></body>"), "");
}

#[test]
fn html_of_a_trusted_author_stays() {
    let text = "<script>\nlet a = '<a href=\"x.md\">';\n</script>\n\n<p onclick=\"x\" style=\"color: red\">a</p>\n";
    let document = read("a.md", text.as_bytes(), TRUSTED).unwrap();
    assert_eq!(html_of(&document), text.replace("\n\n", "\n"));
    assert_eq!(reports(&document), []);
}

#[test]
fn formatting_does_not_run_on_and_multiply() {
    let html = html(&("<b><i><u><s>".to_owned() + &"x\n\n".repeat(50)));
    assert!(html.matches("<b>").count() <= 2, "{html}");
    assert!(html.matches("<u>").count() <= 2, "{html}");
}

#[test]
fn elements_between_cells_are_bounded() {
    let report = read(
        "a.md",
        ("<table>\n\n".to_owned() + &"*a* ".repeat(20_000)).as_bytes(),
        UNTRUSTED,
    );
    assert_eq!(report.unwrap_err().code, "too_much_html");
    let whole =
        "<table><tr><td>\n\n".to_owned() + &"*a* ".repeat(20_000) + "\n\n</td></tr></table>\n";
    assert!(read("a.md", whole.as_bytes(), UNTRUSTED).is_ok());
}

#[test]
fn there_are_at_most_fifty_reports() {
    let document = document(&"[a](#none)\n".repeat(60));
    assert_eq!(document.reports.len(), 51);
    assert_eq!(document.reports[50].message, "and 10 more");
}

#[test]
fn marks_can_not_be_forged() {
    let text = "[a](b.md) x\n";
    let secret = secret(text);
    // Whoever writes the mark of a file has written another file.
    let forged = format!("{text}[c]({secret}-0) <p id=\"{secret}x\">{secret}-0</p>\n");
    let document = document(&forged);
    assert_eq!(document.links.len(), 2);
    assert_eq!(document.links[1].target, format!("{secret}-0"));
    assert!(html_of(&document).contains(&format!("id=\"_user-{secret}x\"")));
}

/// Pieces of Markdown and HTML that mean something.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ \n#*_`~|>()<&;:=/!\"'a-d$\\[\\]{}^+.@-]",
        prop::sample::select(vec![
            "<a ",
            "<a href=\"b.md\">",
            "<p",
            "<script",
            "</script>",
            "<!--",
            "-->",
            "href=",
            "onload=",
            "javascript:",
            "<style>",
            "<table>",
            "<td>",
            "</td>",
            "<b>",
            "</b>",
            "<svg>",
            "<math>",
            "<mtext>",
            "id=\"a\"",
            "<div>",
            "[[",
            "]]",
            "![[",
            "$$",
            "```math\n",
            "```rust\n",
            "```\n",
            "[^a]",
            "\n[^a]: ",
            "> [!NOTE]\n",
            "- [x] ",
            "|-|\n",
            "&lt;",
            "&#60;",
            "www.a.b",
            "https://a.b",
            "#a",
            "(#a)",
            "[a](b.md)",
            "![a](b.png)",
            "---\n",
            "+++\n",
            "title: ",
            "\n\n",
            "    ",
            "<textarea>",
            "<plaintext>",
            "<noscript>",
            "<![CDATA[",
            "<?",
            "\u{fdd0}",
            "ü",
            "\r\n",
            "<p style=\"color:red\">",
            "<img src=x:y>",
            "\\frac",
            "<select>",
            "<option>",
            "<details open>",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What is clean stays as it is: nothing turns into something else when a browser reads it.
    #[test]
    fn cleaning_leaves_nothing_to_clean(text in any_text()) {
        if let Ok(document) = read("a.md", text.as_bytes(), UNTRUSTED) {
            let html = html_of(&document);
            prop_assert_eq!(clean(&html), html);
            for link in document.links {
                prop_assert_eq!(urls::scheme(&link.written), None);
            }
        }
    }

    #[test]
    fn reading_is_the_same_each_time_and_never_panics(text in any_text(), smart_punctuation: bool, trusted: bool) {
        let options = Options { smart_punctuation, trusted };
        let once = read("a.md", text.as_bytes(), options);
        prop_assert_eq!(&once, &read("a.md", text.as_bytes(), options));
        if let Ok(document) = once {
            prop_assert_eq!(document.pieces.len(), document.links.len() + 1);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("a.md", &bytes, UNTRUSTED);
    }
}
