//! Who may do what.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, call, get, neighbour, path, put, setup, with};
use crate::harness::{Call, Site};

/// All routes of a site, with a body where one is read.
fn routes(path: &str) -> Vec<(Method, String, Option<Value>)> {
    vec![
        (Method::GET, path.to_owned(), None),
        (Method::GET, format!("{path}/status"), None),
        (Method::PUT, path.to_owned(), Some(setup())),
        (Method::DELETE, path.to_owned(), None),
    ]
}

fn send(call: Call, body: Option<Value>) -> Call {
    match body {
        Some(body) => call.json(&body),
        None => call,
    }
}

#[tokio::test]
async fn a_site_of_another_tenant_is_not_there() {
    let (Some(site), Some(there)) = (neighbour().await, neighbour().await) else {
        return;
    };
    put(&there, &setup()).await.expect(200);
    let before = get(&there).await.expect(200);
    let admin = admin(&site).await;
    for path in [
        path(&there),
        "/sites/none".to_owned(),
        "/sites/.manifests".to_owned(),
    ] {
        for (method, path, body) in routes(&path) {
            let by_key = send(call(&site, method.clone(), &path), body.clone()).await;
            by_key.expect_problem(404, "not_found");
            let by_admin = site.client.call(method, &path).bearer(&admin.token);
            let by_admin = send(by_admin, body).await;
            by_admin.expect_problem(404, "not_found");
        }
    }
    assert_eq!(get(&there).await.expect(200), before);
}

#[tokio::test]
async fn only_admins_and_keys_with_the_scope_get_anywhere() {
    let Some(site) = neighbour().await else {
        return;
    };
    put(&site, &setup()).await.expect(200);
    let wrong = ["--secret", "--scope", "scrape:write"];
    let wrong = site.backstage().new_key(&site.tenant, &wrong).await.text;
    let (_, user) = site.signed_in().await;
    for (method, path, body) in routes(&path(&site)) {
        let call = || send(site.client.call(method.clone(), &path), body.clone());
        call().await.expect_problem(401, "api_key_missing");
        for key in [&site.key, &wrong] {
            call().key(key).await.expect_problem(403, "forbidden");
        }
        let bearer = call().bearer(&user.token);
        bearer.await.expect_problem(403, "forbidden");
    }
    get(&site).await.expect(200);
}

#[tokio::test]
async fn a_cookie_sets_a_site_up_from_the_tenants_pages_alone() {
    let Some(site) = neighbour().await else {
        return;
    };
    let admin = admin(&site).await;
    let put = |origin: &str| {
        let call = site.client.call(Method::PUT, &path(&site));
        call.cookie("auth_token", &admin.token)
            .origin(origin)
            .json(&setup())
    };
    let elsewhere = put("https://evil.example").await;
    elsewhere.expect_problem(403, "origin_not_allowed");
    put(&site.origin).await.expect(200);
}

#[tokio::test]
async fn only_an_admin_has_authors_trusted() {
    let Some(site) = neighbour().await else {
        return;
    };
    let trusting = with("trusted_authors", json!(true));
    put(&site, &trusting).await.expect_problem(403, "forbidden");
    put(&site, &setup()).await.expect(200);
    put(&site, &trusting).await.expect_problem(403, "forbidden");
    let by_admin = by_admin(&site, &trusting).await;
    assert_eq!(by_admin["trusted_authors"], true);
    let kept = put(&site, &trusting).await;
    assert_eq!(kept.expect(200)["trusted_authors"], true, "it was so");
    let taken = put(&site, &setup()).await;
    assert_eq!(taken.expect(200)["trusted_authors"], false);
    put(&site, &trusting).await.expect_problem(403, "forbidden");
}

async fn by_admin(site: &Site, body: &Value) -> Value {
    let admin = admin(site).await;
    let call = site.client.call(Method::PUT, &path(site));
    let answer = call.bearer(&admin.token).json(body).await;
    answer.expect(200)
}
