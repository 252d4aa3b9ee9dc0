//! HTML within Markdown, before it is cleaned: what will be removed is removed here already and reported with its line, and what
//! would cost the cleaning time by the square of the file is refused. [`super::clean`] decides, and sees everything after this.

use std::collections::HashMap;

use super::clean;
use super::entities::{push_veiled, unescaped, veil_markup};
use super::markup::{Tag, Token, Tokens};
use super::reports::Reports;
use super::told::{report_attributes, report_tag};

/// How deep elements may stand in each other. The cleaning takes time by the square of it.
pub(super) const MAX_DEPTH: usize = 100;
/// The most tags of HTML in a file: what stands in a table but in no cell of it is moved, at a price that grows with what was moved
/// before.
const MAX_TAGS: usize = 20_000;
/// The most attributes of a tag: each is compared with all before it.
const MAX_ATTRIBUTES: usize = 40;
/// The most bytes of a tag: names of characters in it take time by the square of their number.
const MAX_TAG: usize = 8_000;
/// The most elements of [`FORMATTING`] that are open at a time: they are opened again in every paragraph.
const MAX_FORMATTING: usize = 10;
/// How many of those may stay open over the end of a block of HTML, for `<a>` around a paragraph.
const KEPT_OPEN: usize = 2;

/// Elements without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Elements that end where the next of their kind starts.
const ENDED_BY_NEXT: [&str; 14] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "colgroup",
    "rp", "rt",
];
/// Elements that a browser opens again after a block within which they were not closed:
/// <https://html.spec.whatwg.org/multipage/parsing.html#formatting>.
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Why a file can't be cleaned in a bounded time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// Elements stand too deep in each other.
    Depth,
    /// There are too many tags of HTML.
    Tags,
    /// There are too many parts of Markdown.
    Parts,
}

/// The HTML of one file, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Html {
    /// How many elements of a name are open.
    open: HashMap<String, usize>,
    depth: usize,
    formatting: Vec<String>,
    /// How many of `formatting` were opened by blocks of HTML.
    kept: usize,
    tags: usize,
    /// In a table, and in no cell of it.
    between_cells: bool,
    /// Links with the line that each stood in first.
    lines: HashMap<String, u32>,
    /// The ids that were given to elements.
    ids: Vec<String>,
}

impl Html {
    /// How deep what follows stands in elements of HTML.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether there are tags of HTML.
    pub fn has_tags(&self) -> bool {
        self.tags > 0
    }

    /// Whether what follows stands in a link.
    pub fn in_link(&self) -> bool {
        self.open.get("a").is_some_and(|open| *open > 0)
    }

    /// The line that a URL of HTML stood in first.
    pub fn line_of(&self, url: &str) -> Option<u32> {
        self.lines.get(url).copied()
    }

    /// The ids that elements of HTML have.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Counts something of Markdown that the browser has to move where it stands between the cells of a table.
    pub fn count_moved(&mut self) -> Result<(), TooMuch> {
        if self.between_cells {
            self.count(1)?;
        }
        Ok(())
    }

    fn count(&mut self, tags: usize) -> Result<(), TooMuch> {
        self.tags += tags;
        if self.tags > MAX_TAGS {
            return Err(TooMuch::Tags);
        }
        Ok(())
    }

    /// Notes what HTML of a trusted author links to and how its elements are called.
    pub fn look(&mut self, html: &str, line: u32) {
        let mut lines = LineCounter::new(html, line);
        for token in Tokens::new(html) {
            if let Token::Tag(tag) = token {
                let line = lines.at(tag.place.start);
                self.note(&tag, html, line);
            }
        }
    }

    fn note(&mut self, tag: &Tag, html: &str, line: u32) {
        if tag.name == "a" {
            let open = self.open.entry("a".to_owned()).or_default();
            *open = if tag.end {
                open.saturating_sub(1)
            } else {
                *open + 1
            };
        }
        for attribute in &tag.attributes {
            let value = html.get(attribute.value.clone()).unwrap_or_default();
            match attribute.name.as_str() {
                "href" | "src" | "poster" => {
                    self.lines.entry(unescaped(value)).or_insert(line);
                }
                "id" if !value.is_empty() => self.ids.push(unescaped(value)),
                "name" if tag.name == "a" => self.ids.push(unescaped(value)),
                _ => {}
            }
        }
    }

    /// HTML of an untrusted author without tags that are not allowed.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub fn tidy(
        &mut self,
        html: &str,
        line: u32,
        reports: &mut Reports,
    ) -> Result<String, TooMuch> {
        let mut tidy = String::with_capacity(html.len());
        let mut hidden = false;
        let mut lines = LineCounter::new(html, line);
        for token in Tokens::new(html) {
            match token {
                Token::Text(place) => {
                    if !std::mem::take(&mut hidden) {
                        let text = html.get(place).unwrap_or_default();
                        self.count(veil_markup(&mut tidy, text))?;
                    }
                }
                // A declaration or an instruction would be no more than a comment.
                Token::Comment(_) => {}
                Token::Unfinished(place) => {
                    let text = html.get(place).unwrap_or_default();
                    if !text.starts_with("<!") {
                        push_veiled(&mut tidy, text);
                    }
                }
                Token::Tag(tag) => {
                    let at = lines.at(tag.place.start);
                    if self.take(&tag, html, at, reports)? {
                        tidy.push_str(html.get(tag.place).unwrap_or_default());
                    } else {
                        hidden = !tag.end && matches!(tag.name.as_str(), "script" | "style");
                    }
                }
            }
        }
        Ok(tidy)
    }

    /// Whether a tag stays.
    fn take(
        &mut self,
        tag: &Tag,
        html: &str,
        line: u32,
        reports: &mut Reports,
    ) -> Result<bool, TooMuch> {
        if !clean::is_allowed(&tag.name) {
            if !tag.end {
                report_tag(&tag.name, line, reports);
            }
            return Ok(false);
        }
        if tag.attributes.len() > MAX_ATTRIBUTES || tag.place.len() > MAX_TAG {
            reports.once("attributes", Some(line), "unsafe_html", || {
                format!("a tag with more than {MAX_ATTRIBUTES} attributes or {MAX_TAG} bytes was removed")
            });
            return Ok(false);
        }
        self.count(1)?;
        if tag.end {
            self.close(&tag.name);
        } else {
            report_attributes(tag, html, line, reports);
            self.open(tag, html, line)?;
        }
        Ok(true)
    }

    fn open(&mut self, tag: &Tag, html: &str, line: u32) -> Result<(), TooMuch> {
        let name = tag.name.as_str();
        self.place(name, false);
        if !VOID.contains(&name) && !ENDED_BY_NEXT.contains(&name) {
            let open = self.open.entry(name.to_owned()).or_default();
            *open += 1;
            self.depth += 1;
        }
        if FORMATTING.contains(&name) {
            self.formatting.push(name.to_owned());
        }
        for attribute in &tag.attributes {
            let value = html.get(attribute.value.clone()).unwrap_or_default();
            match attribute.name.as_str() {
                "href" | "src" | "poster" => {
                    self.lines.entry(unescaped(value)).or_insert(line);
                }
                "id" if !value.is_empty() => self.ids.push(unescaped(value)),
                _ => {}
            }
        }
        if self.depth > MAX_DEPTH || self.formatting.len() > MAX_FORMATTING {
            return Err(TooMuch::Depth);
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        self.place(name, true);
        if let Some(open) = self.open.get_mut(name).filter(|open| **open > 0) {
            *open -= 1;
            self.depth -= 1;
        }
        if let Some(place) = self.formatting.iter().rposition(|open| open == name) {
            self.formatting.remove(place);
            self.kept = self.kept.min(self.formatting.len());
        }
    }

    fn place(&mut self, name: &str, end: bool) {
        match name {
            "td" | "th" | "caption" => self.between_cells = end,
            "table" => self.between_cells = !end,
            "tr" | "tbody" | "thead" | "tfoot" => self.between_cells = true,
            _ => {}
        }
    }

    /// The end of a block of Markdown: tags that close what was opened in it by HTML, since it would be opened again in all that
    /// follows.
    pub fn end_block(&mut self) -> String {
        self.end_down_to(self.kept)
    }

    /// The end of a block of HTML.
    pub fn end_html(&mut self) -> String {
        let tags = self.end_down_to(KEPT_OPEN);
        self.kept = self.formatting.len();
        tags
    }

    fn end_down_to(&mut self, count: usize) -> String {
        let mut tags = String::new();
        while self.formatting.len() > count {
            if let Some(name) = self.formatting.last().cloned() {
                tags.extend(["</", &name, ">"]);
                self.close(&name);
            }
        }
        tags
    }
}

/// Tells the lines of places that come in order, by one pass over the text.
struct LineCounter<'a> {
    html: &'a str,
    place: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    fn new(html: &'a str, line: u32) -> Self {
        Self {
            html,
            place: 0,
            line,
        }
    }

    fn at(&mut self, place: usize) -> u32 {
        let between = self.html.get(self.place..place).unwrap_or_default();
        let lines = between.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(0));
        self.place = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::super::entities::unveil;
    use super::*;

    /// The lines of reports with what they say.
    type Told = Vec<(Option<u32>, String)>;

    fn tidy(html: &str) -> (Result<String, TooMuch>, Told) {
        let mut reports = Reports::new("a.md");
        let tidy = Html::default().tidy(html, 1, &mut reports).map(unveil);
        let reports = reports.finish().into_iter();
        (
            tidy,
            reports
                .map(|report| (report.line, report.message))
                .collect(),
        )
    }

    #[test]
    fn what_is_removed_is_reported_with_its_line() {
        for (html, expected, line, word) in [
            ("a\n<script>x</script>b", "a\n</script>b", 2, "<script>"),
            ("<b>\n\n<p onclick=x>", "<b>\n\n<p onclick=x>", 3, "onclick"),
            ("Vec<String>", "Vec", 1, "<string>"),
            ("<p style='x'>", "<p style='x'>", 1, "style"),
            (
                "<a href='java&#115;cript:x'>",
                "<a href='java&#115;cript:x'>",
                1,
                "javascript:",
            ),
            ("<img src=data:x>", "<img src=data:x>", 1, "data:"),
        ] {
            let (tidy, reports) = tidy(html);
            assert_eq!(
                tidy.unwrap().replace("</script>", ""),
                expected.replace("</script>", ""),
                "{html}"
            );
            assert_eq!(reports.len(), 1, "{html}: {reports:?}");
            assert_eq!(reports[0].0, Some(line), "{html}");
            assert!(reports[0].1.contains(word), "{html}: {reports:?}");
        }
    }

    #[test]
    fn what_does_not_end_is_shown_as_text() {
        assert_eq!(tidy("<div x=\"<a>").0.unwrap(), "&lt;div x=\"&lt;a&gt;");
        assert_eq!(tidy("a<!-- b").0.unwrap(), "a");
    }

    #[test]
    fn what_costs_too_much_is_refused() {
        assert_eq!(tidy(&"<div>".repeat(101)).0, Err(TooMuch::Depth));
        assert!(tidy(&"<div></div>".repeat(5_000)).0.is_ok());
        assert!(tidy(&"<p>".repeat(5_000)).0.is_ok());
        assert_eq!(tidy(&"<p>".repeat(20_001)).0, Err(TooMuch::Tags));
        assert_eq!(tidy(&"<b>".repeat(11)).0, Err(TooMuch::Depth));
        let many = format!("<p {}>", "a ".repeat(41));
        assert_eq!(tidy(&many).0.unwrap(), "");
        let long = format!("<p title=\"{}\">", "&".repeat(MAX_TAG));
        assert_eq!(tidy(&long).0.unwrap(), "");
    }

    #[test]
    fn formatting_ends_with_its_block() {
        let mut html = Html::default();
        let mut reports = Reports::new("a.md");
        html.tidy("<a><b><i>", 1, &mut reports).unwrap();
        assert_eq!(html.end_html(), "</i>");
        html.tidy("<u>", 1, &mut reports).unwrap();
        assert_eq!(html.end_block(), "</u>");
        html.tidy("</b>", 1, &mut reports).unwrap();
        assert_eq!(html.end_block(), "");
        assert!(html.in_link());
    }
}
