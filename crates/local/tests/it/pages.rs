//! `/_local/`, over HTTP.

use serde_json::{Value, json};

use crate::{platform, sqs, variable};

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
async fn mail_is_shown_newest_first() {
    let platform = platform().await;
    let queue = variable(&platform, "EMAIL_QUEUE_URL");
    let sender = sqs(&variable(&platform, "AWS_ENDPOINT_URL_SQS"));
    let link = "http://localhost/_local/account/verify-email?token=x";
    for (template, to) in [
        (Some("welcome"), "a@example.com"),
        (None, "b@example.com"),
        (Some("password-changed"), "c@example.com"),
    ] {
        let job = json!({
            "to": to, "template": template, "params": {"name": "<i>Ada</i>", "link": link},
            "tenant": "c#s", "email_id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, to.as_bytes()),
        });
        sender
            .send_message()
            .queue_url(&queue)
            .message_body(job.to_string())
            .send()
            .await
            .unwrap();
    }

    let client = reqwest::Client::new();
    let url = format!("{}/_local/mail", platform.base_url());
    let list: Value = client
        .get(&url)
        .header("accept", "application/json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let addresses: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["to"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["c@example.com", "a@example.com"]);
    assert_eq!(list[1]["links"], json!([link]));
    assert_eq!(list[1]["template"], "welcome");

    let page = client
        .get(&url)
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains(&format!("href=\"{link}\"")) && page.contains("&lt;i&gt;Ada"),
        "{page}"
    );
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
