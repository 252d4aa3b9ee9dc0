//! The text of a field to the value of its type.

use jiff::tz::TimeZone;
use url::Url;

use crate::value::{Item, MAX_VALUE_BYTES, Missing, quoted};
use crate::{Field, Kind, date};

/// What values are read against.
pub(crate) struct Context<'a> {
    /// What relative URLs are of.
    pub(crate) base: Url,
    /// What times without an offset are of.
    pub(crate) zone: &'a TimeZone,
}

impl Context<'_> {
    /// Reads `text` as the field's type asks.
    pub(crate) fn item(&self, field: &Field, text: &str) -> Result<Item, Missing> {
        let item = match field.kind {
            Kind::Text => Item::Text(text.trim().to_owned()),
            Kind::Number => Item::Number(field.locale.number(text)?),
            Kind::Date => Item::Text(date::read(text, field.locale, self.zone)?),
            Kind::Url => Item::Text(self.url(text)?),
        };
        match &item {
            Item::Text(text) if text.len() > MAX_VALUE_BYTES => Err(too_long()),
            _ => Ok(item),
        }
    }

    /// Only what can be fetched is a URL here: a `javascript:` in a page must not become a link in a mail.
    fn url(&self, text: &str) -> Result<String, Missing> {
        let url = self.base.join(text.trim()).map_err(|error| {
            Missing::new(
                "not_a_url",
                format!("{} is not a URL: {error}", quoted(text)),
            )
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Missing::new(
                "not_a_url",
                format!(
                    "{} is a {}: address, and not of the web",
                    quoted(text),
                    url.scheme()
                ),
            ));
        }
        Ok(url.into())
    }
}

pub(crate) fn too_long() -> Missing {
    Missing::new(
        "too_long",
        format!("the value has more than {} KiB", MAX_VALUE_BYTES / 1024),
    )
}
