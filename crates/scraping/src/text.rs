//! The text of an element as a person reads it.

use ego_tree::NodeRef;
use scraper::{ElementRef, Node};

use crate::convert::too_long;
use crate::value::{MAX_VALUE_BYTES, Missing};

/// Elements that begin and end a line (the HTML standard's default style sheet, §15.3, where `display` is not inline).
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// Elements whose text nobody sees.
const UNSEEN: &[&str] = &["noscript", "script", "style", "template"];

/// The text of an element: white space collapsed, a line for each block, without scripts and styles.
///
/// An element that is itself a script is read as it is: it was asked for. `looks` is how many nodes may still be looked
/// at, so that elements in one another, each with the text of all that are inside, don't make it endless.
pub(crate) fn of(element: ElementRef<'_>, looks: &mut usize) -> Result<String, Missing> {
    let mut lines = Lines::default();
    let mut node = Some(*element);
    while let Some(current) = node {
        *looks = looks.checked_sub(1).ok_or_else(|| {
            Missing::new(
                "too_much",
                "the elements that are found have too much in them",
            )
        })?;
        let mut inside = current.first_child();
        match current.value() {
            Node::Text(text) => lines.push(text),
            Node::Element(inner) => {
                if BLOCKS.binary_search(&inner.name()).is_ok() {
                    lines.end();
                } else if matches!(inner.name(), "td" | "th") {
                    lines.space();
                }
                if UNSEEN.contains(&inner.name()) && current.id() != element.id() {
                    inside = None;
                }
            }
            _ => {}
        }
        if lines.text.len() > MAX_VALUE_BYTES {
            return Err(too_long());
        }
        node = inside.or_else(|| after(current, element, &mut lines));
    }
    Ok(lines.text)
}

/// The next node in the order of the page that isn't inside `node`, while still inside `root`.
fn after<'a>(
    node: NodeRef<'a, Node>,
    root: ElementRef<'a>,
    lines: &mut Lines,
) -> Option<NodeRef<'a, Node>> {
    let mut current = node;
    loop {
        if current.id() == root.id() {
            return None;
        }
        let block = current
            .value()
            .as_element()
            .is_some_and(|element| BLOCKS.binary_search(&element.name()).is_ok());
        if block {
            lines.end();
        }
        if let Some(next) = current.next_sibling() {
            return Some(next);
        }
        current = current.parent()?;
    }
}

/// Text as it grows: white space waits until something follows it.
#[derive(Default)]
struct Lines {
    text: String,
    waiting: Option<char>,
}

impl Lines {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space();
            } else {
                self.text.extend(self.waiting.take());
                self.text.push(c);
            }
        }
    }

    fn space(&mut self) {
        if self.waiting.is_none() && !self.text.is_empty() {
            self.waiting = Some(' ');
        }
    }

    fn end(&mut self) {
        if !self.text.is_empty() {
            self.waiting = Some('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> Option<String> {
        let html = crate::html::parse(html).expect("parsed");
        of(html.root_element(), &mut 100_000).ok()
    }

    fn check(html: &str, expected: &str) {
        assert_eq!(text(html).as_deref(), Some(expected), "{html}");
    }

    #[test]
    fn the_names_of_blocks_can_be_searched() {
        assert!(BLOCKS.is_sorted());
    }

    #[test]
    fn white_space_is_one_space() {
        check("<p> a\n\t b&nbsp;c </p>", "a b c");
        check("<p>one<b>two</b> <i> three</i>", "onetwo three");
    }

    #[test]
    fn blocks_are_lines() {
        check(
            "<p>one<p>two<div><div>three</div></div>four<br>five",
            "one\ntwo\nthree\nfour\nfive",
        );
        check("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc");
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        check("<p>a<script>b</script><style>c</style>d<!-- e -->", "ad");
    }

    #[test]
    fn text_that_is_too_long_is_refused() {
        let longest = "x".repeat(MAX_VALUE_BYTES);
        check(&longest, &longest);
        assert_eq!(text(&"x".repeat(MAX_VALUE_BYTES + 1)), None);
    }

    #[test]
    fn looking_ends_with_the_budget() {
        let html = crate::html::parse(&"<b></b>".repeat(100)).expect("parsed");
        let missing = of(html.root_element(), &mut 50).expect_err("more than 50 nodes");
        assert_eq!(missing.code, "too_much");
    }
}
