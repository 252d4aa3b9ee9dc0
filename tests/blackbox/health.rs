//! Health, documentation, and what is not there.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Account, Stage};

#[tokio::test]
async fn it_says_that_it_is_well() {
    let site = Stage::shared().await;
    let get = async |path: &str| site.client.get(path).await.expect(200);
    assert_eq!(get("/").await, json!({ "ok": true }));
    assert_eq!(get("/health").await, json!({ "status": "ok" }));
    assert_eq!(get("/health/live").await, json!({ "status": "live" }));
    let ready = get("/health/ready").await;
    assert_eq!(
        ready,
        json!({ "status": "ready", "checks": { "database": "ok", "signing_key": "ok" } })
    );
}

#[tokio::test]
async fn the_sites_are_an_admins_business() {
    let site = Stage::shared().await;
    let ready = || site.client.get("/health/ready").query("sites", "true");
    ready().await.expect_problem(401, "token_missing");
    let (_, user) = site.signed_in().await;
    ready()
        .bearer(&user.token)
        .key(&site.key)
        .await
        .expect_problem(403, "forbidden");
    let owner = &site.stage.credentials.owner;
    let owner = Account {
        email: owner.email.clone(),
        password: owner.password.clone(),
    };
    let session = site.session(&owner).await;
    // An owner sees the sites of other tests as well, which nobody may serve.
    let answer = ready().bearer(&session.token).await;
    let sites = answer.expect(if answer.status == 503 { 503 } else { 200 });
    assert!(
        sites["checks"]["sites"].get(&site.origin).is_some(),
        "the site in {sites}"
    );
}

#[tokio::test]
async fn an_operator_makes_an_admin_and_old_tokens_end() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let (account, before) = site.signed_in().await;
    site.backstage()
        .operate(&["user", "role", &site.user_id(&account.email), "admin"])
        .await;
    site.me(&before.token)
        .await
        .expect_problem(401, "token_invalid");
    let session = site.session(&account).await;
    let me = site.me(&session.token).await.expect(200);
    assert_eq!(me["user"]["roles"], json!(["user", "admin"]));
    site.client
        .get("/health/ready")
        .query("sites", "true")
        .bearer(&session.token)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_documentation_is_served() {
    let site = Stage::shared().await;
    let document = site.client.get("/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    let page = site.client.get("/docs").await;
    page.expect(200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{page}"
    );
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| !policy.contains("unsafe")),
        "{page}"
    );
    let is_file = |text: &&str| [".js", ".css"].iter().any(|end| text.ends_with(end));
    let files: Vec<_> = page.text.split(['"', '\'']).filter(is_file).collect();
    assert!(!files.is_empty(), "the page loads nothing: {page}");
    for file in files {
        let path = file.trim_start_matches('.').trim_start_matches('/');
        let path = if path.starts_with("docs/") {
            format!("/{path}")
        } else {
            format!("/docs/{path}")
        };
        site.client.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let site = Stage::shared().await;
    for path in [
        "/nothing",
        "/auth",
        "/auth/login/",
        "/auth/sessions/a/b",
        "/.env",
        "/docs/nothing.js",
        "/%2e%2e/etc",
    ] {
        site.client.get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_named_with_those_it_does() {
    let site = Stage::shared().await;
    for (method, path, allowed) in [
        (Method::GET, "/auth/login", "POST"),
        (Method::DELETE, "/auth/register", "POST"),
        (Method::PUT, "/user/me", "GET, PATCH, DELETE"),
        (Method::POST, "/auth/sessions", "GET"),
        (Method::GET, "/auth/sessions/123", "DELETE"),
        (Method::POST, "/", "GET"),
    ] {
        let answer = site.client.call(method, path).await;
        answer.expect_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "what {path} allows");
    }
}
