//! Headings, code, tables, alerts and blocks of HTML.

use std::ops::Range;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, Tag, TagEnd,
};

use super::super::anchors::slug;
use super::super::tidy::TooMuch;
use super::super::{Heading, code, math};
use super::Body;

/// Longer code is not looked for by its words.
const MAX_LINES_OF_CODE_SAID: usize = 5;

/// A heading that has not ended.
#[derive(Debug)]
pub(super) struct OpenHeading<'a> {
    /// What is in it.
    pub events: Vec<Event<'a>>,
    /// Its words.
    pub words: String,
    /// Whether nothing stands before it.
    first: bool,
}

/// Code that has not ended.
#[derive(Debug)]
pub(super) struct OpenCode {
    info: String,
    pub text: String,
    line: u32,
}

/// Where in a table we are.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    head: bool,
    cell: usize,
}

impl Table {
    fn alignment(&self) -> Option<&'static str> {
        match self.alignments.get(self.cell)? {
            Alignment::None => None,
            Alignment::Left => Some("left"),
            Alignment::Center => Some("center"),
            Alignment::Right => Some("right"),
        }
    }
}

impl<'a> Body<'a, '_> {
    pub(super) fn start_heading(&mut self) {
        self.heading = Some(OpenHeading {
            events: Vec::new(),
            words: String::new(),
            first: !self.started && self.depth == 1,
        });
    }

    pub(super) fn end_heading(&mut self, level: HeadingLevel) {
        let Some(mut heading) = self.heading.take() else {
            return;
        };
        let given = take_id(&mut heading);
        let words = heading.words.split_whitespace().collect::<Vec<_>>();
        let words = words.join(" ");
        let name = slug(given.as_deref().unwrap_or(&words));
        let id = self.anchors.unique(name);
        if level == HeadingLevel::H1 && self.title.is_none() && !words.is_empty() {
            self.title = Some(words.clone());
            let is_title = self
                .given_title
                .as_ref()
                .is_none_or(|title| typewritten(title) == typewritten(&words));
            if heading.first && is_title {
                self.title_anchor = Some(id);
                self.started = true;
                return;
            }
        }
        self.put(Event::Start(Tag::Heading {
            level,
            id: Some(self.marks.id(&id).into()),
            classes: Vec::new(),
            attrs: Vec::new(),
        }));
        for event in heading.events {
            self.put(event);
        }
        self.put(Event::End(TagEnd::Heading(level)));
        self.headings.push(Heading {
            level: level as u8,
            id,
            text: words,
        });
    }

    pub(super) fn start_code(&mut self, kind: &CodeBlockKind<'a>, place: &Range<usize>) {
        let info = match kind {
            CodeBlockKind::Indented => String::new(),
            CodeBlockKind::Fenced(info) => info.to_string(),
        };
        self.code = Some(OpenCode {
            info,
            text: String::new(),
            line: self.line(place),
        });
    }

    pub(super) fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        if code.text.lines().count() <= MAX_LINES_OF_CODE_SAID {
            self.words.add(&code.text);
            self.words.part();
        }
        let html = if code::language(&code.info) == "math" {
            self.mathml(&code.text, true, code.line) + "\n"
        } else {
            self.painter.block(&code.info, &code.text)
        };
        self.put_html(html);
    }

    /// A formula as `MathML`, or as code and with a report where it is wrong.
    pub(super) fn mathml(&mut self, latex: &str, block: bool, line: u32) -> String {
        match self.formulas.convert(latex, block) {
            Ok(mathml) => mathml,
            Err(why) => {
                let message = format!("the formula is shown as code: {why}");
                self.reports.add(Some(line), "bad_math", message);
                math::as_code(latex, block)
            }
        }
    }

    pub(super) fn end_html_block(&mut self) -> Result<(), TooMuch> {
        let Some((block, line)) = self.html_block.take() else {
            return Ok(());
        };
        if self.options.trusted {
            self.html.look(&block, line);
            self.put_html(block);
            return Ok(());
        }
        let mut tidy = self.html.tidy(&block, line, self.reports)?;
        tidy.push_str(&self.html.end_html());
        if !tidy.trim().is_empty() {
            self.put_html(tidy);
        }
        Ok(())
    }

    pub(super) fn start_alert(&mut self, kind: BlockQuoteKind) {
        let (name, title) = match kind {
            BlockQuoteKind::Note => ("note", "Note"),
            BlockQuoteKind::Tip => ("tip", "Tip"),
            BlockQuoteKind::Important => ("important", "Important"),
            BlockQuoteKind::Warning => ("warning", "Warning"),
            BlockQuoteKind::Caution => ("caution", "Caution"),
        };
        self.put_html(format!(
            "<div class=\"markdown-alert markdown-alert-{name}\" role=\"note\">\n<p class=\"markdown-alert-title\">{title}</p>\n"
        ));
    }

    pub(super) fn start_table(&mut self, alignments: Vec<Alignment>) {
        let plain = vec![Alignment::None; alignments.len()];
        self.table = Table {
            alignments,
            head: true,
            cell: 0,
        };
        self.put(Event::Start(Tag::Table(plain)));
    }

    /// Cells that are aligned say so by an attribute: the parser's writer does it by a style, which cleaning removes.
    pub(super) fn start_in_table(&mut self, tag: Tag<'a>) {
        match (&tag, self.table.alignment()) {
            (Tag::TableCell, Some(side)) => {
                let name = if self.table.head { "th" } else { "td" };
                self.put_html(format!("<{name} align=\"{side}\">"));
            }
            (Tag::TableCell, None) => self.put(Event::Start(tag)),
            _ => {
                self.table.cell = 0;
                self.put(Event::Start(tag));
            }
        }
    }

    pub(super) fn end_in_table(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::TableCell => {
                let name = if self.table.head { "th" } else { "td" };
                if self.table.alignment().is_some() {
                    self.put_html(format!("</{name}>"));
                } else {
                    self.put(Event::End(tag));
                }
                self.table.cell += 1;
            }
            TagEnd::TableHead => {
                self.table.head = false;
                self.put(Event::End(tag));
            }
            tag => self.put(Event::End(tag)),
        }
    }
}

/// Takes `{#id}` from the end of a heading.
fn take_id(heading: &mut OpenHeading<'_>) -> Option<String> {
    let Some(Event::Text(last)) = heading.events.last() else {
        return None;
    };
    let text = last.trim_end().strip_suffix('}')?;
    let place = text.rfind("{#")?;
    let (before, id) = text.split_at(place);
    let id = id.get(2..)?;
    let is_id = !id.is_empty()
        && id
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.:".contains(c));
    let stands_alone = before.is_empty() || before.ends_with(char::is_whitespace);
    if !is_id || !stands_alone {
        return None;
    }
    let id = id.to_owned();
    let before = before.trim_end().to_owned();
    let cut = heading.words.rfind("{#")?;
    heading.words.truncate(cut);
    heading.events.pop();
    heading.events.push(Event::Text(CowStr::from(before)));
    Some(id)
}

/// Words as a typewriter has them: the heading may have been made typographic, and the front matter's title never is.
fn typewritten(words: &str) -> String {
    let words = words.replace(['\u{2018}', '\u{2019}'], "'");
    let words = words.replace(['\u{201c}', '\u{201d}'], "\"");
    let words = words.replace('\u{2014}', "---").replace('\u{2013}', "--");
    words.replace('\u{2026}', "...")
}
