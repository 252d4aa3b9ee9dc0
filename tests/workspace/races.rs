//! What must hold when two things happen at once, or one after the other where it must not matter.

use std::sync::Arc;

use fixtures::TestRequest;
use serde_json::json;

use crate::site::{PASSWORD, Site, call};

#[tokio::test]
async fn a_login_that_began_before_a_reset_gives_no_live_session() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    let reset = site.keyed(
        "POST /auth/password-reset",
        &json!({ "email": "user@example.com" }),
    );
    call!(site, reset, reset);
    let body = json!({ "token": site.newest_link(), "new_password": "N3wPassw0rd!" });
    let confirm = async {
        let request = TestRequest::to("POST /auth/password-reset/confirm").json(&body);
        call!(site, reset_confirm, request)
    };
    let logins = async {
        let mut tokens = Vec::new();
        for _ in 0..4 {
            let answer = site.login("user@example.com", PASSWORD).await;
            tokens.extend(answer.body["token"].as_str().map(str::to_owned));
        }
        tokens
    };
    let (confirmed, tokens) = futures::join!(confirm, logins);
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    for token in tokens {
        let me = call!(site, me, TestRequest::to("GET /user/me").bearer(&token));
        assert_eq!(
            me.status, 401,
            "a session of the old password lives on: {me:?}"
        );
    }
}

#[tokio::test]
async fn no_session_of_a_deleted_account_works_on_the_next_one_of_that_address() {
    let site = Site::start().await;
    let (first, _) = site.session("user@example.com").await;
    let (second, refresh_token) = {
        let answer = site.login("user@example.com", PASSWORD).await;
        let text = |name: &str| answer.body[name].as_str().expect("tokens").to_owned();
        (text("token"), text("refresh_token"))
    };
    let delete = TestRequest::to("DELETE /user/me")
        .bearer(&first)
        .json(&json!({ "password": PASSWORD }));
    assert_eq!(call!(site, me, delete).status, 204);
    site.world.clock.advance_seconds(1);
    site.register("user@example.com").await;
    for token in [&first, &second] {
        let me = call!(site, me, TestRequest::to("GET /user/me").bearer(token));
        assert_eq!(me.status, 401, "{me:?}");
    }
    let refresh = TestRequest::to("POST /auth/token/refresh")
        .json(&json!({ "refresh_token": refresh_token }));
    assert_eq!(call!(site, refresh, refresh).status, 401);
}

#[tokio::test]
async fn a_session_that_has_ended_can_not_end_the_others() {
    let site = Site::start().await;
    let (old, _) = site.session("user@example.com").await;
    let all = |token: &str| {
        TestRequest::to("POST /auth/logout")
            .query("all", "true")
            .bearer(token)
    };
    assert_eq!(call!(site, logout, all(&old)).status, 200);
    let answer = site.login("user@example.com", PASSWORD).await;
    let new = answer.body["token"].as_str().expect("a token").to_owned();
    assert_eq!(call!(site, logout, all(&old)).status, 401);
    assert_eq!(
        call!(site, me, TestRequest::to("GET /user/me").bearer(&new)).status,
        200
    );
}

#[tokio::test]
async fn two_dozen_people_may_log_in_at_once_from_one_address() {
    let site = Site::start().await;
    let emails: Vec<String> = (0..24).map(|n| format!("person{n}@example.com")).collect();
    for email in &emails {
        site.register(email).await;
    }
    futures::future::join_all(emails.iter().map(|email| site.login(email, PASSWORD))).await;
    site.world.clock.advance_seconds(1);
    for email in &emails {
        let answer = site.login(email, PASSWORD).await;
        assert_eq!(
            answer.status, 200,
            "nobody was wrong, so nobody waits: {answer:?}"
        );
    }
}

#[tokio::test]
async fn deleting_ones_account_is_not_a_failure() {
    let site = Site::start().await;
    for n in 0..16 {
        let (token, _) = site.session(&format!("person{n}@example.com")).await;
        let delete = TestRequest::to("DELETE /user/me")
            .bearer(&token)
            .json(&json!({ "password": PASSWORD }));
        assert_eq!(call!(site, me, delete).status, 204);
    }
    let (token, _) = site.session("last@example.com").await;
    assert!(!token.is_empty());
}

#[tokio::test]
async fn a_link_that_could_not_be_queued_leaves_the_one_before_as_it_was() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    let reset = || {
        site.keyed(
            "POST /auth/password-reset",
            &json!({ "email": "user@example.com" }),
        )
    };
    assert_eq!(call!(site, reset, reset()).status, 200);
    let link = site.newest_link();
    let away = site.world.without("SQS");
    let deps: Arc<reset::Deps> = away.deps();
    let refused = site
        .world
        .call(
            &deps,
            |deps, request| async move { reset::handle(&deps, request).await },
            reset(),
        )
        .await;
    assert_eq!(refused.status, 503, "{refused:?}");
    let confirm = json!({ "token": link, "new_password": "N3wPassw0rd!" });
    let answer = call!(
        site,
        reset_confirm,
        TestRequest::to("POST /auth/password-reset/confirm").json(&confirm)
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}
