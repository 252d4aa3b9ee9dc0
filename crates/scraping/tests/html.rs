use scraping::{Error, Outcome};
use serde_json::{Value, json};

use crate::extract;

const PAGE: &str = r#"<!doctype html><title>Shop</title>
<h1>A <b>good</b> thing</h1>
<p id=price>1.234,56 €</p> <p id=old>from $5 to $10</p>
<time id=since datetime="2026-05-01T10:00">1 May</time>
<ul><li data-n=1><a href="a">A</a><li data-n=2><a href="//cdn.example.com/b#c">B</a></ul>
<a id=bad href="javascript:alert(1)">x</a>"#;

fn check(field: Value, expected: Value) {
    crate::check(field, PAGE, "text/html", expected);
}

#[test]
fn text_and_attributes_are_found() {
    check(json!({ "css": "h1" }), json!("A good thing"));
    check(json!({ "css": "title" }), json!("Shop"));
    check(
        json!({ "css": "li:nth-child(2)", "attribute": "DATA-N" }),
        json!("2"),
    );
    check(json!({ "css": "li", "all": true }), json!(["A", "B"]));
    check(
        json!({ "css": "li", "attribute": "data-n", "all": true, "type": "number" }),
        json!([1.0, 2.0]),
    );
}

#[test]
fn types_are_read() {
    check(
        json!({ "css": "#price", "type": "number", "locale": "de" }),
        json!(1234.56),
    );
    check(
        json!({ "css": "#since", "attribute": "datetime", "type": "date" }),
        json!("2026-05-01T08:00:00Z"),
    );
    check(
        json!({ "css": "li a", "attribute": "href", "all": true, "type": "url" }),
        json!(["https://example.com/shop/a", "https://cdn.example.com/b#c"]),
    );
}

#[test]
fn a_field_without_a_value_has_a_reason() {
    check(json!({ "css": "h2" }), json!({ "missing": "not_found" }));
    check(
        json!({ "css": "h2", "all": true }),
        json!({ "missing": "not_found" }),
    );
    check(
        json!({ "css": "h1", "attribute": "id" }),
        json!({ "missing": "attribute_absent" }),
    );
    check(
        json!({ "css": "h1", "type": "number" }),
        json!({ "missing": "not_a_number" }),
    );
    check(
        json!({ "css": "#price", "type": "number" }),
        json!({ "missing": "not_a_number" }),
    );
    check(
        json!({ "css": "#old", "type": "number" }),
        json!({ "missing": "ambiguous_number" }),
    );
    check(
        json!({ "css": "#since", "type": "date" }),
        json!({ "missing": "not_a_date" }),
    );
    check(
        json!({ "css": "#bad", "attribute": "href", "type": "url" }),
        json!({ "missing": "not_a_url" }),
    );
}

#[test]
fn what_is_bad_of_all_is_named() {
    let results = extract(
        &json!({ "f": { "css": "#price, #old", "all": true, "type": "number", "locale": "de" } }),
        PAGE.as_bytes(),
        "text/html",
    );
    let Outcome::Missing(missing) = &results.expect("a page")["f"] else {
        panic!("there is no value");
    };
    assert_eq!(
        missing.message,
        r#"value 2: "from $5 to $10" has more than one number in it"#
    );
}

#[test]
fn one_field_without_a_value_leaves_the_others() {
    let results = extract(
        &json!({ "a": { "css": "h1" }, "b": { "css": "h2" } }),
        PAGE.as_bytes(),
        "text/html",
    )
    .expect("a page");
    assert!(results["a"].value().is_some() && results["b"].value().is_none());
}

#[test]
fn urls_are_relative_to_the_base_of_the_page() {
    let page = r#"<base target=_top><base href="/other/"><a href="x">"#;
    crate::check(
        json!({ "css": "a", "attribute": "href", "type": "url" }),
        page,
        "text/html; charset=utf-8",
        json!("https://example.com/other/x"),
    );
}

#[test]
fn what_is_not_html_is_refused() {
    let refused = extract(
        &json!({ "f": { "css": "p" } }),
        b"%PDF-1.7",
        "application/pdf",
    );
    assert!(matches!(refused, Err(Error::NotHtml(kind)) if kind == "\"application/pdf\""));
}

#[test]
fn values_have_bounds() {
    let long = "x".repeat(10 * 1024 + 1);
    let page = format!(
        "<p id=a title={long}>{long}</p>{}",
        "<i>y</i>".repeat(1_001)
    );
    for (field, code) in [
        (json!({ "css": "#a" }), "too_long"),
        (json!({ "css": "#a", "attribute": "title" }), "too_long"),
        (json!({ "css": "i", "all": true }), "too_many"),
    ] {
        crate::check(field, &page, "text/html", json!({ "missing": code }));
    }
}

#[test]
fn all_values_together_have_a_bound() {
    let page = format!("<p>{}</p>", "x".repeat(10 * 1024)).repeat(100);
    let fields = json!({ "a": { "css": "p", "all": true }, "b": { "css": "p", "all": true }, "c": { "css": "html", "attribute": "x" } });
    let results = extract(&fields, page.as_bytes(), "text/html").expect("a page");
    assert!(results["a"].value().is_some());
    assert_eq!(crate::say(&results["b"]), json!({ "missing": "too_much" }));
    assert_eq!(
        crate::say(&results["c"]),
        json!({ "missing": "attribute_absent" })
    );
}

#[test]
fn elements_in_one_another_are_not_looked_at_without_end() {
    let page = format!("{}{}", "<div>".repeat(900), "<i></i>".repeat(50_000));
    crate::check(
        json!({ "css": "div", "all": true }),
        &page,
        "text/html",
        json!({ "missing": "too_much" }),
    );
}

#[test]
fn a_costly_selector_is_not_tried_on_a_large_page() {
    let page = "<i></i>".repeat(30_000);
    crate::check(
        json!({ "css": "b ~ i" }),
        &page,
        "text/html",
        json!({ "missing": "too_costly" }),
    );
    crate::check(json!({ "css": "i + i" }), &page, "text/html", json!(""));
}

#[test]
fn a_selector_that_would_never_end_is_not_begun() {
    let page = format!("{}<i>x</i>", "<div>".repeat(200));
    for css in [
        ":is(:is(:is(:is(u div) div) div) div) i",
        ":not(:is(u div):where(b div)) :is(:not(u div) div) i",
        "div:has(u ~ b) i",
    ] {
        let missing = json!({ "missing": "too_costly" });
        crate::check(json!({ "css": css }), &page, "text/html", missing);
    }
    crate::check(
        json!({ "css": ":is(div div) i" }),
        &page,
        "text/html",
        json!("x"),
    );
}

#[test]
fn selectors_on_a_deep_page_have_a_bound_together() {
    let page = format!("{}{}", "<div>".repeat(900), "<i></i>".repeat(40_000));
    let fields = (0..50).map(|n| (format!("f{n:02}"), json!({ "css": "b c" })));
    let fields = Value::Object(fields.collect());
    let results = extract(&fields, page.as_bytes(), "text/html").expect("a page");
    assert_eq!(
        crate::say(&results["f00"]),
        json!({ "missing": "not_found" })
    );
    assert_eq!(
        crate::say(&results["f49"]),
        json!({ "missing": "too_costly" })
    );
}

#[test]
fn the_element_of_the_whole_page_is_found() {
    let page = "<html lang=de><p>x";
    crate::check(
        json!({ "css": "html", "attribute": "lang" }),
        page,
        "text/html",
        json!("de"),
    );
}
