//! A look at the page of a scrape: fetched, and read. The same for a run and for a dry run.

mod content;
mod error;
mod origin;

use domain::{Clock, Timestamp};
use fetch::{Fetched, Fetcher, LEFT_ALONE, Url, Validators};
use repository::Origins;
use scraping::{Definition, Page, Results, Source};

pub use content::{Content, MAX_INLINE, Unreadable, key};
pub use error::Error;

/// What came of a look.
#[derive(Debug)]
pub enum Seen {
    /// The page is what it was.
    Unchanged,
    /// What the page says.
    Page(Read),
}

/// What a page says.
#[derive(Debug)]
pub struct Read {
    /// Its fields.
    pub results: Results,
    /// Where it was found, after all redirects.
    pub url: Url,
    /// By what a change of it can be noticed.
    pub validators: Option<Validators>,
}

impl Read {
    /// Whether nothing of what was looked for is there.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.results
            .values()
            .all(|outcome| outcome.value().is_none())
    }
}

/// Looks at the page of a definition, unless it is what `known` is of.
///
/// # Errors
/// Why the page was not had, or can't be read.
pub async fn look(
    fetcher: &Fetcher,
    origins: &Origins,
    definition: &Definition,
    known: Option<&Validators>,
    clock: &Clock,
) -> Result<Seen, Error> {
    // Before anything is looked up: an address that is never asked has no origin to keep.
    let url = fetcher.check(definition.url.as_str())?;
    let origin = url.origin().ascii_serialization();
    let now = clock.now();
    let first = origins.get(&origin).await?;
    if let Some(not_before) = first.not_before.filter(|time| *time > now) {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(fetch::Error::NotYet { host, not_before }.into());
    }
    let robots = origin::KnownRobots::new(origins, (origin.clone(), first.robots), clock);
    match fetcher.fetch(url.as_str(), known, &robots).await {
        Ok(Fetched::Unchanged) => Ok(Seen::Unchanged),
        Ok(Fetched::Page(page)) => read(definition, *page).map(Seen::Page),
        Err(error) => Err(error.into()),
    }
}

/// Tells all other workers that the origin of a page wants to be left alone, where the page's own host has said so, and not one
/// that it led to. That they are not told does not change what came of the look.
pub async fn leave_alone(
    origins: &Origins,
    definition: &Definition,
    error: &Error,
    now: Timestamp,
) {
    let Error::Fetch(fetch::Error::Status {
        host,
        not_before: Some(not_before),
        ..
    }) = error
    else {
        return;
    };
    if definition.url.host_str() != Some(host) {
        return;
    }
    let origin = definition.url.origin().ascii_serialization();
    let until = (*not_before).min(now + LEFT_ALONE);
    if let Err(error) = origins.leave_alone(&origin, until, now).await {
        tracing::warn!(%error, "nobody else is told to leave an origin alone");
    }
}

fn read(definition: &Definition, page: fetch::Page) -> Result<Read, Error> {
    let is_html = definition
        .fields
        .values()
        .any(|field| matches!(field.source, Source::Css { .. }));
    let results = if is_html {
        let text = page.text().text;
        let content_type = as_utf8(page.content_type.as_deref());
        definition.extract(&Page::new(
            text.as_bytes(),
            content_type.as_deref(),
            &page.url,
        )?)?
    } else {
        definition.extract(&Page::new(
            &page.body,
            page.content_type.as_deref(),
            &page.url,
        )?)?
    };
    Ok(Read {
        results,
        url: page.url,
        validators: page.validators,
    })
}

/// The type of a page that was decoded, which must not be decoded again.
fn as_utf8(content_type: Option<&str>) -> Option<String> {
    let kind = content_type?.split(';').next()?.trim();
    Some(format!("{kind}; charset=utf-8"))
}
