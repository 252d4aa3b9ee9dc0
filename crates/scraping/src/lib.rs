//! What a scrape looks for, when it is due, what a page says, and what changed since; no I/O, no clock.
//!
//! A [`Definition`] is parsed once, with its selectors compiled; [`Definition::extract`] then reads a [`Page`] that
//! somebody else has fetched into [`Results`], and [`difference`] tells two of those apart.

mod convert;
mod cost;
mod css;
mod date;
mod definition;
mod difference;
mod export;
mod extract;
mod feed;
mod field;
mod html;
mod notify;
mod number;
mod page;
mod pointer;
mod reader;
mod schedule;
mod series;
mod text;
mod value;

pub use css::Css;
pub use definition::{Definition, MAX_FIELDS};
pub use difference::{Change, difference};
pub use export::{Run, to_csv, to_json};
pub use feed::FeedField;
pub use field::{Field, Kind, Source};
pub use notify::{Comparison, Event, Notify, Threshold};
pub use number::Locale;
pub use page::{MAX_PAGE_BYTES, Page};
pub use pointer::Pointer;
pub use schedule::{MIN_INTERVAL, Schedule, Zone};
pub use series::numbers;
pub use value::{Item, Missing, Outcome, Results, Value};

/// Why a page as a whole says nothing, or results can't be written down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The page has more bytes than [`MAX_PAGE_BYTES`].
    #[error("the page has more than {} MiB", MAX_PAGE_BYTES / 1024 / 1024)]
    TooLarge,
    /// The page is markup of more elements and texts than are looked at.
    #[error("the page has more than {} elements and texts", html::MAX_NODES)]
    TooManyNodes,
    /// The page's elements stand in one another deeper than is followed.
    #[error("the page's elements are nested more than {} deep", html::MAX_DEPTH)]
    TooDeep,
    /// The page has tags of more attributes than are looked at.
    #[error("the page has tags with too many attributes")]
    TooManyAttributes,
    /// CSS selectors were to be applied to something that isn't HTML.
    #[error("CSS selectors need HTML, and the page is {0}")]
    NotHtml(String),
    /// JSON Pointers were to be applied to something that isn't JSON.
    #[error("the page is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The JSON document has more values than are read.
    #[error("the page has more than {} JSON values", page::MAX_JSON_VALUES)]
    TooManyValues,
    /// The feed has more tags than are read.
    #[error("the feed has more than {} tags", page::MAX_FEED_TAGS)]
    TooManyTags,
    /// The page is no RSS, Atom or JSON feed.
    #[error("the page is not a feed: {0}")]
    NotFeed(String),
    /// The results couldn't be written as CSV.
    #[error("the results can't be written as CSV")]
    Csv(#[from] csv::Error),
    /// The results couldn't be written as JSON.
    #[error("the results can't be written as JSON")]
    Json(#[source] serde_json::Error),
}
