//! Definitions as they are documented: `scraping` reads them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Which page is looked at, when, what for, and who is told. What is not as it says here is refused with its path, such as
/// `fields.price.css`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct ScrapeDefinition {
    /// What people call it: one line.
    #[schema(min_length = 1, max_length = 100, example = "Price of the kettle")]
    name: String,
    /// The page: `http` or `https` to a public address, at port 80 or 443, without user and password.
    #[schema(
        format = "uri",
        max_length = 2048,
        example = "https://shop.example.com/kettle"
    )]
    url: String,
    /// As `EventBridge` writes it, `rate(…)` or `cron(…)`; at most each five minutes.
    #[schema(max_length = 256, example = "cron(0 9 ? * MON-FRI *)")]
    schedule: String,
    /// The IANA name of the zone that the schedule's times and the days of a series are of; UTC without one.
    #[schema(required = false, example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// 1 to 50 fields by their names, which have at most 64 ASCII letters, digits, `_` and `-` and begin with a letter or
    /// `_`. All of them have `css`, or all `pointer`, or all `feed`.
    #[schema(example = json!({"price": {"css": "#price", "type": "number", "locale": "de"}}))]
    fields: BTreeMap<String, FieldDefinition>,
    /// Who is told; nobody without it.
    #[schema(required = false)]
    notify: Option<NotifyDefinition>,
}

/// What is to be changed of a definition, as a JSON merge patch (RFC 7396): objects are merged member by member, null removes
/// a member, all else takes the place of what was there.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct ScrapePatch {
    /// Another name.
    #[schema(required = false, example = "Price of the teapot")]
    name: Option<String>,
    /// Another page.
    #[schema(required = false)]
    url: Option<String>,
    /// Another schedule.
    #[schema(required = false)]
    schedule: Option<String>,
    /// Another zone; null is UTC.
    #[schema(required = false)]
    time_zone: Option<String>,
    /// Fields to add or to change; null removes one.
    #[schema(value_type = Object, required = false, example = json!({"title": {"css": "h1"}, "price": null}))]
    fields: Option<BTreeMap<String, FieldDefinition>>,
    /// What to change of who is told; null tells nobody.
    #[schema(value_type = Option<Object>, required = false)]
    notify: Option<NotifyDefinition>,
}

/// One field: exactly one of `css`, `pointer` and `feed`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct FieldDefinition {
    /// A CSS selector, for a page of HTML.
    #[schema(required = false, example = "#price")]
    css: Option<String>,
    /// A JSON Pointer (RFC 6901), for JSON.
    #[schema(required = false, max_length = 500, example = "/offers/0/price")]
    pointer: Option<String>,
    /// What a feed (RSS, Atom, JSON Feed) says: of itself `feed.title`, `feed.description`, `feed.link`, `feed.updated`; of
    /// its entries `id`, `title`, `link`, `published`, `updated`, `summary`, `content`, `author`, `category`.
    #[schema(required = false, example = "title")]
    feed: Option<String>,
    /// With `css`: the attribute whose value counts, in place of the element's text.
    #[schema(required = false, example = "href")]
    attribute: Option<String>,
    /// Whether all that are found count, and not just the first.
    #[schema(required = false, default = false)]
    all: bool,
    /// What its text is read as.
    #[schema(required = false, default = "text")]
    r#type: FieldType,
    /// How numbers and dates are written on the page.
    #[schema(required = false, default = "en")]
    locale: FieldLocale,
}

/// What the text of a field is read as.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "documents bodies")]
pub enum FieldType {
    /// As it is.
    Text,
    /// As a number in the field's locale.
    Number,
    /// As a day or a moment.
    Date,
    /// As a URL, which is resolved against the page.
    Url,
}

/// How numbers and dates are written: `de` 1.234,56 and 31.12.2026, `en` 1,234.56 and 12/31/2026, `fr` 1 234,56 and
/// 31/12/2026.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "documents bodies")]
pub enum FieldLocale {
    /// `1.234,56`
    De,
    /// `1,234.56`
    En,
    /// `1 234,56`
    Fr,
}

/// Who is told of what, at most once a run.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct NotifyDefinition {
    /// What is told; each once.
    #[schema(min_items = 1, max_items = 4)]
    on: Vec<NotifyEvent>,
    /// With `threshold` in `on`: a field of the type `number` that doesn't take all, one of `<`, `<=`, `>`, `>=`, and a
    /// number.
    #[schema(required = false, example = "price < 100")]
    threshold: Option<String>,
    /// Who gets a mail.
    #[schema(required = false, format = "email")]
    email: Option<String>,
    /// Where a message is posted, signed as Standard Webhooks has it with `webhook_secret`: `https`, as for the page.
    #[schema(required = false, format = "uri", max_length = 2048)]
    webhook: Option<String>,
}

/// Something that can be told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "documents bodies")]
pub enum NotifyEvent {
    /// A field says something else than before.
    Change,
    /// A number crossed the threshold.
    Threshold,
    /// The page can't be had, or says nothing of what is looked for.
    Failure,
    /// The page can be had again.
    Recovery,
}
