//! Definitions and pages from the outside.
#![expect(clippy::expect_used, reason = "in a test a panic is the answer")]

mod definitions;
mod feeds;
mod html;
mod json;
mod pages;
mod thresholds;

use scraping::{Definition, Error, Outcome, Page, Results};
use serde_json::{Value, json};
use url::Url;

/// A definition with these fields.
fn definition(fields: &Value) -> Definition {
    let whole = json!({
        "name": "Prices",
        "url": "https://example.com/shop/",
        "schedule": "rate(1 hour)",
        "time_zone": "Europe/Berlin",
        "fields": fields,
    });
    Definition::parse(&whole).expect("a definition")
}

/// What the fields say of a page at `https://example.com/shop/item?id=1`.
fn extract(fields: &Value, bytes: &[u8], content_type: &str) -> Result<Results, Error> {
    let url = Url::parse("https://example.com/shop/item?id=1").expect("a URL");
    let page = Page::new(bytes, Some(content_type), &url)?;
    definition(fields).extract(&page)
}

/// What one field says: its value as JSON, or the code of the reason.
fn say(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Value(value) => json!(value),
        Outcome::Missing(missing) => json!({ "missing": missing.code }),
    }
}

/// What a single field says of a page.
#[expect(
    clippy::needless_pass_by_value,
    reason = "both are written as json! where this is called"
)]
fn check(field: Value, page: &str, content_type: &str, expected: Value) {
    let results = extract(&json!({ "f": field }), page.as_bytes(), content_type);
    assert_eq!(
        say(&results.expect("a page")["f"]),
        expected,
        "{field} of {page}"
    );
}
