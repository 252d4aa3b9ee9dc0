//! One's own account.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Stage, subject, text};

#[tokio::test]
async fn a_user_renames_oneself() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let patch = |body| {
        site.client
            .call(Method::PATCH, "/user/me")
            .bearer(&session.token)
            .json(&body)
    };
    let renamed = patch(json!({ "name": "Ada Lovelace" })).await.expect(200);
    assert_eq!(renamed["user"]["name"], "Ada Lovelace");
    assert_eq!(site.me(&session.token).await.expect(200), renamed);
    patch(json!({}))
        .await
        .expect_problem(400, "validation_failed");
    patch(json!({ "name": 7 }))
        .await
        .expect_bad_fields(&["name"]);
    assert_eq!(site.me(&session.token).await.expect(200), renamed);
}

#[tokio::test]
async fn an_export_has_the_account_and_its_sessions_and_no_secrets() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    site.session(&account).await;
    let export = site
        .client
        .get("/user/me/export")
        .bearer(&session.token)
        .await;
    let content = export.expect(200);
    assert_eq!(
        content["user"],
        site.me(&session.token).await.expect(200)["user"]
    );
    assert_eq!(
        content["sessions"].as_array().map(Vec::len),
        Some(2),
        "sessions in {export}"
    );
    assert!(!export.text.contains("argon2"), "a hash is in {export}");
}

#[tokio::test]
async fn an_account_is_deleted_with_everything_that_is_the_users() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let (account, session) = site.signed_in().await;
    let other = site.session(&account).await;
    let link = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await
        .token();
    let reset = site.reset_token(&account).await;
    let delete = |password: &str| {
        let call = site
            .client
            .call(Method::DELETE, "/user/me")
            .bearer(&session.token);
        call.json(&json!({ "password": password }))
    };
    delete("not the Pass-phrase")
        .await
        .expect_problem(401, "credentials_invalid");
    site.me(&session.token).await.expect(200);
    delete(&account.password).await.expect(204);

    site.expect_ended(&session).await;
    site.expect_ended(&other).await;
    site.login(&account)
        .await
        .expect_problem(401, "credentials_invalid");
    site.backstage()
        .newest_mail(&account.email, subject::DELETED)
        .await;
    // Whoever registers the address next begins anew.
    let next = account.with_password("An0ther-passw0rd");
    site.register(&next).await.expect(201);
    site.confirm_reset(&reset, "N3wPassw0rd!")
        .await
        .expect_problem(400, "token_invalid");
    let verify = site
        .client
        .post("/auth/verify-email")
        .json(&json!({ "token": link }));
    verify.await.expect_problem(400, "token_invalid");
    site.expect_ended(&session).await;
    let me = site.me(&site.session(&next).await.token).await.expect(200);
    assert_eq!(me["user"]["email_verified"], false);
}

#[tokio::test]
async fn without_a_token_there_is_no_account() {
    let site = Stage::shared().await;
    for (method, path) in [
        (Method::GET, "/user/me"),
        (Method::PATCH, "/user/me"),
        (Method::DELETE, "/user/me"),
        (Method::GET, "/user/me/export"),
        (Method::GET, "/auth/sessions"),
        (Method::POST, "/auth/logout"),
    ] {
        let call = site.client.call(method.clone(), path);
        let call = match method {
            Method::PATCH => call.json(&json!({ "name": "Ada" })),
            Method::DELETE => call.json(&json!({ "password": "x" })),
            _ => call,
        };
        call.await.expect_problem(401, "token_missing");
    }
}

#[tokio::test]
async fn a_login_is_written_down() {
    let site = Stage::shared().await;
    let (account, first) = site.signed_in().await;
    let last_login =
        async |token: &str| text(&site.me(token).await.expect(200)["user"]["last_login"]);
    let before = last_login(&first.token).await;
    site.session(&account).await;
    assert!(
        last_login(&first.token).await >= before,
        "the last login went back"
    );
}
