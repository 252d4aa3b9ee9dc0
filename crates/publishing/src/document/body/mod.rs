//! The text of a file as HTML that is not clean yet.

mod blocks;
mod footnotes;
mod inline;

use std::collections::VecDeque;
use std::ops::Range;

use pulldown_cmark::{Event, OffsetIter, Options as Extensions, Parser, Tag, TagEnd};

use super::anchors::Anchors;
use super::code::{Known, Painter};
use super::links::Marks;
use super::math::Formulas;
use super::reports::Reports;
use super::source::Lines;
use super::tidy::{Html, MAX_DEPTH, TooMuch};
use super::words::Words;
use super::{Heading, Options};

/// What GFM (<https://github.github.com/gfm/>) adds to `CommonMark` and the parser knows, with footnotes and alerts.
pub(super) const GFM: Extensions = Extensions::ENABLE_TABLES
    .union(Extensions::ENABLE_STRIKETHROUGH)
    .union(Extensions::ENABLE_TASKLISTS)
    .union(Extensions::ENABLE_FOOTNOTES)
    .union(Extensions::ENABLE_GFM);

/// The most paragraphs, cells, links, bits of code and so on in a file. A book of 1 MiB has some 20,000.
pub(super) const MAX_PARTS: usize = 150_000;

fn extensions(options: Options) -> Extensions {
    let mut extensions = GFM | Extensions::ENABLE_MATH | Extensions::ENABLE_WIKILINKS;
    extensions.set(
        Extensions::ENABLE_SMART_PUNCTUATION,
        options.smart_punctuation,
    );
    extensions
}

/// What is made of the text of one file. It passes the parser's events on to the writer of HTML, with what we add to Markdown made
/// into HTML.
pub(super) struct Body<'a, 'r> {
    input: OffsetIter<'a>,
    /// All of the file; the text starts at `start`.
    file: &'a str,
    start: usize,
    lines: Lines,
    options: Options,
    /// The title that the front matter gives.
    given_title: Option<String>,
    reports: &'r mut Reports,

    out: VecDeque<Event<'a>>,
    ended: bool,
    /// Why it stopped, and at which line.
    stopped: Option<(TooMuch, u32)>,
    /// Whether something was written.
    started: bool,
    depth: usize,
    parts: usize,

    run: inline::Run,
    /// How many links and images are open.
    in_link: usize,
    in_image: usize,
    /// What ends each link and image that is open, where it is not what the parser says.
    ends: Vec<inline::LinkEnd>,
    heading: Option<blocks::OpenHeading<'a>>,
    code: Option<blocks::OpenCode>,
    html_block: Option<(String, u32)>,
    table: blocks::Table,
    footnotes: footnotes::Footnotes<'a>,

    pub html: Html,
    pub words: Words,
    pub anchors: Anchors,
    pub marks: Marks,
    pub headings: Vec<Heading>,
    /// The first heading of level 1.
    pub title: Option<String>,
    /// The anchor of the heading that became the title and is not in the text.
    pub title_anchor: Option<String>,
    pub painter: Painter<'r>,
    formulas: Formulas,
}

impl<'a, 'r> Body<'a, 'r> {
    /// Of the file's text from `start` on.
    pub fn new(
        file: &'a str,
        start: usize,
        options: Options,
        given_title: Option<String>,
        known: &'r Known,
        reports: &'r mut Reports,
    ) -> Self {
        let text = file.get(start..).unwrap_or_default();
        Self {
            input: Parser::new_ext(text, extensions(options)).into_offset_iter(),
            file,
            start,
            lines: Lines::new(file),
            options,
            given_title,
            reports,
            out: VecDeque::new(),
            ended: false,
            stopped: None,
            started: false,
            depth: 0,
            parts: 0,
            run: inline::Run::default(),
            in_link: 0,
            in_image: 0,
            ends: Vec::new(),
            heading: None,
            code: None,
            html_block: None,
            table: blocks::Table::default(),
            footnotes: footnotes::Footnotes::default(),
            html: Html::default(),
            words: Words::default(),
            anchors: Anchors::default(),
            marks: Marks::new(file),
            headings: Vec::new(),
            title: None,
            title_anchor: None,
            painter: Painter::new(known),
            formulas: Formulas::default(),
        }
    }

    /// All of it as HTML.
    ///
    /// # Errors
    /// Why that would take too long, and the line.
    pub fn html(&mut self) -> Result<String, (TooMuch, u32)> {
        let mut html = String::with_capacity(self.file.len() + self.file.len() / 2);
        pulldown_cmark::html::push_html(&mut html, &mut *self);
        match self.stopped {
            Some(stopped) => Err(stopped),
            None => Ok(html),
        }
    }

    fn line(&self, place: &Range<usize>) -> u32 {
        self.lines.at(self.start + place.start)
    }

    /// Passes an event on.
    fn put(&mut self, event: Event<'a>) {
        if let Some(heading) = &mut self.heading {
            heading.events.push(event);
            return;
        }
        self.started = true;
        match self.footnotes.open() {
            Some(events) => events.push(event),
            None => self.out.push_back(event),
        }
    }

    fn put_html(&mut self, html: impl Into<String>) {
        self.put(Event::Html(html.into().into()));
    }

    /// Adds to the words of the text, and of the heading where one is open.
    fn say(&mut self, words: &str) {
        self.words.add(words);
        if let Some(heading) = &mut self.heading {
            heading.words.push_str(words);
        }
    }

    /// Takes an event of the parser.
    fn take(&mut self, event: Event<'a>, place: Range<usize>) -> Result<(), TooMuch> {
        if !self.options.trusted {
            self.html.count_moved()?;
        }
        if let Event::Text(text) = event {
            self.text(text, &place);
            return Ok(());
        }
        self.end_run();
        if !matches!(event, Event::End(_) | Event::SoftBreak) {
            self.parts += 1;
        }
        if self.parts > MAX_PARTS {
            return Err(TooMuch::Parts);
        }
        match event {
            Event::Start(tag) => self.start_of(tag, &place)?,
            Event::End(tag) => self.end_of(tag)?,
            Event::Html(html) => {
                if let Some((block, _)) = &mut self.html_block {
                    block.push_str(&html);
                }
            }
            Event::InlineHtml(html) => self.inline_html(html, &place)?,
            Event::Code(code) => self.code(code),
            Event::InlineMath(latex) => self.formula(latex, false, &place),
            Event::DisplayMath(latex) => self.formula(latex, true, &place),
            Event::FootnoteReference(name) => self.footnote_reference(&name),
            Event::SoftBreak | Event::HardBreak => {
                self.say(" ");
                self.put(event);
            }
            Event::TaskListMarker(done) => self.task(done),
            Event::Rule | Event::Text(_) => {
                self.end_formatting();
                self.put(event);
            }
        }
        Ok(())
    }

    fn start_of(&mut self, tag: Tag<'a>, place: &Range<usize>) -> Result<(), TooMuch> {
        if !is_inline(tag.to_end()) {
            self.end_formatting();
        }
        self.depth += 1;
        if self.depth + self.html.depth() > MAX_DEPTH {
            return Err(TooMuch::Depth);
        }
        match tag {
            Tag::Link { .. } | Tag::Image { .. } => self.start_link(tag, place),
            Tag::Heading { .. } => self.start_heading(),
            Tag::CodeBlock(kind) => self.start_code(&kind, place),
            Tag::HtmlBlock => self.html_block = Some((String::new(), self.line(place))),
            Tag::BlockQuote(Some(kind)) => self.start_alert(kind),
            Tag::Table(alignments) => self.start_table(alignments),
            Tag::TableHead | Tag::TableRow | Tag::TableCell => self.start_in_table(tag),
            Tag::FootnoteDefinition(name) => self.footnotes.start(&name),
            Tag::Paragraph => {
                if self.depth == 1 {
                    self.words.paragraph();
                }
                self.put(Event::Start(tag));
            }
            tag => self.put(Event::Start(tag)),
        }
        Ok(())
    }

    fn end_of(&mut self, tag: TagEnd) -> Result<(), TooMuch> {
        self.depth = self.depth.saturating_sub(1);
        if !is_inline(tag) {
            self.end_formatting();
            self.words.part();
        }
        match tag {
            TagEnd::Link | TagEnd::Image => self.end_link(tag),
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_html_block()?,
            TagEnd::BlockQuote(Some(_)) => self.put_html("</div>\n"),
            TagEnd::TableHead | TagEnd::TableRow | TagEnd::TableCell => self.end_in_table(tag),
            TagEnd::FootnoteDefinition => self.footnotes.end(),
            TagEnd::Paragraph => {
                if self.depth == 0 {
                    self.words.end_paragraph();
                }
                self.put(Event::End(tag));
            }
            tag => self.put(Event::End(tag)),
        }
        Ok(())
    }

    fn end(&mut self) {
        self.end_run();
        self.end_formatting();
        let notes = std::mem::take(&mut self.footnotes).finish(&self.marks);
        self.out.extend(notes);
        self.ended = true;
    }

    /// Closes what HTML has opened in a block of Markdown.
    fn end_formatting(&mut self) {
        let tags = self.html.end_block();
        if !tags.is_empty() {
            self.put_html(tags);
        }
    }
}

impl<'a> Iterator for Body<'a, '_> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if let Some(event) = self.out.pop_front() {
                return Some(event);
            }
            if self.ended || self.stopped.is_some() {
                return None;
            }
            match self.input.next() {
                Some((event, place)) => {
                    if let Err(reason) = self.take(event, place.clone()) {
                        self.stopped = Some((reason, self.line(&place)));
                    }
                }
                None => self.end(),
            }
        }
    }
}

fn is_inline(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}
