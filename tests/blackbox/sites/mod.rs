//! `/sites`: where a tenant's admins and back end have its site go.

mod access;
mod refused;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Session, Site, Stage};

/// A setup whose target no test reaches.
fn setup() -> Value {
    json!({
        "target": {"s3": {}},
        "base_url": "https://acme.example/blog/",
        "theme": {
            "title": "Acme", "language": "en", "accent": "#1A73E8", "links": [{"label": "About", "url": "/about/"}],
            "posts_per_page": 5,
        },
        "notify": "Author@Acme.example",
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut setup = setup();
    setup[member] = value;
    setup
}

/// A site of its own, so that no other test sees its setup, with a key that may do this.
async fn neighbour() -> Option<Site> {
    let site = Stage::shared_backstage().await?.new_neighbour(&[]).await;
    let scope = ["--secret", "--scope", "content:write"];
    let secret = site.backstage().new_key(&site.tenant, &scope).await.text;
    Some(Site { secret, ..site })
}

async fn admin(site: &Site) -> Session {
    let (account, _) = site.signed_in().await;
    let user = site.user_id(&account.email);
    let role = ["user", "role", &user, "admin"];
    site.backstage().operate(&role).await;
    site.session(&account).await
}

/// The path of a tenant's own site.
fn path(site: &Site) -> String {
    let (_, name) = site.tenant.split_once('#').expect("client#site");
    format!("/sites/{name}")
}

fn call(site: &Site, method: Method, path: &str) -> Call {
    site.client.call(method, path).key(&site.secret)
}

async fn put(site: &Site, body: &Value) -> Answer {
    call(site, Method::PUT, &path(site)).json(body).await
}

async fn get(site: &Site) -> Answer {
    call(site, Method::GET, &path(site)).await
}

async fn status(site: &Site) -> Answer {
    call(site, Method::GET, &format!("{}/status", path(site))).await
}

#[tokio::test]
async fn a_site_is_set_up_read_and_taken_back() {
    let Some(site) = neighbour().await else {
        return;
    };
    let mut written = put(&site, &setup()).await.expect(200);
    let read = get(&site).await.expect(200);
    assert_eq!(read, written);
    assert!(written["updated_at"].is_string(), "{written}");
    let expected = json!({
        "target": {"s3": {}}, "base_url": "https://acme.example/blog", "trusted_authors": false,
        "theme": {
            "title": "Acme", "language": "en", "accent": "#1a73e8", "links": [{"label": "About", "url": "/about/"}],
            "posts_per_page": 5, "smart_punctuation": false,
        },
        "notify": "Author@acme.example", "updated_at": written["updated_at"],
    });
    written["notify"] = expected["notify"].clone();
    assert_eq!(written, expected);

    let again = put(&site, &read).await.expect(200);
    assert_ne!(
        again["updated_at"], read["updated_at"],
        "what was read is taken"
    );
    let gone = call(&site, Method::DELETE, &path(&site)).await;
    gone.expect(204);
    let gone = call(&site, Method::DELETE, &path(&site)).await;
    gone.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_setup_takes_the_place_of_the_one_before() {
    let Some(site) = neighbour().await else {
        return;
    };
    put(&site, &setup()).await.expect(200);
    let github = json!({"github": {"repository": "acme/site", "branch": "main", "folder": "docs"}});
    let other = json!({"target": github, "base_url": "https://acme.github.io/site"});
    let answer = put(&site, &other).await;
    let written = answer.expect(200);
    assert_eq!(written["target"], github);
    assert_eq!(written["theme"], json!({"smart_punctuation": false}));
    assert_eq!(written.get("notify"), None, "{written}");
}

#[tokio::test]
async fn the_status_is_there_from_the_beginning() {
    let Some(site) = neighbour().await else {
        return;
    };
    put(&site, &setup()).await.expect(200);
    let answer = status(&site).await;
    let status = answer.expect(200);
    for member in ["pages", "reports_total", "waiting_total"] {
        assert!(status[member].is_u64(), "{member} in {status}");
    }
    for member in ["reports", "waiting"] {
        assert!(status[member].is_array(), "{member} in {status}");
    }
    for member in ["published", "trouble", "checked_at", "next_at"] {
        assert!(status.get(member).is_some(), "{member} in {status}");
    }
}

#[tokio::test]
async fn a_laptops_site_needs_no_setup() {
    let Some(site) = neighbour().await else {
        return;
    };
    let answer = get(&site).await;
    if answer.shape().0 == 404 {
        // A stack has no git repositories.
        answer.expect_problem(404, "not_found");
        status(&site).await.expect_problem(404, "not_found");
        let git = put(&site, &with("target", json!({"git": {}}))).await;
        git.expect_bad_fields(&["target.git"]);
        return;
    }
    let read = answer.expect(200);
    assert_eq!(read["target"], json!({"git": {}}));
    assert_eq!(read["updated_at"], Value::Null);
    let path = format!("/_local/sites/{}", site.tenant.replace('#', "/"));
    let base_url = read["base_url"].as_str().expect("a URL");
    assert!(base_url.ends_with(&path), "{base_url}");
    status(&site).await.expect(200);
    put(&site, &read).await.expect(200);
}
