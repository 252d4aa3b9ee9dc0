//! Who may do what.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{call, created, definition, get, neighbour};
use crate::harness::{Call, Session, Site, text};

async fn admin(site: &Site) -> Session {
    let (account, _) = site.signed_in().await;
    let user = site.user_id(&account.email);
    let role = ["user", "role", &user, "admin"];
    site.backstage().operate(&role).await;
    site.session(&account).await
}

/// All routes of one scrape, with a body where one is read.
fn routes(path: &str) -> Vec<(Method, String, Option<Value>)> {
    let get = |rest: &str| (Method::GET, format!("{path}{rest}"), None);
    vec![
        get(""),
        get("/results"),
        get("/results/2026-05-01T10:00:00Z"),
        get("/results.csv"),
        get("/results.json"),
        get("/series?field=price"),
        (Method::POST, format!("{path}/run"), None),
        (
            Method::PATCH,
            path.to_owned(),
            Some(json!({"name": "Mine"})),
        ),
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
async fn a_scrape_of_another_tenant_is_not_there() {
    let (Some(site), Some(there)) = (neighbour().await, neighbour().await) else {
        return;
    };
    let (scrape, theirs) = created(&there, &definition()).await;
    let unknown = format!("/scrapes/{}", Uuid::new_v4());
    for path in [theirs.as_str(), &unknown, "/scrapes/none"] {
        for (method, path, body) in routes(path) {
            let answer = send(call(&site, method, &path), body).await;
            let problem = answer.expect_problem(404, "not_found");
            let detail = "the tenant has no such scrape";
            assert_eq!(problem["detail"], detail, "{answer}");
        }
    }
    let kept = get(&there, &theirs).await.expect(200);
    assert_eq!(kept["name"], scrape["name"]);
    assert_eq!(kept["updated_at"], scrape["updated_at"]);
}

#[tokio::test]
async fn only_admins_and_keys_with_the_scope_get_anywhere() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let wrong = ["--secret", "--scope", "email:send"];
    let wrong = site.backstage().new_key(&site.tenant, &wrong).await.text;
    let (_, user) = site.signed_in().await;
    let mut all = routes(&path);
    all.push((Method::GET, "/scrapes".to_owned(), None));
    all.push((Method::POST, "/scrapes".to_owned(), Some(definition())));
    all.push((
        Method::POST,
        "/scrapes/preview".to_owned(),
        Some(definition()),
    ));
    for (method, path, body) in all {
        let call = || send(site.client.call(method.clone(), &path), body.clone());
        call().await.expect_problem(401, "api_key_missing");
        for key in [&site.key, &wrong] {
            call().key(key).await.expect_problem(403, "forbidden");
        }
        let bearer = call().bearer(&user.token);
        bearer.await.expect_problem(403, "forbidden");
    }
    let admin = admin(&site).await;
    let read = site.client.get(&path).bearer(&admin.token);
    read.await.expect(200);
}

#[tokio::test]
async fn an_admin_does_all_that_the_back_end_does() {
    let Some(site) = neighbour().await else {
        return;
    };
    let admin = admin(&site).await;
    let call = |method, path: &str| site.client.call(method, path).bearer(&admin.token);
    let made = call(Method::POST, "/scrapes").json(&definition()).await;
    let path = format!("/scrapes/{}", text(&made.expect(201)["scrape_id"]));
    let change = json!({"name": "Kettle"});
    call(Method::PATCH, &path).json(&change).await.expect(200);
    // Whoever made it, it is the tenant's.
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["name"], "Kettle");
    call(Method::DELETE, &path).await.expect(204);
}
