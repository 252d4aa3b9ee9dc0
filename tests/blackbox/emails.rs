//! `/emails`: mail that a site's own back end has sent.

use std::future::IntoFuture as _;

use serde_json::{Value, json};

use crate::harness::{Account, Answer, Backstage, Mail, Site, Stage, text};

const WEEK_SECONDS: u64 = 7 * 24 * 60 * 60;

/// Queues a mail with the site's secret key.
pub(crate) async fn send(site: &Site, body: &Value) -> Answer {
    site.client
        .post("/emails")
        .key(&site.secret)
        .json(body)
        .await
}

pub(crate) async fn status(site: &Site, email_id: &str) -> Value {
    let path = format!("/emails/{email_id}");
    site.client.get(&path).key(&site.secret).await.expect(200)
}

/// A mail with news to an address.
pub(crate) fn news(to: &str) -> Value {
    json!({"to": to, "template": "notification", "params": {"title": "News", "body": "It rains.\nStill."}})
}

/// The mails with news that an address got.
pub(crate) async fn news_to(local: &Backstage, to: &str) -> Vec<Mail> {
    let mut mail = local.mail_to(to).await;
    mail.retain(|mail| mail.subject == "News");
    mail
}

/// A site whose mails nobody else counts, with a key that may send.
async fn neighbour(site: &Site, options: &[&str]) -> Site {
    let site = site.new_neighbour(options).await;
    let scope = ["--secret", "--scope", "email:send"];
    let secret = site.backstage().new_key(&site.tenant, &scope).await.text;
    Site { secret, ..site }
}

#[tokio::test]
async fn a_back_end_queues_a_mail_and_learns_what_became_of_it() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let to = Account::new().email;
    let queued = send(&site, &news(&to)).await.expect(202);
    let mail = news_to(site.backstage(), &to).await;
    assert!(mail[0].text.contains("It rains.\nStill."), "{mail:?}");
    let email = status(&site, &text(&queued["email_id"])).await;
    assert_eq!(
        (&email["to"], &email["template"]),
        (&json!(to), &json!("notification"))
    );
    assert!(
        ["sent", "delivered"].contains(&text(&email["status"]).as_str()),
        "{email}"
    );
    assert!(email["sent_at"].is_string(), "{email}");
}

#[tokio::test]
async fn the_same_request_is_the_same_mail() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let to = Account::new().email;
    let send = |key: &str, body: Value| {
        let call = site.client.post("/emails").key(&site.secret);
        call.header("idempotency-key", key)
            .json(&body)
            .into_future()
    };
    let key = format!("order-{to}");
    let at_once = futures::future::join_all((0..5).map(|_| send(&key, news(&to)))).await;
    let ids: Vec<_> = at_once
        .iter()
        .map(|answer| answer.expect(202)["email_id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let again = send(&key, news(&to)).await.expect(202);
    assert_eq!(again["email_id"], ids[0]);
    assert_eq!(news_to(site.backstage(), &to).await.len(), 1);

    let mut other = news(&to);
    other["params"]["body"] = json!("It snows.");
    send(&key, other)
        .await
        .expect_problem(409, "idempotency_conflict");
    for key in ["a b", &"x".repeat(256)] {
        send(key, news(&to))
            .await
            .expect_bad_fields(&["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn an_idempotency_key_is_forgotten_after_a_day_and_is_the_tenants_own() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let send = async |site: &Site| {
        let call = site.client.post("/emails").key(&site.secret);
        let call = call
            .header("idempotency-key", "k")
            .json(&news("a@example.com"));
        call.await.expect(202)["email_id"].clone()
    };
    let first = send(&site).await;
    assert_ne!(send(&neighbour(&site, &[]).await).await, first);
    site.backstage().advance(24 * 60 * 60 - 60).await;
    assert_eq!(send(&site).await, first);
    site.backstage().advance(61).await;
    assert_ne!(send(&site).await, first);
}

#[tokio::test]
async fn bad_input_names_its_field_and_queues_nothing() {
    let site = Stage::shared().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = news("ada@example.com");
        change(&mut body);
        body
    };
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({}), &["to", "template"]),
        (
            with(&|b| b["template"] = json!("newsletter")),
            &["template"],
        ),
        (with(&|b| b["template"] = json!("none")), &["template"]),
        (
            with(&|b| b["sendAt"] = json!("2999-01-01T00:00:00Z")),
            &["sendAt"],
        ),
        (with(&|b| b["to"] = json!("ada")), &["to"]),
        (
            with(&|b| b["to"] = json!("a@example.com, b@example.com")),
            &["to"],
        ),
        (
            with(&|b| b["to"] = json!(["a@example.com", "b@example.com"])),
            &["to"],
        ),
        (
            with(&|b| b["to"] = json!("a@example.com\r\nBcc: b@example.com")),
            &["to"],
        ),
        (
            with(&|b| b["params"] = Value::Null),
            &["params.title", "params.body"],
        ),
        (
            with(&|b| b["params"] = json!([])),
            &["params", "params.title", "params.body"],
        ),
        (
            with(&|b| b["params"]["titel"] = json!("x")),
            &["params.titel"],
        ),
        (
            with(&|b| b["params"]["title"] = json!("a\r\nBcc: b@example.com")),
            &["params.title"],
        ),
        (
            with(&|b| b["params"]["title"] = json!("a\nb")),
            &["params.title"],
        ),
        (
            with(&|b| b["params"]["title"] = json!("exe.\u{202E}fdp")),
            &["params.title"],
        ),
        (
            with(&|b| b["params"]["title"] = json!({"a": 1})),
            &["params.title"],
        ),
        (
            with(&|b| b["params"]["body"] = json!("x".repeat(1024 * 1024))),
            &["params.body"],
        ),
        (
            with(&|b| b["params"]["link"] = json!("javascript:alert(1)")),
            &["params.link"],
        ),
        (with(&|b| b["send_at"] = json!("tomorrow")), &["send_at"]),
        (
            with(&|b| b["send_at"] = json!("2999-01-01T00:00:00Z")),
            &["send_at"],
        ),
    ];
    for (body, fields) in cases {
        send(&site, &body).await.expect_bad_fields(fields);
    }
    let many: Vec<_> = (0..40_000)
        .map(|number| format!("surplus {number}"))
        .collect();
    let many = with(&|b| b["params"] = many.iter().map(|name| (name.clone(), json!({}))).collect());
    let answer = send(&site, &many).await;
    answer.expect_problem(400, "validation_failed");
    assert!(answer.text.len() < 64 * 1024, "{} bytes", answer.text.len());
    let huge = with(&|b| b["params"]["body"] = json!("x".repeat(3 * 1024 * 1024)));
    send(&site, &huge)
        .await
        .expect_problem(413, "payload_too_large");
}

#[tokio::test]
async fn html_in_a_parameter_is_text() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let to = Account::new().email;
    let mut body = news(&to);
    body["params"]["name"] = json!("<b>Ada</b> & \"Co\"");
    send(&site, &body).await.expect(202);
    let mail = news_to(site.backstage(), &to).await;
    assert!(mail[0].text.contains("<b>Ada</b> & \"Co\""), "{mail:?}");
}

#[tokio::test]
async fn only_who_may_send_sends() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let body = news("ada@example.com");
    let client = &site.client;
    client
        .post("/emails")
        .json(&body)
        .await
        .expect_problem(401, "api_key_missing");
    let publishable = client.post("/emails").key(&site.key).json(&body).await;
    publishable.expect_problem(403, "forbidden");
    let scope = ["--secret", "--scope", "users:read"];
    let other = site.backstage().new_key(&site.tenant, &scope).await.text;
    client
        .post("/emails")
        .key(&other)
        .json(&body)
        .await
        .expect_problem(403, "forbidden");

    let (account, session) = site.signed_in().await;
    let user = client
        .post("/emails")
        .bearer(&session.token)
        .json(&body)
        .await;
    user.expect_problem(403, "forbidden");
    let role = ["user", "role", &site.user_id(&account.email), "admin"];
    site.backstage().operate(&role).await;
    let session = site.session(&account).await;
    let admin = client
        .post("/emails")
        .bearer(&session.token)
        .json(&news(&account.email))
        .await;
    let path = format!("/emails/{}", text(&admin.expect(202)["email_id"]));
    client.get(&path).bearer(&session.token).await.expect(200);
    assert_eq!(news_to(site.backstage(), &account.email).await.len(), 1);
}

#[tokio::test]
async fn another_tenants_mail_is_not_there() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let queued = send(&site, &news(&Account::new().email)).await.expect(202);
    let other = neighbour(&site, &[]).await;
    let show = |id: String| {
        let path = format!("/emails/{id}");
        other.client.get(&path).key(&other.secret).into_future()
    };
    let anothers = show(text(&queued["email_id"])).await;
    anothers.expect_problem(404, "not_found");
    let unknown = show("0198c0de-0000-7000-8000-000000000000".into()).await;
    assert_eq!(anothers.shape(), unknown.shape());
    show("1".into()).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_templates_say_what_they_take() {
    let site = Stage::shared().await;
    let templates = site
        .client
        .get("/emails/templates")
        .key(&site.secret)
        .await
        .expect(200);
    let items = templates["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(items.len(), 11);
    let reset = items.iter().find(|item| item["name"] == "password-reset");
    let reset = reset.expect("password-reset is among them");
    assert_eq!(
        reset["parameters"],
        json!([
            {"name": "name", "kind": "line", "required": false},
            {"name": "link", "kind": "link", "required": true},
            {"name": "expires_minutes", "kind": "number", "required": true},
        ])
    );
}

/// The time in so many seconds, by the clock of this machine, which the platform's own begins with.
#[expect(
    clippy::disallowed_methods,
    reason = "a client has the time of its machine"
)]
fn in_seconds(seconds: u64) -> String {
    let at = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
    let at = domain::Timestamp::try_from(at).expect("a time");
    at.to_string()
}

#[tokio::test]
async fn a_mail_waits_for_its_time() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let local = site.backstage();
    for (to, seconds) in [
        ("minutes@example.com", 600),
        ("days@example.com", WEEK_SECONDS - 60),
    ] {
        let mut body = news(to);
        body["send_at"] = json!(in_seconds(seconds));
        let queued = send(&site, &body).await.expect(202);
        assert_eq!(
            status(&site, &text(&queued["email_id"])).await["status"],
            "queued"
        );
    }
    let mut late = news("past@example.com");
    late["send_at"] = json!("2020-01-01T00:00:00Z");
    send(&site, &late).await.expect(202);
    let count = async |to| news_to(local, to).await.len();
    assert_eq!(
        count("past@example.com").await,
        1,
        "what should have been sent before"
    );
    assert_eq!(count("minutes@example.com").await, 0);
    local.advance(601).await;
    assert_eq!(count("minutes@example.com").await, 1);
    local.advance(WEEK_SECONDS - 3_600).await;
    assert_eq!(count("days@example.com").await, 0);
    local.advance(3_600).await;
    assert_eq!(count("days@example.com").await, 1);
    assert_eq!(count("minutes@example.com").await, 1);
}

#[tokio::test]
async fn a_tenants_day_has_a_budget() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let site = neighbour(&site, &["--emails-per-day", "2"]).await;
    for _ in 0..2 {
        send(&site, &news("ada@example.com")).await.expect(202);
    }
    let refused = send(&site, &news("late@example.com")).await;
    refused.expect_problem(429, "rate_limited");
    let seconds = refused.number_in("retry-after");
    assert!(seconds <= 24 * 60 * 60, "{seconds}");
    assert!(
        news_to(site.backstage(), "late@example.com")
            .await
            .is_empty()
    );
    // Who waits for a link gets it all the same.
    let account = site.registered().await;
    site.ask_reset(&account.email).await.expect(200);
    site.reset_token(&account).await;

    site.backstage().advance(seconds).await;
    send(&site, &news("late@example.com")).await.expect(202);
}
