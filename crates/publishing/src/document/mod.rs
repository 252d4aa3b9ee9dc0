//! One Markdown file: its front matter, its clean HTML, its links.

mod anchors;
mod autolink;
mod body;
mod clean;
mod code;
mod entities;
mod front;
mod links;
mod markup;
mod math;
mod reports;
mod source;
#[cfg(test)]
mod tests;
mod tidy;
mod told;
mod urls;
mod words;

use domain::Timestamp;
use domain::site::Report;
use serde::{Deserialize, Serialize};

pub(crate) use anchors::slug as anchor_slug;
pub use code::{Known, Painted, highlight_css};
pub(crate) use front::date_of_name;

use body::Body;
use links::{Cutter, Places};
use reports::Reports;
use tidy::TooMuch;

/// How a file is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Options {
    /// Whether quotes, dashes and dots are made typographic.
    pub smart_punctuation: bool,
    /// Whether the author's HTML stays as it is, scripts included.
    pub trusted: bool,
}

/// A Markdown file that was read. All that the site's pages need of it, so that the file is not read again until it changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What stands at its top.
    pub front: FrontMatter,
    /// The front matter's title, else the first heading of level 1; the site takes the file's name where there is neither. Where
    /// the text starts with a heading of level 1 that says the same, that heading is in neither [`pieces`](Self::pieces) nor
    /// [`headings`](Self::headings): the page shows its title itself.
    pub title: Option<String>,
    /// The HTML: pieces of it, with a link between each two. There is one piece more than there are links.
    pub pieces: Vec<String>,
    /// What the HTML links to by file, to be resolved by the site.
    pub links: Vec<Link>,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// What else a fragment may name, by name: elements of HTML that have an id, and the heading that became the title.
    #[serde(default)]
    pub anchors: Vec<Anchor>,
    /// The front matter's description, else the first paragraph in plain words, at most 300 characters.
    pub summary: String,
    /// All its words, for the search: plain text, at most 20,000 bytes.
    pub text: String,
    /// Its code in colours, within [`pieces`](Self::pieces) taken together.
    pub painted: Vec<Painted>,
    /// What its author should know, none of which keeps it from being published.
    pub reports: Vec<Report>,
}

/// What stands at the top of a file, in YAML between `---` or in TOML between `+++`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FrontMatter {
    /// What it is called.
    pub title: Option<String>,
    /// When it is published, else the day that the file's name begins with; a file with a date is a post, one without is a page.
    pub date: Option<Timestamp>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// Whether it is not to be published.
    pub draft: bool,
    /// Its name in its address, instead of the file's.
    pub slug: Option<String>,
    /// What it is about.
    pub tags: Vec<String>,
    /// A sentence about it.
    pub description: Option<String>,
    /// A picture for previews: a file or an `https://` URL.
    pub image: Option<String>,
    /// Paths at which it was found before, such as `/2019/old-name/`.
    pub aliases: Vec<String>,
}

/// A heading with its anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its anchor, unique in the file.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// A place in a file that is no heading of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// What a fragment calls it.
    pub name: String,
    /// Its id in the page; empty for the top of the page.
    pub id: String,
}

/// A link to a file of the folder, standing between two pieces of HTML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What kind it is.
    pub kind: LinkKind,
    /// As the author wrote it, without its fragment, and percent-decoded: `../a b.md`, `Page name`, `picture.png`; from the
    /// folder's root where it starts with `/`. Never empty: a link within the file stays in the HTML.
    pub target: String,
    /// What comes after `#`, percent-decoded.
    pub fragment: Option<String>,
    /// The line of the file, from 1.
    pub line: u32,
    /// What the author wrote, as a URL to leave in place where the target is none of the folder's files.
    pub written: String,
}

/// What kind of link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkKind {
    /// `[[Page name]]`, and `![[picture.png]]`: a file anywhere in the folder by its name.
    Wiki,
    /// `[words](file.md)`, or `href` in HTML.
    Link,
    /// `![words](picture.png)`, or `src` in HTML.
    Image,
}

impl Document {
    /// The id that a fragment of a link to this file names, empty for its top: a heading by its anchor or by its words, or another
    /// anchor. `None` where there is no such place.
    #[must_use]
    pub fn anchor(&self, fragment: &str) -> Option<&str> {
        links::anchor(&self.headings, &self.anchors, fragment)
    }

    /// The HTML with its links: `resolve` gives the URL of each, in order.
    #[must_use]
    pub fn html(&self, mut resolve: impl FnMut(&Link) -> String) -> String {
        let mut html =
            String::with_capacity(self.pieces.iter().map(|piece| piece.len() + 40).sum());
        for (place, piece) in self.pieces.iter().enumerate() {
            html.push_str(piece);
            if let Some(link) = self.links.get(place) {
                entities::escape(&mut html, &resolve(link));
            }
        }
        html
    }
}

/// Reads a file, of which some code may be `known` from an earlier time: what is read is the same.
///
/// What an untrusted author may write as HTML is cleaned last, and what is removed is reported. No id in the HTML that a heading or
/// the author gives starts with `_`, but for `_user-` before the ids of an author's own HTML and `_fn` in footnotes, so that a theme
/// that calls its elements `_search` never shares an id with the text.
///
/// # Errors
/// Why the file is left out, with its line.
pub fn read(file: &str, bytes: &[u8], options: Options, known: &Known) -> Result<Document, Report> {
    let mut reports = Reports::new(file);
    if bytes.len() > source::MAX_BYTES {
        let message = "has more than 1 MiB: divide it into several files";
        return Err(reports.refusal(None, "too_large", message));
    }
    let text = match source::text(bytes) {
        Ok(text) => text,
        Err((line, message)) => return Err(reports.refusal(line, "not_text", message)),
    };
    let (mut front, start) = front::read(&text, &mut reports)?;
    let by_name = || date_of_name(file).map(|(day, _)| day);
    front.date = front.date.or_else(by_name);
    let mut body = Body::new(
        &text,
        start,
        options,
        front.title.clone(),
        known,
        &mut reports,
    );
    let html = match body.html() {
        Ok(html) => html,
        Err((why, line)) => return Err(too_much(why, line, &reports)),
    };
    let Body {
        html: source,
        words,
        anchors,
        marks,
        headings,
        title,
        title_anchor,
        painter,
        ..
    } = body;
    let painted = painter.painted;
    let html = if options.trusted {
        html
    } else {
        clean::settled(&html, source.has_tags())
    };
    let html = entities::unveil(html);
    let places = Places::new(anchors, &source, options.trusted, title_anchor);
    let mut cutter = Cutter {
        html: &html,
        marks: &marks,
        places: &places,
        source: &source,
        trusted: options.trusted,
        reports: &mut reports,
        pieces: Vec::new(),
        links: Vec::new(),
    };
    cutter.cut();
    let Cutter { pieces, links, .. } = cutter;
    let painted = code::find(painted, &pieces);
    let (text, first) = words.finish();
    let summary = front.description.as_deref().map_or(first, words::summary);
    Ok(Document {
        title: front.title.clone().or(title),
        front,
        pieces,
        links,
        headings,
        anchors: places.others(),
        summary,
        text,
        painted,
        reports: reports.finish(),
    })
}

fn too_much(why: TooMuch, line: u32, reports: &Reports) -> Report {
    match why {
        TooMuch::Depth => {
            let most = tidy::MAX_DEPTH;
            let message =
                format!("quotes, lists or tags stand more than {most} deep in each other");
            reports.refusal(Some(line), "too_deep", message)
        }
        TooMuch::Tags => {
            let message = "has more than 20,000 tags of HTML: write Markdown, or divide the file";
            reports.refusal(Some(line), "too_much_html", message)
        }
        TooMuch::Parts => {
            let most = body::MAX_PARTS;
            let message = format!(
                "has more than {most} paragraphs, cells, links and the like: divide it into several files"
            );
            reports.refusal(Some(line), "too_large", message)
        }
    }
}
