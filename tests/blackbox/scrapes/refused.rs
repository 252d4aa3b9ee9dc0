//! What is not taken, and how that is told.

use reqwest::Method;
use serde_json::{Value, json};

use super::{call, create, created, definition, get, neighbour, patch, with};
use crate::harness::text;

#[tokio::test]
async fn all_that_is_bad_is_told_at_once_by_its_path() {
    let Some(site) = neighbour().await else {
        return;
    };
    let bad = json!({
        "name": "", "url": "http://10.0.0.1/", "schedule": "rate(1 minute)", "time_zone": "Mars/Olympus",
        "fields": {"price": {"css": "p >", "type": "money"}, "1d": {"css": "p"}},
        "notify": {"on": ["change"], "webhook": "http://hooks.example/"},
        "role": "owner",
    });
    let answer = create(&site, &bad).await;
    let problem = answer.expect_problem(400, "validation_failed");
    let errors = problem["errors"].as_array().expect("a list").iter();
    let mut told: Vec<_> = errors
        .map(|error| format!("{}: {}", text(&error["field"]), text(&error["code"])))
        .collect();
    told.sort();
    let expected = [
        "fields.1d: invalid",
        "fields.price.css: invalid",
        "fields.price.type: unknown",
        "name: required",
        "notify.webhook: invalid_url",
        "role: unknown",
        "schedule: too_often",
        "time_zone: unknown",
        "url: not_public",
    ];
    assert_eq!(told, expected);
    create(&site, &json!({}))
        .await
        .expect_bad_fields(&["name", "url", "schedule", "fields"]);
    let list = get(&site, "/scrapes").await.expect(200);
    assert_eq!(list["items"], json!([]), "what was refused is not kept");
}

#[tokio::test]
async fn an_address_that_is_nobodys_business_is_refused() {
    let Some(site) = neighbour().await else {
        return;
    };
    for (url, code) in [
        ("http://127.0.0.1/", "not_public"),
        ("http://0x7f.1/", "not_public"),
        ("http://[::ffff:10.0.0.1]/", "not_public"),
        ("http://169.254.169.254/latest/meta-data/", "not_public"),
        ("https://shop.example:8080/", "invalid_url"),
        ("https://shop.example\\@evil.example/", "invalid_url"),
        ("https://user:secret@shop.example/", "credentials"),
        ("file:///etc/passwd", "scheme"),
    ] {
        for path in ["/scrapes", "/scrapes/preview"] {
            let body = with("url", json!(url));
            let answer = call(&site, Method::POST, path).json(&body).await;
            answer.expect_bad_fields(&["url"]);
            let told = answer.json()["errors"][0]["code"].clone();
            assert_eq!(told, code, "{url} at {path}");
        }
    }
}

#[tokio::test]
async fn a_preview_refuses_what_a_scrape_refuses() {
    let Some(site) = neighbour().await else {
        return;
    };
    let preview = async |body: Value| {
        let call = call(&site, Method::POST, "/scrapes/preview");
        call.json(&body).await
    };
    preview(with("schedule", json!("every day")))
        .await
        .expect_bad_fields(&["schedule"]);
    preview(with("fields", json!({})))
        .await
        .expect_bad_fields(&["fields"]);
    let key = site.client.post("/scrapes/preview").key(&site.key);
    key.json(&definition())
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    for (method, path) in [
        (Method::POST, "/scrapes"),
        (Method::POST, "/scrapes/preview"),
        (Method::PATCH, path.as_str()),
    ] {
        let send =
            |kind: &str, body: &str| call(&site, method.clone(), path).body(kind, body.to_owned());
        let json = "application/json";
        send(json, "{").await.expect_problem(400, "malformed_json");
        send(json, "[]").await.expect_problem(400, "malformed_json");
        let plain = send("text/plain", "{}").await;
        plain.expect_problem(415, "unsupported_media_type");
        let large = send(json, &" ".repeat(64 * 1024 + 1)).await;
        large.expect_problem(413, "payload_too_large");
    }
}

#[tokio::test]
async fn a_patch_that_leads_to_something_bad_changes_nothing() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    for (change, field) in [
        (json!({"url": "http://127.0.0.1/"}), "url"),
        (json!({"schedule": null}), "schedule"),
        (
            json!({"fields": {"price": {"feed": "title"}}}),
            "fields.price",
        ),
        (json!({"notify": {"on": ["threshold"]}}), "notify.threshold"),
        (json!({"scrape_id": "1"}), "scrape_id"),
        (json!({"tenant_id": "acme#shop"}), "tenant_id"),
    ] {
        let refused = patch(&site, &path, &change).await;
        refused.expect_bad_fields(&[field]);
    }
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["name"], definition()["name"]);
    assert_eq!(read["created_at"], read["updated_at"]);
}

#[tokio::test]
async fn bad_periods_and_fields_are_named() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let (noon, earlier) = ("2026-05-01T12:00:00Z", "2026-05-01T11:00:00Z");
    for file in ["results.csv", "results.json"] {
        let file = format!("{path}/{file}");
        let get = || call(&site, Method::GET, &file);
        let both = get()
            .query("from", "yesterday")
            .query("before", "now")
            .await;
        both.expect_bad_fields(&["from", "before"]);
        for before in [noon, earlier] {
            let call = get().query("from", noon).query("before", before);
            call.await.expect_bad_fields(&["from"]);
        }
        get()
            .query("until", noon)
            .await
            .expect_bad_fields(&["until"]);
        let long_ago = get().query("before", "1960-01-01T00:00:00Z");
        long_ago.await.expect(200);
    }
    let series = format!("{path}/series");
    let get = || call(&site, Method::GET, &series);
    get().await.expect_bad_fields(&["field"]);
    for field in ["title", "Price", ""] {
        get()
            .query("field", field)
            .await
            .expect_bad_fields(&["field"]);
    }
    let results = format!("{path}/results");
    for limit in ["0", "101", "x"] {
        let call = call(&site, Method::GET, &results).query("limit", limit);
        call.await.expect_bad_fields(&["limit"]);
    }
}
