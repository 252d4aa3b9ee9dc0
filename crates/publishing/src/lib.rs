//! Markdown to a web page. Nothing here reads or writes anything.

use ammonia::Builder;
use maud::{DOCTYPE, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a browser may load for a page, in case that something gets past the cleaning: images, and nothing else.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; img-src 'self' https:; base-uri 'none'; form-action 'none'";

/// How deep quotes, lists and emphasis may stand in each other. Cleaning takes time by the square of it.
const MAX_DEPTH: usize = 100;

/// A text whose parts stand too deep in each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("quotes and lists stand more than {MAX_DEPTH} deep in each other")]
pub struct TooDeep;

/// The page of a Markdown text: `CommonMark` with the tables, strike-through and task lists of GitHub. Its title is the
/// first heading, else `fallback_title`. Front matter, comments and HTML tags are left out.
///
/// # Errors
/// [`TooDeep`].
pub fn page(markdown: &str, fallback_title: &str) -> Result<String, TooDeep> {
    let content = content(markdown)?;
    let title = title(markdown);
    let title = title.as_deref().unwrap_or(fallback_title);
    let page = html! {
        (DOCTYPE)
        html {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="content-security-policy" content=(CONTENT_SECURITY_POLICY);
                title { (title) }
            }
            body { main { (PreEscaped(content)) } }
        }
    };
    Ok(page.into_string())
}

fn parser(markdown: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    Parser::new_ext(markdown, options)
}

/// The HTML of the text, cleaned last.
fn content(markdown: &str) -> Result<String, TooDeep> {
    let mut depth = 0_usize;
    for event in parser(markdown) {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(TooDeep);
        }
    }
    let events =
        parser(markdown).filter(|event| !matches!(event, Event::Html(_) | Event::InlineHtml(_)));
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    Ok(clean(&html))
}

fn clean(html: &str) -> String {
    // The boxes of task lists, which nobody can tick.
    Builder::default()
        .add_tags(["input"])
        .add_tag_attributes("input", ["checked"])
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .clean(html)
        .to_string()
}

/// The words of the first heading, where it has any.
fn title(markdown: &str) -> Option<String> {
    let mut events = parser(markdown);
    events.find(|event| matches!(event, Event::Start(Tag::Heading { .. })))?;
    let mut title = String::new();
    for event in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            _ => {}
        }
    }
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_has_its_title_and_its_text() {
        let page = page(
            "---\ndraft: no\n---\n# Hello *`world`* & all\n\nText.\n",
            "file",
        )
        .unwrap();
        let expected = concat!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            "<meta http-equiv=\"content-security-policy\" content=\"default-src 'none'; img-src 'self' https:; ",
            "base-uri 'none'; form-action 'none'\">",
            "<title>Hello world &amp; all</title></head>",
            "<body><main><h1>Hello <em><code>world</code></em> &amp; all</h1>\n<p>Text.</p>\n</main></body></html>",
        );
        assert_eq!(page, expected);
    }

    #[test]
    fn a_page_without_a_heading_is_called_after_its_file() {
        for markdown in ["", "text", "# ", "#\n\ntext"] {
            let page = page(markdown, "a<b").unwrap();
            assert!(page.contains("<title>a&lt;b</title>"), "{page}");
        }
    }

    #[test]
    fn the_extensions_of_github_are_known() {
        let html = content("|a|b|\n|-|-|\n|1|2|\n\n~~old~~\n\n- [x] done\n- [ ] open\n").unwrap();
        assert!(html.contains("<td>1</td><td>2</td>"), "{html}");
        assert!(html.contains("<del>old</del>"), "{html}");
        assert_eq!(html.matches("checked=\"\"").count(), 1, "{html}");
        assert_eq!(html.matches("<input").count(), 2, "{html}");
    }

    #[test]
    fn what_could_run_is_removed() {
        for (markdown, expected) in [
            ("a <script>alert(1)</script> b", "<p>a alert(1) b</p>\n"),
            ("<script>\nalert(1)\n</script>", ""),
            ("<!-- a note -->", ""),
            ("x <img src=x onerror=alert(1)>", "<p>x </p>\n"),
            ("</main></body>", ""),
            ("`<b>`", "<p><code>&lt;b&gt;</code></p>\n"),
            (
                "[x](javascript:alert(1))",
                "<p><a rel=\"noopener noreferrer\">x</a></p>\n",
            ),
            (
                "[x](JaVaScRiPt&colon;alert(1))",
                "<p><a rel=\"noopener noreferrer\">x</a></p>\n",
            ),
            ("![x](data:text/html,x)", "<p><img alt=\"x\"></p>\n"),
        ] {
            assert_eq!(content(markdown).unwrap(), expected, "{markdown}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_cleaned() {
        for unit in [">", "- ", "1. "] {
            assert!(content(&(unit.repeat(20) + "deep")).is_ok(), "{unit}");
            assert_eq!(
                content(&(unit.repeat(10_000) + "deep")),
                Err(TooDeep),
                "{unit}"
            );
        }
        assert!(
            content(&"<div>".repeat(10_000)).is_ok(),
            "tags are left out"
        );
    }

    proptest! {
        /// What is clean stays as it is: nothing turns into something else when a browser reads it.
        #[test]
        fn cleaning_leaves_nothing_to_clean(markdown in "([ \n#*_`~|>\\[\\]()<&;:=/!\"'a-d-]|<a |<p|<script|<!--|href=|onload=|javascript:){0,60}") {
            let html = content(&markdown).unwrap();
            prop_assert_eq!(clean(&html), html);
        }
    }
}
