//! A browser's session.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Account, Answer, Session, Site, Stage, text};

const FOREIGN: &str = "https://evil.example";

async fn login_from(site: &Site, account: &Account, origin: &str) -> Answer {
    site.post("/auth/login", &account.credentials())
        .origin(origin)
        .await
}

/// The value and the attributes of a cookie that is set.
#[track_caller]
fn cookie<'a>(answer: &'a Answer, name: &str) -> (&'a str, BTreeSet<&'a str>) {
    let cookies = answer.set_cookies();
    let found = cookies
        .iter()
        .filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
    let found: Vec<_> = found.collect();
    let [cookie] = found.as_slice() else {
        panic!("one cookie {name} should be among {cookies:?}");
    };
    let mut parts = cookie.split("; ");
    (parts.next().unwrap_or_default(), parts.collect())
}

/// Checks that both cookies are taken back.
#[track_caller]
fn expect_cleared(answer: &Answer) {
    for (name, path) in [
        ("auth_token", "Path=/"),
        ("refresh_token", "Path=/auth/token"),
    ] {
        let (value, attributes) = cookie(answer, name);
        assert_eq!(value, "");
        let expected = ["HttpOnly", "Secure", "SameSite=None", "Max-Age=0", path];
        assert_eq!(attributes, BTreeSet::from(expected), "attributes of {name}");
    }
}

#[tokio::test]
async fn a_login_from_the_sites_own_page_sets_both_cookies() {
    let site = Stage::shared().await;
    let account = site.registered().await;
    let answer = login_from(&site, &account, &site.origin).await;
    let session = Session::of(&answer);
    let (value, attributes) = cookie(&answer, "auth_token");
    assert_eq!(value, session.token);
    let expected = [
        "HttpOnly",
        "Secure",
        "SameSite=None",
        "Path=/",
        "Max-Age=900",
    ];
    assert_eq!(attributes, BTreeSet::from(expected));
    let (value, attributes) = cookie(&answer, "refresh_token");
    assert_eq!(value, session.refresh);
    let expected = [
        "HttpOnly",
        "Secure",
        "SameSite=None",
        "Path=/auth/token",
        "Max-Age=1209600",
    ];
    assert_eq!(attributes, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_login_from_elsewhere_sets_none() {
    let site = Stage::shared().await;
    let account = site.registered().await;
    let without = site.login(&account).await;
    without.expect(200);
    assert!(
        without.set_cookies().is_empty(),
        "cookies without an origin: {:?}",
        without.set_cookies()
    );
    for origin in [FOREIGN, "null", "http://localhost:5173.evil.example"] {
        let answer = login_from(&site, &account, origin).await;
        answer.expect(200);
        assert!(
            answer.set_cookies().is_empty(),
            "cookies for {origin}: {:?}",
            answer.set_cookies()
        );
    }
}

#[tokio::test]
async fn a_cookie_speaks_for_its_user() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    let me = site
        .client
        .get("/user/me")
        .cookie("auth_token", &session.token)
        .await
        .expect(200);
    assert_eq!(me["user"]["email"], account.email);
    let altered = format!("{}A", session.token);
    let call = site.client.get("/user/me").cookie("auth_token", &altered);
    call.await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn an_unsafe_method_by_cookie_needs_the_sites_origin() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let rename = |name: &str| {
        let call = site
            .client
            .call(Method::PATCH, "/user/me")
            .cookie("auth_token", &session.token);
        call.json(&json!({ "name": name }))
    };
    rename("No origin")
        .await
        .expect_problem(403, "origin_not_allowed");
    rename("Foreign")
        .origin(FOREIGN)
        .await
        .expect_problem(403, "origin_not_allowed");
    rename("Null")
        .origin("null")
        .await
        .expect_problem(403, "origin_not_allowed");
    assert_eq!(
        site.me(&session.token).await.expect(200)["user"]["name"],
        ""
    );
    rename("Ada").origin(&site.origin).await.expect(200);
    assert_eq!(
        site.me(&session.token).await.expect(200)["user"]["name"],
        "Ada"
    );
}

#[tokio::test]
async fn a_session_is_ended_by_cookie_from_the_sites_own_page_alone() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let list = site.client.get("/auth/sessions").bearer(&session.token);
    let id = text(&list.await.expect(200)["items"][0]["id"]);
    let end = |origin: &str| {
        let path = format!("/auth/sessions/{id}");
        let call = site.client.call(Method::DELETE, &path).origin(origin);
        call.cookie("auth_token", &session.token)
    };
    end(FOREIGN).await.expect_problem(403, "origin_not_allowed");
    site.me(&session.token).await.expect(200);
    end(&site.origin).await.expect(204);
    site.expect_ended(&session).await;
}

#[tokio::test]
async fn another_sites_origin_is_foreign() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let neighbour = site.new_neighbour(&[]).await;
    let (account, session) = site.signed_in().await;
    let login = login_from(&site, &account, &neighbour.origin).await;
    login.expect(200);
    assert!(
        login.set_cookies().is_empty(),
        "cookies: {:?}",
        login.set_cookies()
    );
    let logout = site
        .client
        .post("/auth/logout")
        .cookie("auth_token", &session.token);
    logout
        .origin(&neighbour.origin)
        .await
        .expect_problem(403, "origin_not_allowed");
    site.me(&session.token).await.expect(200);
}

#[tokio::test]
async fn a_refresh_by_cookie_sets_the_next_ones() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let refresh = site
        .client
        .post("/auth/token/refresh")
        .cookie("refresh_token", &session.refresh);
    let answer = refresh.origin(&site.origin).await;
    let next = Session::of(&answer);
    assert_ne!(next.refresh, session.refresh);
    assert_eq!(cookie(&answer, "auth_token").0, next.token);
    assert_eq!(cookie(&answer, "refresh_token").0, next.refresh);
    site.me(&next.token).await.expect(200);
}

#[tokio::test]
async fn a_foreign_page_can_not_rotate() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (_, session) = site.signed_in().await;
    let refresh = || {
        site.client
            .post("/auth/token/refresh")
            .cookie("refresh_token", &session.refresh)
    };
    refresh().await.expect_problem(403, "origin_not_allowed");
    refresh()
        .origin(FOREIGN)
        .await
        .expect_problem(403, "origin_not_allowed");
    // Beyond the grace: had it been rotated, this would be theft.
    site.backstage().advance(11).await;
    refresh().origin(&site.origin).await.expect(200);
}

#[tokio::test]
async fn a_logout_by_cookie_ends_the_session_and_takes_the_cookies_back() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let logout = || {
        site.client
            .post("/auth/logout")
            .cookie("auth_token", &session.token)
    };
    logout()
        .origin(FOREIGN)
        .await
        .expect_problem(403, "origin_not_allowed");
    site.me(&session.token).await.expect(200);
    let answer = logout().origin(&site.origin).await;
    answer.expect(200);
    expect_cleared(&answer);
    site.expect_ended(&session).await;
}

#[tokio::test]
async fn a_revocation_by_cookie_needs_the_sites_origin() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let revoke = || {
        site.client
            .post("/auth/token/revoke")
            .cookie("refresh_token", &session.refresh)
    };
    revoke()
        .origin(FOREIGN)
        .await
        .expect_problem(403, "origin_not_allowed");
    site.me(&session.token).await.expect(200);
    let answer = revoke().origin(&site.origin).await;
    answer.expect(200);
    expect_cleared(&answer);
    site.expect_ended(&session).await;
}

#[tokio::test]
async fn a_renewal_by_access_cookie_sets_only_that() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let renew = site
        .client
        .post("/auth/token/refresh")
        .cookie("auth_token", &session.token);
    let answer = renew.origin(&site.origin).await;
    let token = text(&answer.expect(200)["token"]);
    assert_eq!(cookie(&answer, "auth_token").0, token);
    assert_eq!(answer.set_cookies().len(), 1);
}
