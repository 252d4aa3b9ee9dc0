//! How often each operation waits for the network, warm, against the budgets of the data model.

use std::sync::Arc;

use fixtures::{Answer, TestRequest};
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site, call};

#[track_caller]
fn check(answer: &Answer, status: u16, waits: usize) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.waits, waits, "waits of {answer:?}");
}

#[tokio::test]
async fn signed_in_reads_wait_once() {
    let site = Site::start().await;
    let (token, _) = site.session("reader@example.com").await;
    check(
        &call!(site, me, TestRequest::to("GET /user/me").bearer(&token)),
        200,
        1,
    );
    check(
        &call!(
            site,
            me,
            TestRequest::to("GET /user/me/export").bearer(&token)
        ),
        200,
        1,
    );
    check(
        &call!(
            site,
            sessions,
            TestRequest::to("GET /auth/sessions").bearer(&token)
        ),
        200,
        1,
    );
}

#[tokio::test]
async fn refresh_logout_and_revoke_wait_once() {
    let site = Site::start().await;
    let (token, refresh_token) = site.session("user@example.com").await;
    let refresh = |body: &Value| TestRequest::to("POST /auth/token/refresh").json(body);
    let rotated = call!(
        site,
        refresh,
        refresh(&json!({ "refresh_token": refresh_token }))
    );
    check(&rotated, 200, 1);
    let repeated = call!(
        site,
        refresh,
        refresh(&json!({ "refresh_token": refresh_token }))
    );
    check(&repeated, 200, 1);
    check(
        &call!(
            site,
            refresh,
            TestRequest::to("POST /auth/token/refresh").bearer(&token)
        ),
        200,
        1,
    );
    check(
        &call!(
            site,
            logout,
            TestRequest::to("POST /auth/logout").bearer(&token)
        ),
        200,
        1,
    );

    let (_, refresh_token) = site.session("other@example.com").await;
    let revoke =
        TestRequest::to("POST /auth/token/revoke").json(&json!({ "refresh_token": refresh_token }));
    check(&call!(site, logout, revoke), 200, 1);
}

#[tokio::test]
async fn login_waits_twice_whatever_comes_of_it() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    check(&site.login("user@example.com", PASSWORD).await, 200, 2);
    for email in ["user@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            check(&site.login(email, "wrong").await, 401, 2);
        }
        let refused = site.login(email, "wrong").await;
        assert_eq!(refused.status, 429, "{refused:?}");
        assert!(refused.waits <= 2, "{refused:?}");
    }
}

#[tokio::test]
async fn register_waits_twice() {
    let site = Site::start().await;
    check(&site.register("new@example.com").await, 201, 2);
}

#[tokio::test]
async fn a_reset_waits_twice_for_any_address_and_so_does_its_confirmation() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    for email in ["user@example.com", "nobody@example.com"] {
        let reset = site.keyed("POST /auth/password-reset", &json!({ "email": email }));
        check(&call!(site, reset, reset), 200, 2);
        let resend = site.keyed("POST /auth/verify-email/resend", &json!({ "email": email }));
        check(&call!(site, verify_email, resend), 200, 2);
    }
    let token = site.newest_link();
    let confirm = |password: &str| {
        let body = json!({ "token": token, "new_password": password });
        TestRequest::to("POST /auth/password-reset/confirm").json(&body)
    };
    check(&call!(site, reset_confirm, confirm(PASSWORD)), 400, 1);
    check(&call!(site, reset_confirm, confirm("N3wPassw0rd!")), 200, 2);
}
