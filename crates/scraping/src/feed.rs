//! RSS, Atom and JSON feeds.

use domain::Invalid;
use feed_rs::model::{Entry, Feed};
use serde::{Serialize, Serializer};

use crate::Error;
use crate::value::quoted;

/// One thing that a feed says, of itself or of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedField {
    /// `feed.title`.
    FeedTitle,
    /// `feed.description`.
    FeedDescription,
    /// `feed.link`: the page that the feed is of.
    FeedLink,
    /// `feed.updated`.
    FeedUpdated,
    /// `id`: what names an entry, as the feed says it.
    Id,
    /// `title`.
    Title,
    /// `link`: the page of an entry.
    Link,
    /// `published`.
    Published,
    /// `updated`.
    Updated,
    /// `summary`.
    Summary,
    /// `content`.
    Content,
    /// `author`: the first one's name.
    Author,
    /// `category`: the first one.
    Category,
}

const ALL: [FeedField; 13] = [
    FeedField::FeedTitle,
    FeedField::FeedDescription,
    FeedField::FeedLink,
    FeedField::FeedUpdated,
    FeedField::Id,
    FeedField::Title,
    FeedField::Link,
    FeedField::Published,
    FeedField::Updated,
    FeedField::Summary,
    FeedField::Content,
    FeedField::Author,
    FeedField::Category,
];

impl FeedField {
    /// # Errors
    /// `unknown`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let found = ALL.into_iter().find(|field| field.as_str() == text);
        found.ok_or_else(|| {
            let names: Vec<_> = ALL.iter().map(|field| field.as_str()).collect();
            Invalid::new("unknown", format!("must be one of {}", names.join(", ")))
        })
    }

    /// The name in a definition.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FeedTitle => "feed.title",
            Self::FeedDescription => "feed.description",
            Self::FeedLink => "feed.link",
            Self::FeedUpdated => "feed.updated",
            Self::Id => "id",
            Self::Title => "title",
            Self::Link => "link",
            Self::Published => "published",
            Self::Updated => "updated",
            Self::Summary => "summary",
            Self::Content => "content",
            Self::Author => "author",
            Self::Category => "category",
        }
    }

    /// What the feed says, in the order of its entries; of the feed itself it is one thing.
    pub(crate) fn find(self, feed: &Feed) -> Vec<String> {
        let of_feed = match self {
            Self::FeedTitle => feed.title.as_ref().map(|text| text.content.clone()),
            Self::FeedDescription => feed.description.as_ref().map(|text| text.content.clone()),
            Self::FeedLink => feed.links.first().map(|link| link.href.clone()),
            Self::FeedUpdated => feed
                .updated
                .or(feed.published)
                .map(|time| time.to_rfc3339()),
            _ => {
                let entries = feed.entries.iter().filter_map(|entry| self.of_entry(entry));
                return entries.collect();
            }
        };
        of_feed.into_iter().collect()
    }

    fn of_entry(self, entry: &Entry) -> Option<String> {
        let found = match self {
            Self::Id => Some(entry.id.clone()),
            Self::Title => entry.title.as_ref().map(|text| text.content.clone()),
            Self::Link => page_of(entry),
            Self::Published => entry.published.map(|time| time.to_rfc3339()),
            Self::Updated => entry.updated.map(|time| time.to_rfc3339()),
            Self::Summary => entry.summary.as_ref().map(|text| text.content.clone()),
            Self::Content => entry
                .content
                .as_ref()
                .and_then(|content| content.body.clone()),
            Self::Author => entry.authors.first().and_then(|author| author.name.clone()),
            Self::Category => entry
                .categories
                .first()
                .map(|category| category.term.clone()),
            Self::FeedTitle | Self::FeedDescription | Self::FeedLink | Self::FeedUpdated => None,
        };
        found.filter(|text| !text.is_empty())
    }
}

/// An entry may link to its comments or to a file as well; its page has the relation `alternate` or none (RFC 4287
/// §4.2.7.2).
fn page_of(entry: &Entry) -> Option<String> {
    let page = entry
        .links
        .iter()
        .find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    page.or(entry.links.first()).map(|link| link.href.clone())
}

impl Serialize for FeedField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads a feed; `base` is what its relative links are of.
pub(crate) fn parse(bytes: &[u8], base: &str) -> Result<Feed, Error> {
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(base))
        // An entry without an id would get a random one otherwise, and seem new each time.
        .id_generator(|_, _, _| String::new())
        .build();
    parser
        .parse(bytes)
        .map_err(|error| Error::NotFeed(quoted(&error.to_string())))
}
