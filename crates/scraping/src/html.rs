//! HTML to a tree, with bounds on its size and depth.
//!
//! HTML's rules for misnested formatting can make far more elements of a page than it has tags: each new paragraph opens
//! all that the one before left open. So the tree is looked at while it grows.

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

/// The tree of a page.
pub(crate) fn parse(text: &str) -> Result<Html, Error> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, ParseOpts::default());
    let mut rest = text;
    let mut step = STEP;
    // What was opened deep down can be opened again by each paragraph that follows, so the small steps stay.
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.floor_char_boundary(step));
        parser.process(StrTendril::from_slice(now));
        if check(&parser.tokenizer.sink.sink.0.borrow())? >= DEEP {
            step = STEP_IN_THE_DEEP;
        }
        rest = later;
    }
    let html = parser.finish();
    check(&html)?;
    Ok(html)
}

/// The depth of the last node of the tree, when the tree is within bounds.
fn check(html: &Html) -> Result<usize, Error> {
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
    Ok(depth)
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
        let mut page = String::from("<p>");
        for n in 0..500 {
            page.push_str(&format!("<b a={n}>"));
        }
        page.push_str(&"</p>x<p>y".repeat(100_000));
        assert!(matches!(parse(&page), Err(Error::TooManyNodes)));
    }

    #[test]
    fn too_many_elements_are_refused() {
        let page = "<br>".repeat(MAX_NODES);
        assert!(matches!(parse(&page), Err(Error::TooManyNodes)));
    }

    #[test]
    fn a_page_is_the_same_however_it_is_cut() {
        let mut page = "<p title='ä&amp;'>ö <b>ü</b></p>".repeat(2_000);
        page.insert_str(0, &"<div>".repeat(DEEP));
        assert!(parse(&page).expect("parsed") == Html::parse_document(&page));
    }
}
