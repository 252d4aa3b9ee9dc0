//! Footnotes, which stand at the end in the order in which they are first referred to.

use std::collections::HashMap;
use std::fmt::Write as _;

use pulldown_cmark::{Event, TagEnd};

use super::super::links::Marks;

/// The most references of a file that are links there and back.
const MAX_LINKED: usize = 5_000;

/// The footnotes of a file.
#[derive(Debug, Default)]
pub(super) struct Footnotes<'a> {
    /// Their numbers and how often each was referred to, by name.
    numbers: HashMap<String, (usize, usize)>,
    /// What each says, by name.
    notes: HashMap<String, Vec<Event<'a>>>,
    open: Vec<(String, Vec<Event<'a>>)>,
    linked: usize,
}

impl<'a> Footnotes<'a> {
    /// Where what is said now goes, when it is said in a footnote.
    pub fn open(&mut self) -> Option<&mut Vec<Event<'a>>> {
        self.open.last_mut().map(|(_, events)| events)
    }

    pub fn start(&mut self, name: &str) {
        self.open.push((name.to_lowercase(), Vec::new()));
    }

    pub fn end(&mut self) {
        if let Some((name, events)) = self.open.pop() {
            self.notes.entry(name).or_insert(events);
        }
    }

    /// A reference as HTML.
    pub fn reference(&mut self, name: &str, marks: &Marks) -> String {
        let next = self.numbers.len() + 1;
        let (number, uses) = self.numbers.entry(name.to_lowercase()).or_insert((next, 0));
        self.linked += 1;
        if self.linked > MAX_LINKED {
            return format!("<sup class=\"footnote-ref\">{number}</sup>");
        }
        *uses += 1;
        let note = marks.id(&format!("_fn-{number}"));
        let here = marks.id(&format!("_fnref-{number}-{uses}"));
        format!(
            "<sup class=\"footnote-ref\"><a href=\"#{note}\" id=\"{here}\" role=\"doc-noteref\">{number}</a></sup>"
        )
    }

    /// All that were referred to.
    pub fn finish(mut self, marks: &Marks) -> Vec<Event<'a>> {
        let mut order: Vec<(String, (usize, usize))> = self.numbers.drain().collect();
        order.sort_by_key(|(_, (number, _))| *number);
        let mut all = Vec::new();
        for (name, (number, uses)) in order {
            let Some(mut events) = self.notes.remove(&name) else {
                continue;
            };
            let id = marks.id(&format!("_fn-{number}"));
            all.push(html(format!("<li id=\"{id}\">\n")));
            let back = html(back(number, uses, marks));
            match events.pop() {
                Some(end @ Event::End(TagEnd::Paragraph)) => {
                    all.append(&mut events);
                    all.extend([back, end]);
                }
                last => {
                    all.append(&mut events);
                    all.extend(last);
                    all.push(back);
                }
            }
            all.push(html("</li>\n".to_owned()));
        }
        if !all.is_empty() {
            let start = "<section class=\"footnotes\" role=\"doc-endnotes\">\n<ol>\n";
            all.insert(0, html(start.to_owned()));
            all.push(html("</ol>\n</section>\n".to_owned()));
        }
        all
    }
}

fn html<'a>(html: String) -> Event<'a> {
    Event::Html(html.into())
}

/// Links to each place that refers to a footnote.
fn back(number: usize, uses: usize, marks: &Marks) -> String {
    let mut links = String::new();
    for used in 1..=uses {
        let id = marks.id(&format!("_fnref-{number}-{used}"));
        let shown = if used == 1 {
            String::new()
        } else {
            format!("<sup>{used}</sup>")
        };
        // Writing to a string can't fail.
        let _ = write!(
            links,
            " <a href=\"#{id}\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"{number}.{used}\">↩{shown}</a>"
        );
    }
    links
}
