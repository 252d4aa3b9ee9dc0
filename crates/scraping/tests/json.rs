use serde_json::{Value, json};

use crate::extract;

fn check(field: Value, expected: Value) {
    let page = json!({
        "price": 12.5, "text": "1.234,5", "none": null, "yes": true, "empty": [], "tags": ["a", "b"], "numbers": [1, "2"],
        "item": { "id": 7 }, "link": "x", "huge": 1e300, "when": "2026-05-01T10:00:00+02:00",
    });
    crate::check(field, &page.to_string(), "application/json", expected);
}

#[test]
fn values_are_found() {
    check(json!({ "pointer": "/price" }), json!("12.5"));
    check(json!({ "pointer": "/yes" }), json!("true"));
    check(json!({ "pointer": "/tags/1" }), json!("b"));
    check(
        json!({ "pointer": "/tags", "all": true }),
        json!(["a", "b"]),
    );
    check(json!({ "pointer": "/item" }), json!(r#"{"id":7}"#));
    check(
        json!({ "pointer": "/link", "type": "url" }),
        json!("https://example.com/shop/x"),
    );
    check(
        json!({ "pointer": "/when", "type": "date" }),
        json!("2026-05-01T08:00:00Z"),
    );
}

#[test]
fn a_number_is_one_in_every_locale() {
    check(
        json!({ "pointer": "/price", "type": "number", "locale": "de" }),
        json!(12.5),
    );
    check(
        json!({ "pointer": "/text", "type": "number", "locale": "de" }),
        json!(1234.5),
    );
    check(
        json!({ "pointer": "/numbers", "type": "number", "all": true }),
        json!([1.0, 2.0]),
    );
    check(
        json!({ "pointer": "/huge", "type": "number" }),
        json!(1e300),
    );
}

#[test]
fn a_field_without_a_value_has_a_reason() {
    check(
        json!({ "pointer": "/prise" }),
        json!({ "missing": "not_found" }),
    );
    check(json!({ "pointer": "/none" }), json!({ "missing": "null" }));
    check(
        json!({ "pointer": "/price", "all": true }),
        json!({ "missing": "not_a_list" }),
    );
    check(
        json!({ "pointer": "/empty", "all": true }),
        json!({ "missing": "not_found" }),
    );
    check(
        json!({ "pointer": "/yes", "type": "number" }),
        json!({ "missing": "not_a_number" }),
    );
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let refused = extract(
        &json!({ "f": { "pointer": "/a" } }),
        b"{\n  \"a\": ]",
        "application/json",
    );
    let refused = refused.expect_err("not JSON").to_string();
    assert!(refused.contains("line 2 column 8"), "{refused}");
}
