//! `/_local/`, over HTTP.

use serde_json::{Value, json};

use crate::platform;

#[tokio::test]
async fn another_host_or_origin_is_refused() {
    let platform = platform().await;
    let client = reqwest::Client::new();
    let url = format!("{}/_local/clock", platform.base_url());

    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    let rebound = client
        .get(&url)
        .header("host", "evil.example:3000")
        .send()
        .await
        .unwrap();
    assert_eq!(rebound.status(), 403);
    assert_eq!(
        rebound.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(rebound.json::<Value>().await.unwrap()["code"], "forbidden");

    let body = json!({"advance_seconds": 5});
    let foreign = client
        .post(&url)
        .header("origin", "http://localhost:5173")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
    assert_eq!(platform.surroundings().clock.offset_seconds(), 0);
    let own = client
        .post(&url)
        .header("origin", platform.base_url())
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), 200);
    platform.stop().await;
}

#[tokio::test]
async fn the_clock_moves_forward_only() {
    let platform = platform().await;
    let client = reqwest::Client::new();
    let url = format!("{}/_local/clock", platform.base_url());

    let moved = client
        .post(&url)
        .json(&json!({"advance_seconds": 3600}))
        .send()
        .await
        .unwrap();
    assert_eq!(moved.json::<Value>().await.unwrap()["offset_seconds"], 3600);
    let read: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(read["offset_seconds"], 3600);
    assert!(read["now"].as_str().unwrap().ends_with('Z'));

    for bad in [
        json!({"advance_seconds": -1}),
        json!({"advance_seconds": 1.5}),
        json!({}),
        json!(u64::MAX),
    ] {
        assert_eq!(
            client.post(&url).json(&bad).send().await.unwrap().status(),
            400,
            "{bad}"
        );
    }
    let too_far = client
        .post(&url)
        .json(&json!({"advance_seconds": u64::MAX}))
        .send()
        .await
        .unwrap();
    assert_eq!(too_far.status(), 400);
    let form = client
        .post(&url)
        .header("content-type", "text/plain")
        .body("{\"advance_seconds\":1}");
    assert_eq!(form.send().await.unwrap().status(), 415);
    assert_eq!(platform.surroundings().clock.offset_seconds(), 3600);
    platform.stop().await;
}

#[tokio::test]
async fn a_link_is_redeemed_by_its_button_only() {
    let platform = platform().await;
    let client = reqwest::Client::new();
    for (page, field) in [
        ("verify-email", "Confirm"),
        ("reset-password", "new_password"),
    ] {
        let url = format!("{}/_local/account/{page}", platform.base_url());
        let form = client
            .get(format!("{url}?token=%22%3E%3Cb%3E"))
            .send()
            .await
            .unwrap();
        assert_eq!(form.headers()["referrer-policy"], "no-referrer");
        let form = form.text().await.unwrap();
        assert!(
            form.contains(field) && form.contains("value=\"&quot;&gt;&lt;b&gt;\""),
            "{form}"
        );

        let form = client
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded");
        let refused = form
            .body("token=nothing&new_password=x")
            .send()
            .await
            .unwrap();
        assert!(!refused.status().is_success());
        assert!(refused.text().await.unwrap().contains("role=\"alert\""));
    }
    platform.stop().await;
}

#[tokio::test]
async fn nothing_else_is_there() {
    let platform = platform().await;
    let answer = reqwest::get(format!("{}/_local/nothing", platform.base_url()))
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "not_found");
    platform.stop().await;
}

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let platform = platform().await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}/_local/{path}", platform.base_url());
    let check = async |status: u16, code: &str, request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{code}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/problem+json",
            "{code}"
        );
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code);
    };
    let form = "application/x-www-form-urlencoded";
    let verify = || client.post(url("account/verify-email"));

    check(405, "method_not_allowed", client.delete(url("clock"))).await;
    check(405, "method_not_allowed", client.post(url("mail"))).await;
    check(415, "unsupported_media_type", verify().body("token=x")).await;
    check(
        400,
        "validation_failed",
        client.get(url("account/verify-email?token=a&token=b")),
    )
    .await;
    let twice = verify().header("content-type", form);
    check(400, "validation_failed", twice.body("token=a&token=b")).await;
    let large = "x".repeat(3 * 1024 * 1024);
    let too_large = verify().header("content-type", form);
    check(413, "payload_too_large", too_large.body(large.clone())).await;
    let too_large = client
        .post(url("clock"))
        .header("content-type", "application/json");
    check(413, "payload_too_large", too_large.body(large)).await;

    let answer = client.delete(url("clock")).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET,HEAD,POST");
    platform.stop().await;
}
