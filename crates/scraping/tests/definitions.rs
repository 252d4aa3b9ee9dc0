use scraping::{Definition, Event};
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "name": "Prices",
        "url": "https://example.com/shop/?q=1",
        "schedule": "cron(0 9 ? * MON-FRI *)",
        "time_zone": "Europe/Berlin",
        "fields": {
            "price": { "css": "#price", "type": "number", "locale": "de" },
            "links": { "css": "a", "attribute": "href", "all": true, "type": "url", "locale": "en" },
        },
        "notify": {
            "on": ["change", "threshold", "failure", "recovery"],
            "threshold": "price < 99.5",
            "email": "me@example.com",
            "webhook": "https://example.com/hook",
        },
    })
}

/// The faults of the good definition once `value` stands at `pointer`, as `field: code`.
fn faults(pointer: &str, value: Value) -> Vec<String> {
    let mut definition = good();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = definition.pointer_mut(parent).expect("there");
    parent[key] = value;
    let faults = Definition::parse(&definition).expect_err(pointer);
    faults
        .iter()
        .map(|(field, invalid)| format!("{field}: {}", invalid.code))
        .collect()
}

#[test]
fn a_definition_is_written_as_it_was_read() {
    let definition = Definition::parse(&good()).expect("a definition");
    let written = serde_json::to_value(&definition).expect("written");
    let mut expected = good();
    expected["fields"]["links"]["type"] = json!("url");
    assert_eq!(written, expected);
    let again: Definition = serde_json::from_value(written.clone()).expect("read");
    assert_eq!(serde_json::to_value(&again).expect("written"), written);
}

#[test]
fn a_webhook_may_begin_with_http_as_far_as_the_definition_says() {
    let mut definition = good();
    definition["notify"]["webhook"] = json!("http://localhost:8080/hook");
    let notify = Definition::parse(&definition).expect("a definition").notify;
    let webhook = notify.and_then(|notify| notify.webhook).expect("a webhook");
    assert_eq!(webhook.as_str(), "http://localhost:8080/hook");
}

#[test]
fn what_is_left_out_has_a_default() {
    let definition = Definition::parse(&json!({
        "name": " Prices ", "url": "http://example.com", "schedule": "rate(1 day)", "time_zone": null,
        "fields": { "title": { "pointer": "/title" } },
    }));
    assert_eq!(
        serde_json::to_value(definition.expect("a definition")).expect("written"),
        json!({
            "name": "Prices", "url": "http://example.com/", "schedule": "rate(1 day)", "time_zone": "UTC",
            "fields": { "title": { "pointer": "/title", "type": "text", "locale": "en" } },
        })
    );
}

#[test]
fn all_that_is_bad_is_told_at_once() {
    let faults = Definition::parse(&json!({
        "name": "",
        "url": "ftp://example.com",
        "schedule": "rate(1 minute)",
        "time_zone": "Mars/Olympus",
        "fields": {
            "a": { "css": "p >", "type": "money", "locale": "xx", "attribut": "x" },
            "b": { "pointer": "x", "all": 1 },
            "c": {},
            "1d": { "feed": "titel" },
        },
        "notify": { "on": ["change", "sunshine"], "email": "me", "webhook": "ws://example.com" },
        "role": "owner",
    }))
    .expect_err("nothing is right");
    let mut faults: Vec<_> = faults
        .iter()
        .map(|(field, invalid)| format!("{field}: {}", invalid.code))
        .collect();
    faults.sort();
    assert_eq!(
        faults,
        [
            "fields.1d.feed: unknown",
            "fields.1d: invalid",
            "fields.a.attribut: unknown",
            "fields.a.css: invalid",
            "fields.a.locale: unknown",
            "fields.a.type: unknown",
            "fields.b.all: type",
            "fields.b.pointer: invalid",
            "fields.c: source",
            "name: required",
            "notify.email: invalid",
            "notify.on: unknown",
            "notify.webhook: scheme",
            "role: unknown",
            "schedule: too_often",
            "time_zone: unknown",
            "url: scheme",
        ]
    );
}

#[test]
fn what_is_missing_is_told() {
    let faults = Definition::parse(&json!({})).expect_err("nothing is there");
    let faults: Vec<_> = faults
        .iter()
        .map(|(field, invalid)| (field.as_str(), invalid.code))
        .collect();
    assert_eq!(
        faults,
        [
            ("name", "required"),
            ("url", "required"),
            ("schedule", "required"),
            ("fields", "required")
        ]
    );
    let faults = Definition::parse(&json!([])).expect_err("no object");
    assert_eq!((faults[0].0.as_str(), faults[0].1.code), ("", "type"));
}

#[test]
fn an_address_with_credentials_or_too_long_is_refused() {
    assert_eq!(
        faults("/url", json!("https://me@example.com/")),
        ["url: credentials"]
    );
    assert_eq!(
        faults("/url", json!("https://:pw@example.com/")),
        ["url: credentials"]
    );
    assert_eq!(
        faults("/url", json!("javascript:alert(1)")),
        ["url: scheme"]
    );
    assert_eq!(faults("/url", json!("example.com")), ["url: scheme"]);
    assert_eq!(faults("/url", json!("https://")), ["url: invalid"]);
    assert_eq!(
        faults(
            "/url",
            json!(format!("https://example.com/{}", "a".repeat(2_048)))
        ),
        ["url: too_long"]
    );
    assert_eq!(
        faults(
            "/url",
            json!(format!("https://example.com/{}", "ä".repeat(1_000)))
        ),
        ["url: too_long"]
    );
}

#[test]
fn fields_of_two_kinds_of_page_are_refused() {
    assert_eq!(
        faults("/fields/zip", json!({ "pointer": "/zip" })),
        ["fields.zip: mixed"]
    );
}

#[test]
fn a_field_has_one_source_and_an_attribute_only_with_css() {
    assert_eq!(
        faults("/fields/links/pointer", json!("/a")),
        ["fields.links: source"]
    );
    assert_eq!(
        faults(
            "/fields",
            json!({ "price": { "pointer": "/a", "type": "number", "attribute": "x" } })
        ),
        ["fields.price.attribute: unexpected"]
    );
    assert_eq!(
        faults("/fields/links/attribute", json!("on click")),
        ["fields.links.attribute: invalid"]
    );
}

#[test]
fn fields_are_one_to_fifty() {
    let many = |count: usize| {
        let fields = (0..count).map(|n| (format!("f{n}"), json!({ "css": "p" })));
        Value::Object(fields.collect())
    };
    let mut definition = good();
    definition["notify"] = Value::Null;
    definition["fields"] = many(50);
    Definition::parse(&definition).expect("fifty");
    for count in [0, 51] {
        definition["fields"] = many(count);
        let faults = Definition::parse(&definition).expect_err("too few or many");
        assert_eq!(
            (faults[0].0.as_str(), faults[0].1.code),
            ("fields", "count"),
            "{count}"
        );
    }
}

#[test]
fn a_selector_that_is_too_long_is_refused() {
    assert_eq!(
        faults("/fields/price/css", json!("p".repeat(501))),
        ["fields.price.css: too_long"]
    );
    assert_eq!(
        faults("/fields/price/css", json!(" ")),
        ["fields.price.css: required"]
    );
}

#[test]
fn an_answer_does_not_repeat_a_name_without_end() {
    let name = "x".repeat(10_000);
    for faults in [
        faults(&format!("/{name}"), json!(1)),
        faults(&format!("/fields/{name}"), json!({ "css": "p" })),
    ] {
        assert!(faults.iter().all(|fault| fault.len() < 100), "{faults:?}");
    }
}

#[test]
fn a_threshold_stands_with_its_event() {
    assert_eq!(
        faults("/notify/on", json!(["change"])),
        ["notify.threshold: unexpected"]
    );
    assert_eq!(
        faults("/notify/threshold", Value::Null),
        ["notify.threshold: required"]
    );
    assert_eq!(faults("/notify/on", json!([])), ["notify.on: type"]);
    assert_eq!(
        faults("/notify/on", json!(["threshold", "threshold"])),
        ["notify.on: duplicate"]
    );
}

#[test]
fn a_threshold_needs_one_number() {
    assert_eq!(
        faults("/notify/threshold", json!("cost < 1")),
        ["notify.threshold: unknown"]
    );
    assert_eq!(
        faults("/notify/threshold", json!("links < 1")),
        ["notify.threshold: type"]
    );
}

#[test]
fn what_is_told_keeps_its_order() {
    let definition = Definition::parse(&good()).expect("a definition");
    let notify = definition.notify.expect("given");
    assert_eq!(
        notify.on,
        [
            Event::Change,
            Event::Threshold,
            Event::Failure,
            Event::Recovery
        ]
    );
}

#[test]
fn who_is_told_can_not_be_printed() {
    let definition = Definition::parse(&good()).expect("a definition");
    let printed = format!("{definition:?}");
    assert!(
        !printed.contains("hook") && !printed.contains("me@example.com"),
        "{printed}"
    );
}
