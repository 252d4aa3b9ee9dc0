//! Bodies that no client should send: refused as the contract says, and nothing is written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Account, Session, Site, Stage};

/// Every route that reads a body, with a field that it needs.
fn routes() -> [(Method, &'static str, &'static str); 15] {
    let post = |path, field| (Method::POST, path, field);
    [
        post("/auth/register", "email"),
        post("/auth/login", "email"),
        post("/auth/token/refresh", "refresh_token"),
        post("/auth/token/revoke", "refresh_token"),
        post("/auth/password-reset", "email"),
        post("/auth/password-reset/confirm", "token"),
        post("/auth/verify-email", "token"),
        post("/auth/verify-email/resend", "email"),
        post("/users", "email"),
        (Method::PATCH, "/user/me", "name"),
        (Method::DELETE, "/user/me", "password"),
        post("/messages/key", "password"),
        (Method::PUT, "/messages/key/password", "new_password"),
        (Method::DELETE, "/messages/key", "password"),
        post(
            "/messages/0198c0de-0000-7000-8000-000000000000/read",
            "password",
        ),
    ]
}

struct Caller {
    site: Site,
    account: Account,
    session: Session,
}

impl Caller {
    async fn new() -> Self {
        let site = Stage::shared().await;
        let (account, session) = site.signed_in().await;
        Self {
            site,
            account,
            session,
        }
    }

    fn call(&self, method: &Method, path: &str) -> crate::harness::Call {
        let call = self.site.client.call(method.clone(), path);
        match path {
            "/users" => call.key(&self.site.secret),
            _ if path == "/user/me" || path.starts_with("/messages") => {
                call.bearer(&self.session.token)
            }
            _ => call.key(&self.site.key),
        }
    }

    /// Checks that nothing was changed.
    async fn expect_unharmed(&self) {
        let me = self.site.me(&self.session.token).await.expect(200);
        assert_eq!(me["user"]["name"], "");
        self.site.login(&self.account).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_malformed() {
    let caller = Caller::new().await;
    for (method, path, _) in routes() {
        for text in [
            "{",
            "{\"email\":",
            "nonsense",
            "[]",
            "\"text\"",
            "null",
            "7",
            "{} {}",
            "{'a': 1}",
            "\u{feff}{}",
        ] {
            let answer = caller
                .call(&method, path)
                .body("application/json", text)
                .await;
            answer.expect_problem(400, "malformed_json");
        }
        let answer = caller
            .call(&method, path)
            .body("application/json", b"{\"name\": \xff}".to_vec())
            .await;
        answer.expect_problem(400, "malformed_json");
        let deep = "[".repeat(60_000);
        let answer = caller
            .call(&method, path)
            .body("application/json", deep)
            .await;
        answer.expect_problem(400, "malformed_json");
    }
    caller.expect_unharmed().await;
}

#[tokio::test]
async fn a_missing_body_is_malformed_where_one_is_needed() {
    let caller = Caller::new().await;
    for (method, path, _) in routes() {
        if path.starts_with("/auth/token") {
            continue;
        }
        caller
            .call(&method, path)
            .await
            .expect_problem(400, "malformed_json");
    }
    caller.expect_unharmed().await;
}

#[tokio::test]
async fn values_of_the_wrong_type_are_named() {
    let caller = Caller::new().await;
    for (method, path, field) in routes() {
        for wrong in [
            json!(7),
            json!(true),
            json!([]),
            json!({}),
            json!(["a@example.com"]),
        ] {
            let answer = caller
                .call(&method, path)
                .json(&json!({ field: wrong }))
                .await;
            let problem = answer.expect_problem(400, "validation_failed");
            let errors = problem["errors"].as_array().into_iter().flatten();
            let named: Vec<_> = errors
                .filter(|error| error["code"] == "wrong_type")
                .map(|error| &error["field"])
                .collect();
            assert_eq!(named, [field], "fields of a wrong type in {answer}");
        }
    }
    caller.expect_unharmed().await;
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let site = Stage::shared().await;
    let body = json!({ "email": "not an address", "password": "short", "name": "x".repeat(101), "user_name": "" });
    let answer = site.post("/auth/register", &body).await;
    answer.expect_bad_fields(&["email", "password", "name", "user_name"]);
    site.post("/auth/register", &json!({}))
        .await
        .expect_bad_fields(&["email", "password"]);
    site.post("/auth/login", &json!({}))
        .await
        .expect_bad_fields(&["email", "password"]);
    let confirm = site.post("/auth/password-reset/confirm", &json!({}));
    confirm.await.expect_bad_fields(&["token", "new_password"]);
}

#[tokio::test]
async fn an_address_must_be_one() {
    let site = Stage::shared().await;
    let long = format!("{}@example.com", "x".repeat(300));
    for wrong in [
        "",
        "x",
        "@",
        "a@",
        "@b.de",
        "a b@c.de",
        "a@b@c.de",
        "a@b.de\r\nBcc: x@y.de",
        "a@-b.de",
        "a\u{0}@b.de",
        &long,
    ] {
        for path in [
            "/auth/register",
            "/auth/login",
            "/auth/password-reset",
            "/auth/verify-email/resend",
        ] {
            let body = json!({ "email": wrong, "password": "S3cur3Pass!" });
            site.post(path, &body).await.expect_bad_fields(&["email"]);
        }
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_a_larger_one_is_not() {
    let caller = Caller::new().await;
    for (method, path, _) in routes() {
        let body = |size: usize| {
            let empty = json!({ "padding": "" }).to_string().len();
            json!({ "padding": "x".repeat(size - empty) })
        };
        let fits = caller.call(&method, path).json(&body(64 * 1024)).await;
        assert_ne!(fits.status, 413, "{fits}");
        let answer = caller.call(&method, path).json(&body(64 * 1024 + 1)).await;
        answer.expect_problem(413, "payload_too_large");
    }
    caller.expect_unharmed().await;
}

#[tokio::test]
async fn only_json_in_utf8_is_read() {
    let caller = Caller::new().await;
    let body = json!({ "name": "Eve", "password": caller.account.password }).to_string();
    for (method, path, _) in routes() {
        for wrong in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "json",
            "",
        ] {
            let answer = caller.call(&method, path).body(wrong, body.clone()).await;
            answer.expect_problem(415, "unsupported_media_type");
        }
    }
    caller.expect_unharmed().await;
    let rename = caller.call(&Method::PATCH, "/user/me");
    let renamed = rename
        .body("Application/JSON; charset=UTF-8", "{\"name\":\"Ada\"}")
        .await;
    assert_eq!(renamed.expect(200)["user"]["name"], "Ada");
}

#[tokio::test]
async fn text_that_is_odd_is_text() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    for name in [
        "<script>alert(1)</script>",
        "'; DROP TABLE users; --",
        "日本語 🙂",
        "{{7*7}}",
        "a\\\"b",
    ] {
        let rename = site
            .client
            .call(Method::PATCH, "/user/me")
            .bearer(&session.token);
        rename.json(&json!({ "name": name })).await.expect(200);
        assert_eq!(
            site.me(&session.token).await.expect(200)["user"]["name"],
            Value::from(name)
        );
    }
}
