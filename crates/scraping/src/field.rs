//! What a definition looks for: one field.

use domain::Invalid;
use serde::Serialize;
use serde_json::Value;

use crate::reader::{Faults, Reader};
use crate::{Css, FeedField, Locale, Pointer};

/// The most bytes of an attribute's name.
const MAX_ATTRIBUTE_BYTES: usize = 100;

/// One field of a definition.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// Where it stands.
    #[serde(flatten)]
    pub source: Source,
    /// Whether all that are found count, and not just the first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// What its text is read as.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How numbers and dates are written.
    pub locale: Locale,
}

/// Where a field stands in a page.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// In elements of an HTML page.
    Css {
        /// Which elements.
        css: Css,
        /// The attribute whose value counts; the element's text without it.
        #[serde(skip_serializing_if = "Option::is_none")]
        attribute: Option<String>,
    },
    /// In a JSON document.
    Pointer {
        /// Which value.
        pointer: Pointer,
    },
    /// In an RSS, Atom or JSON feed.
    Feed {
        /// Which part of it.
        feed: FeedField,
    },
}

impl Source {
    /// The key that says this source in a definition.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Css { .. } => "css",
            Self::Pointer { .. } => "pointer",
            Self::Feed { .. } => "feed",
        }
    }
}

/// What a field's text is read as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it is.
    #[default]
    Text,
    /// As a number in the field's locale.
    Number,
    /// As a day or a moment.
    Date,
    /// As a URL, which is resolved against the page.
    Url,
}

impl Kind {
    fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "text" => Ok(Self::Text),
            "number" => Ok(Self::Number),
            "date" => Ok(Self::Date),
            "url" => Ok(Self::Url),
            _ => Err(Invalid::new("unknown", "must be text, number, date or url")),
        }
    }
}

impl Field {
    /// Reads a field, and tells `faults` of all that is bad; `path` is where it stands, like `fields.price`.
    pub(crate) fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let mut reader = Reader::of(value, path, faults)?;
        let css = reader.optional("css", Css::parse);
        let pointer = reader.optional("pointer", Pointer::parse);
        let feed = reader.optional("feed", FeedField::parse);
        let attribute = reader.optional("attribute", attribute);
        let all = reader.flag("all");
        let kind = reader.optional("type", Kind::parse);
        let locale = reader.optional("locale", Locale::parse);

        let named = ["css", "pointer", "feed"].map(|key| reader.has(key));
        if named.iter().filter(|named| **named).count() != 1 {
            reader.refuse(Invalid::new(
                "source",
                "must have exactly one of css, pointer and feed",
            ));
        }
        if reader.has("attribute") && !named[0] {
            reader.refuse_key(
                "attribute",
                Invalid::new("unexpected", "goes with css only"),
            );
        }
        reader.no_others();

        let source = match (css.flatten(), pointer.flatten(), feed.flatten()) {
            (Some(css), None, None) => Source::Css {
                css,
                attribute: attribute?,
            },
            (None, Some(pointer), None) => Source::Pointer { pointer },
            (None, None, Some(feed)) => Source::Feed { feed },
            _ => return None,
        };
        Some(Self {
            source,
            all: all?,
            kind: kind?.unwrap_or_default(),
            locale: locale?.unwrap_or_default(),
        })
    }
}

/// HTML's names of attributes are in lower case once a page is parsed.
fn attribute(text: &str) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("required", "must not be empty"));
    }
    if text.len() > MAX_ATTRIBUTE_BYTES {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {MAX_ATTRIBUTE_BYTES} bytes"),
        ));
    }
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '>' | '/' | '=');
    if let Some((_, at)) = text.chars().zip(1..).find(|(c, _)| bad(*c)) {
        return Err(Invalid::new(
            "invalid",
            format!("at character {at}: this can't be in an attribute's name"),
        ));
    }
    Ok(text.to_ascii_lowercase())
}
