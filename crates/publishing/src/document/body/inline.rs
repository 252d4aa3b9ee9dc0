//! Text, links, formulas and tags within a line.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use super::super::links::Waiting;
use super::super::tidy::TooMuch;
use super::super::told::report_url;
use super::super::urls::{self, Kind};
use super::super::{Link, LinkKind, autolink, entities};
use super::Body;

/// Endings of what `![[…]]` shows; of anything else it makes a link.
const SHOWN: [&str; 10] = [
    "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp", "ico", "apng",
];

/// The most bytes of a URL to another place: what servers commonly take.
const MAX_URL: usize = 8_000;

/// Text that the parser gives in parts: at each character that could have meant something.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// As it was written.
    written: String,
    /// What is shown instead of parts of it: typographic marks.
    replaced: Vec<(Range<usize>, String)>,
}

impl Run {
    /// Parts of it as they are shown.
    fn shown(&self, place: Range<usize>) -> String {
        let mut shown = String::with_capacity(place.len());
        let mut at = place.start;
        let first = self
            .replaced
            .partition_point(|(replaced, _)| replaced.start < place.start);
        for (replaced, text) in self.replaced.iter().skip(first) {
            if replaced.end > place.end {
                break;
            }
            shown.push_str(self.written.get(at..replaced.start).unwrap_or_default());
            shown.push_str(text);
            at = replaced.end;
        }
        shown.push_str(self.written.get(at..place.end).unwrap_or_default());
        shown
    }
}

/// How a link or an image ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkEnd {
    /// As the parser says.
    Plain,
    /// With the end tag of our own link.
    Wiki,
}

impl<'a> Body<'a, '_> {
    pub(super) fn text(&mut self, text: CowStr<'a>, place: &Range<usize>) {
        if let Some(code) = &mut self.code {
            code.text.push_str(&text);
            return;
        }
        let written = self
            .file
            .get(self.start + place.start..self.start + place.end)
            .unwrap_or_default();
        let from = self.run.written.len();
        if self.options.smart_punctuation && is_typographic(&text) && *written != *text {
            self.run.written.push_str(written);
            let place = from..self.run.written.len();
            self.run.replaced.push((place, text.into_string()));
        } else {
            self.run.written.push_str(&text);
        }
    }

    /// Passes on the text that was gathered, with links for the addresses in it.
    pub(super) fn end_run(&mut self) {
        if self.run.written.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        let all = run.shown(0..run.written.len());
        self.say(&all);
        let linked = self.in_link > 0 || self.in_image > 0 || self.html.in_link();
        let mut found = if linked {
            Vec::new()
        } else {
            autolink::find(&run.written)
        };
        found.retain(|address| address.place.len() <= MAX_URL);
        if found.is_empty() {
            self.put_text(all);
            return;
        }
        let mut at = 0;
        for address in found {
            self.put_text(run.shown(at..address.place.start));
            at = address.place.end;
            let written = run.written.get(address.place).unwrap_or_default();
            self.put(Event::Start(Tag::Link {
                link_type: LinkType::Autolink,
                dest_url: format!("{}{written}", address.prefix).into(),
                title: CowStr::Borrowed(""),
                id: CowStr::Borrowed(""),
            }));
            self.put_text(written.to_owned());
            self.put(Event::End(TagEnd::Link));
        }
        self.put_text(run.shown(at..run.written.len()));
    }

    /// Passes text on; the writer finds nothing in it to write in another way.
    fn put_text(&mut self, text: String) {
        if !text.is_empty() {
            let text = entities::veil(&text).unwrap_or(text);
            self.put(Event::Text(text.into()));
        }
    }

    pub(super) fn code(&mut self, code: CowStr<'a>) {
        self.say(&code);
        let code = entities::veil(&code).map_or(code, CowStr::from);
        self.put(Event::Code(code));
    }

    pub(super) fn inline_html(
        &mut self,
        html: CowStr<'a>,
        place: &Range<usize>,
    ) -> Result<(), TooMuch> {
        let line = self.line(place);
        if self.options.trusted {
            self.html.look(&html, line);
            self.put(Event::InlineHtml(html));
            return Ok(());
        }
        let tidy = self.html.tidy(&html, line, self.reports)?;
        if !tidy.is_empty() {
            self.put(Event::InlineHtml(tidy.into()));
        }
        Ok(())
    }

    pub(super) fn formula(&mut self, latex: CowStr<'a>, block: bool, place: &Range<usize>) {
        let after = self.file.as_bytes().get(self.start + place.end);
        if !block && after.is_some_and(u8::is_ascii_digit) {
            // Two prices: `$5/$6`. Pandoc has the same rule.
            self.run.written.push('$');
            self.run.written.push_str(&latex);
            self.run.written.push('$');
            return;
        }
        self.say(&latex);
        if self.in_image > 0 {
            self.put(Event::InlineMath(latex));
            return;
        }
        let line = self.line(place);
        let mathml = self.mathml(&latex, block, line);
        self.put(Event::InlineHtml(mathml.into()));
    }

    pub(super) fn footnote_reference(&mut self, name: &str) {
        if self.in_image == 0 {
            let reference = self.footnotes.reference(name, &self.marks);
            self.put(Event::InlineHtml(reference.into()));
        }
    }

    /// The box of a task. Its words are those of GitHub.
    pub(super) fn task(&mut self, done: bool) {
        let (checked, label) = if done {
            ("checked=\"\" ", "Completed task")
        } else {
            ("", "Incomplete task")
        };
        self.put(Event::InlineHtml(
            format!("<input {checked}disabled=\"\" type=\"checkbox\" aria-label=\"{label}\"> ")
                .into(),
        ));
    }

    pub(super) fn start_link(&mut self, tag: Tag<'a>, place: &Range<usize>) {
        let line = self.line(place);
        let mut end = LinkEnd::Plain;
        match tag {
            Tag::Link {
                link_type: LinkType::WikiLink { .. },
                dest_url,
                ..
            } => end = self.start_wiki(&dest_url, line),
            Tag::Image {
                link_type: LinkType::WikiLink { .. },
                dest_url,
                ..
            } if !is_shown(&dest_url) => end = self.start_wiki(&dest_url, line),
            Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            } => {
                let dest_url = match link_type {
                    LinkType::Email if dest_url.len() <= MAX_URL => dest_url,
                    _ => self.url(dest_url, LinkKind::Link, line),
                };
                self.put(Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title: entities::veil(&title).map_or(title, CowStr::from),
                    id,
                }));
            }
            Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            } => {
                let dest_url = match link_type {
                    LinkType::WikiLink { .. } => self.wiki_url(&dest_url, line).into(),
                    _ => self.url(dest_url, LinkKind::Image, line),
                };
                self.in_image += 1;
                self.put(Event::Start(Tag::Image {
                    link_type,
                    dest_url,
                    title: entities::veil(&title).map_or(title, CowStr::from),
                    id,
                }));
            }
            _ => return,
        }
        self.in_link += 1;
        self.ends.push(end);
    }

    pub(super) fn end_link(&mut self, tag: TagEnd) {
        let wiki = self.ends.pop() == Some(LinkEnd::Wiki);
        self.in_link = self.in_link.saturating_sub(1);
        if wiki {
            self.put(Event::InlineHtml("</a>".into()));
            return;
        }
        if tag == TagEnd::Image {
            self.in_image = self.in_image.saturating_sub(1);
        }
        self.put(Event::End(tag));
    }

    fn start_wiki(&mut self, written: &str, line: u32) -> LinkEnd {
        let url = match urls::kind(written) {
            // `[[https://example.org]]`.
            Kind::Elsewhere(Some(scheme))
                if urls::SCHEMES.contains(&scheme.as_str()) && written.len() <= MAX_URL =>
            {
                urls::encoded(written)
            }
            _ => self.wiki_url(written, line),
        };
        let mut html = "<a href=\"".to_owned();
        entities::escape(&mut html, &url);
        html.push_str("\" class=\"wiki-link\">");
        self.put(Event::InlineHtml(html.into()));
        LinkEnd::Wiki
    }

    /// The mark for what stands in `[[…]]`.
    fn wiki_url(&mut self, written: &str, line: u32) -> String {
        // In a table the bar has a backslash before it.
        let written = written.strip_suffix('\\').unwrap_or(written).trim();
        let (name, fragment) = match written.split_once('#') {
            Some((name, fragment)) => (name.trim(), Some(fragment.trim())),
            None => (written, None),
        };
        let waiting = if name.is_empty() {
            Waiting::Here {
                fragment: fragment.unwrap_or_default().to_owned(),
                line,
            }
        } else {
            Waiting::File(Link {
                kind: LinkKind::Wiki,
                target: name.to_owned(),
                fragment: fragment.map(str::to_owned),
                line,
                written: urls::of_name(name, fragment),
            })
        };
        self.marks.url(waiting)
    }

    /// A URL of Markdown, or the mark for it.
    fn url(&mut self, url: CowStr<'a>, kind: LinkKind, line: u32) -> CowStr<'a> {
        let waiting = match urls::kind(&url) {
            Kind::Elsewhere(_) => {
                if url.len() > MAX_URL {
                    let message = format!("a URL of more than {MAX_URL} bytes was removed");
                    self.reports.add(Some(line), "long_url", message);
                    return CowStr::Borrowed("");
                }
                if !self.options.trusted {
                    report_url(&url, kind == LinkKind::Image, line, self.reports);
                }
                return url;
            }
            Kind::Here(fragment) => Waiting::Here { fragment, line },
            Kind::File { target, fragment } => Waiting::File(Link {
                kind,
                target,
                fragment,
                line,
                written: urls::of_file(&url),
            }),
        };
        self.marks.url(waiting).into()
    }
}

fn is_typographic(text: &str) -> bool {
    let mut chars = text.chars();
    matches!(
        (chars.next(), chars.next()),
        (Some('–' | '—' | '…' | '‘' | '’' | '“' | '”'), None)
    )
}

fn is_shown(name: &str) -> bool {
    let name = name.split('#').next().unwrap_or_default();
    name.trim()
        .rsplit_once('.')
        .is_some_and(|(_, ending)| SHOWN.contains(&ending.to_lowercase().as_str()))
}
