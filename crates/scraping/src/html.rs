//! HTML to a tree, with bounds on its size and depth.
//!
//! HTML's rules for misnested formatting can make far more elements of a page than it has tags: each new paragraph opens
//! all that the one before left open. So the tree is looked at while it grows.

use ego_tree::iter::Edge;
use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::{Html, HtmlTreeSink};

use crate::Error;

/// The most elements, texts and comments of a page; each takes some 200 bytes.
pub(crate) const MAX_NODES: usize = 200_000;

/// The deepest that elements stand in one another. Browsers stop at 512.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// How many bytes are parsed between two looks at the tree.
const STEP: usize = 4 * 1024;

/// The same where the tree is deep already, and a few bytes can add much.
const STEP_IN_THE_DEEP: usize = 64;

/// From which depth on.
const DEEP: usize = 100;

/// How much work a page's long tags may make: the sum of the squares of what can separate attributes in each. The
/// tokenizer compares each attribute of a tag with all others; 4 thousand million, which one tag of 63,000 attributes
/// reaches, take a few seconds. Long comments and images in the page itself (`data:`) look the same, and stay far below.
const MAX_SQUARES: u64 = 4_000_000_000;

/// The tree of a page.
pub(crate) fn parse(text: &str) -> Result<Html, Error> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, ParseOpts::default());
    let mut growth = Growth::default();
    let mut rest = text;
    let mut step = STEP;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.floor_char_boundary(step));
        parser.process(StrTendril::from_slice(now));
        let depth = growth.check(&parser.tokenizer.sink.sink.0.borrow(), now)?;
        // What was opened deep down can be opened again by each paragraph that follows, so the small steps stay.
        if depth >= DEEP {
            step = STEP_IN_THE_DEEP;
        }
        rest = later;
    }
    let html = parser.finish();
    growth.check(&html, "")?;
    Ok(html)
}

/// How deep the elements of a tree stand in one another at most.
pub(crate) fn depth(html: &Html) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(_) => depth += 1,
            Edge::Close(_) => depth -= 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A tree as it grows.
#[derive(Default)]
struct Growth<'a> {
    /// How many nodes there were, and how long the text at the end was.
    size: (usize, usize),
    /// What was parsed when the tree grew last, until it is counted: most of a page never is.
    begin: &'a str,
    /// What could separate attributes since the tree grew last: all of it may be one tag.
    separators: u64,
    /// Whether that is of more than one step; the tags of a single one are too short to count.
    long: bool,
    /// The squares of the long tags before.
    squares: u64,
}

impl<'a> Growth<'a> {
    /// The depth of the last node of the tree, when the tree and the work on it are within bounds; `step` is what was
    /// parsed since the last look.
    fn check(&mut self, html: &Html, step: &'a str) -> Result<usize, Error> {
        let nodes = html.tree.values().len();
        if nodes > MAX_NODES {
            return Err(Error::TooManyNodes);
        }
        let mut last = html.tree.root();
        let mut depth = 0;
        while let Some(child) = last.last_child() {
            last = child;
            depth += 1;
        }
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let size = (nodes, last.value().as_text().map_or(0, |text| text.len()));
        if size == self.size {
            self.long = true;
            self.separators += separators(std::mem::take(&mut self.begin)) + separators(step);
        } else {
            self.size = size;
            if std::mem::take(&mut self.long) {
                self.squares += self.separators.pow(2);
            }
            self.separators = 0;
            self.begin = step;
        }
        if self.long && self.squares + self.separators.pow(2) > MAX_SQUARES {
            return Err(Error::TooManyAttributes);
        }
        Ok(depth)
    }
}

/// How much of a text could separate attributes.
fn separators(text: &str) -> u64 {
    let separators = text
        .bytes()
        .filter(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\''));
    separators.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_elements_in_one_another_are_refused() {
        let page = "<div>".repeat(100_000);
        assert!(matches!(parse(&page), Err(Error::TooDeep)));
    }

    #[test]
    fn elements_as_deep_as_allowed_are_parsed() {
        let page = format!("{}x", "<div>".repeat(MAX_DEPTH - 5));
        parse(&page).expect("within bounds");
    }

    #[test]
    fn formatting_that_every_paragraph_opens_again_is_refused() {
        let open: Vec<String> = (0..500).map(|n| format!("<b a={n}>")).collect();
        let page = format!("<p>{}{}", open.concat(), "</p>x<p>y".repeat(100_000));
        assert!(matches!(parse(&page), Err(Error::TooManyNodes)));
    }

    #[test]
    fn too_many_elements_are_refused() {
        let page = "<br>".repeat(MAX_NODES);
        assert!(matches!(parse(&page), Err(Error::TooManyNodes)));
    }

    #[test]
    fn too_many_attributes_are_refused() {
        // Spaces in a value look like attributes, without the work that would make this slow.
        let tag = |separators: usize| format!("<a x='{}'>", " ".repeat(separators));
        assert!(matches!(parse(&tag(70_000)), Err(Error::TooManyAttributes)));
        assert!(matches!(
            parse(&tag(20_000).repeat(12)),
            Err(Error::TooManyAttributes)
        ));
        parse(&tag(20_000).repeat(5)).expect("within bounds");
    }

    #[test]
    fn a_long_text_has_no_attributes() {
        parse(&"x ".repeat(2_000_000)).expect("within bounds");
        parse(&format!(
            "<script>{}</script>",
            "if (a<b) { '/' }; ".repeat(200_000)
        ))
        .expect("within bounds");
        let image =
            "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/".repeat(20_000);
        parse(&format!("<img src='data:image/png;base64,{image}'>")).expect("within bounds");
    }

    #[test]
    fn a_page_is_the_same_however_it_is_cut() {
        let mut page = "<p title='ä&amp;'>ö <b>ü</b></p>".repeat(2_000);
        page.insert_str(0, &"<div>".repeat(DEEP));
        assert!(parse(&page).expect("parsed") == Html::parse_document(&page));
    }
}
