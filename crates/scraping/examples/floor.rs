//! What reading a page costs beside parsing it alone: `cargo run --release -p scraping --example floor` reads ten fields
//! of a page of 100 KiB and prints the microseconds of both, each at its best of many
//! rounds, which other work on the machine disturbs least.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use scraper::Html;
use scraping::{Definition, Page};
use serde_json::json;
use url::Url;

const ROUNDS: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let row = "<tr class=item><td><a href='/item/7'>A thing</a><td class=price>1.234,56 &euro;<td><p>Some <b>words</b> on it.</p>\n";
    let page = format!(
        "<!doctype html><title>Shop</title><h1>All</h1><table>{}</table>",
        row.repeat(100 * 1024 / row.len())
    );
    let mut fields = json!({
        "title": { "css": "title" },
        "heading": { "css": "h1" },
        "price": { "css": ".price", "type": "number", "locale": "de" },
        "link": { "css": "tr.item > td > a", "attribute": "href", "type": "url" },
    });
    for n in 0..6 {
        fields[format!("row{n}")] = json!({ "css": format!("tr:nth-child({}) p", 100 * n + 1) });
    }
    let definition = json!({ "name": "x", "url": "https://example.com/", "schedule": "rate(1 day)", "fields": fields });
    let definition = Definition::parse(&definition).map_err(|faults| format!("{faults:?}"))?;
    let url = Url::parse("https://example.com/")?;

    let mut parsing = Duration::MAX;
    let mut reading = Duration::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        drop(Html::parse_document(&page));
        parsing = parsing.min(began.elapsed());
        let began = Instant::now();
        let results = definition.extract(&Page::new(page.as_bytes(), None, &url)?)?;
        reading = reading.min(began.elapsed());
        if results.values().any(|outcome| outcome.value().is_none()) {
            return Err(format!("{results:?}").into());
        }
    }
    writeln!(
        std::io::stdout(),
        "{} bytes: parsing {} µs, reading {} µs, {:.2} times",
        page.len(),
        parsing.as_micros(),
        reading.as_micros(),
        reading.as_secs_f64() / parsing.as_secs_f64()
    )?;
    Ok(())
}
