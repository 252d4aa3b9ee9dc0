//! Pages of other origins.

use reqwest::Method;

use crate::harness::{Answer, Site, Stage};

const FOREIGN: &str = "https://evil.example";

async fn preflight(site: &Site, origin: &str) -> Answer {
    let call = site.client.call(Method::OPTIONS, "/user/me").origin(origin);
    let call = call.header("access-control-request-method", "PATCH");
    call.header(
        "access-control-request-headers",
        "authorization,content-type,x-api-key",
    )
    .await
}

/// Checks that a header's list has these in it.
#[track_caller]
fn expect_listed(answer: &Answer, header: &str, expected: &[&str]) {
    let list = answer.header(header).unwrap_or_default().to_lowercase();
    let list: Vec<_> = list.split(',').map(str::trim).collect();
    for one in expected {
        assert!(list.contains(one), "{one} should be in {header}: {list:?}");
    }
}

#[tokio::test]
async fn a_preflight_of_the_sites_page_is_answered_with_credentials() {
    let site = Stage::shared().await;
    let answer = preflight(&site, &site.origin).await;
    assert!(
        [200, 204].contains(&answer.status),
        "the preflight: {answer}"
    );
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some(site.origin.as_str())
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        Some("true")
    );
    expect_listed(
        &answer,
        "access-control-allow-methods",
        &["get", "post", "patch", "delete"],
    );
    expect_listed(
        &answer,
        "access-control-allow-headers",
        &["authorization", "content-type", "x-api-key"],
    );
}

#[tokio::test]
async fn a_foreign_origin_is_not_allowed() {
    let site = Stage::shared().await;
    let login = site.post("/auth/login", &site.registered().await.credentials());
    for answer in [preflight(&site, FOREIGN).await, login.origin(FOREIGN).await] {
        for name in [
            "access-control-allow-origin",
            "access-control-allow-credentials",
        ] {
            assert_eq!(answer.header(name), None, "{name} of {answer}");
        }
    }
}

#[tokio::test]
async fn the_sites_page_may_read_answers_and_problems() {
    let site = Stage::shared().await;
    let fine = site.client.get("/health").origin(&site.origin).await;
    let problem = site.client.get("/user/me").origin(&site.origin).await;
    problem.expect_problem(401, "token_missing");
    for answer in [fine, problem] {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(site.origin.as_str())
        );
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            Some("true")
        );
        expect_listed(
            &answer,
            "access-control-expose-headers",
            &["x-request-id", "retry-after", "www-authenticate"],
        );
        expect_listed(&answer, "vary", &["origin"]);
    }
}

#[tokio::test]
async fn on_a_laptop_the_origin_of_a_new_site_is_allowed_at_once() {
    // A stack answers the preflights of its parameter's origins.
    let Some(site) = Stage::own().await else {
        return;
    };
    let neighbour = site.new_neighbour(&[]).await;
    let answer = preflight(&neighbour, &neighbour.origin).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some(neighbour.origin.as_str())
    );
}
