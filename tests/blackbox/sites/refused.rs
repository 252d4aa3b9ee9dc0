//! What is not taken, and how that is told.

use reqwest::Method;
use serde_json::json;

use super::{call, get, neighbour, path, put, setup, with};
use crate::harness::text;

#[tokio::test]
async fn all_that_is_bad_is_told_at_once_by_its_path() {
    let Some(site) = neighbour().await else {
        return;
    };
    put(&site, &setup()).await.expect(200);
    let before = get(&site).await.expect(200);
    let bad = json!({
        "target": {"github": {"repository": "acme", "branch": "a b", "folder": ".github/workflows"}},
        "base_url": "http://acme.example",
        "theme": {"title": "a\nb", "links": [{"label": "x", "url": "javascript:alert(1)"}], "posts_per_page": 51, "css": "x"},
        "notify": "nobody", "role": "owner",
    });
    let answer = put(&site, &bad).await;
    let problem = answer.expect_problem(400, "validation_failed");
    let errors = problem["errors"].as_array().expect("a list").iter();
    let mut told: Vec<_> = errors
        .map(|error| format!("{}: {}", text(&error["field"]), text(&error["code"])))
        .collect();
    told.sort();
    let expected = [
        "base_url: invalid",
        "notify: invalid",
        "role: unknown",
        "target.github.branch: invalid",
        "target.github.folder: invalid",
        "target.github.repository: invalid",
        "theme.css: unknown",
        "theme.links[0].url: invalid",
        "theme.posts_per_page: out_of_range",
        "theme.title: invalid",
    ];
    assert_eq!(told, expected);
    assert_eq!(
        get(&site).await.expect(200),
        before,
        "nothing of it is kept"
    );
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let Some(site) = neighbour().await else {
        return;
    };
    let empty = put(&site, &json!({})).await;
    empty.expect_bad_fields(&["target", "base_url"]);
    let none = put(&site, &with("target", json!({}))).await;
    none.expect_bad_fields(&["target"]);
    let two = put(&site, &with("target", json!({"s3": {}, "git": {}}))).await;
    two.expect_bad_fields(&["target"]);
}

#[tokio::test]
async fn a_body_that_is_no_setup_is_refused() {
    let Some(site) = neighbour().await else {
        return;
    };
    let send = |body: &str| {
        let call = call(&site, Method::PUT, &path(&site));
        call.body("application/json", body.to_owned())
    };
    for body in ["{", "[]", "7", "\"x\"", "null"] {
        send(body).await.expect_problem(400, "malformed_json");
    }
    let long = format!(r#"{{"base_url": "{}"}}"#, "x".repeat(70_000));
    send(&long).await.expect_problem(413, "payload_too_large");
    let plain = call(&site, Method::PUT, &path(&site)).body("text/plain", "x");
    plain.await.expect_problem(415, "unsupported_media_type");
}
