//! API keys.

use crate::harness::{Answer, Site, Stage};

async fn ask(site: &Site, key: &str) -> Answer {
    let body = serde_json::json!({ "email": "nobody@example.com" });
    site.client
        .post("/auth/password-reset")
        .key(key)
        .json(&body)
        .await
}

#[tokio::test]
async fn a_key_that_is_missing_altered_or_doubled_is_refused() {
    let site = Stage::shared().await;
    let call = site.client.post("/auth/login").json(&serde_json::json!({}));
    call.await.expect_problem(401, "api_key_missing");
    let swapped = site.key.replace("cv_pk_", "cv_sk_");
    let cut = &site.key[..site.key.len() - 1];
    let longer = format!("{}A", site.key);
    for wrong in [
        "",
        "x",
        "cv_pk_",
        &swapped,
        cut,
        &longer,
        &site.key.to_uppercase(),
    ] {
        ask(&site, wrong)
            .await
            .expect_problem(401, "api_key_invalid");
    }
    for at in 6..site.key.len() {
        let mut altered = site.key.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        ask(&site, &altered)
            .await
            .expect_problem(401, "api_key_invalid");
    }
    let doubled = site
        .post("/auth/login", &serde_json::json!({}))
        .key(&site.key)
        .await;
    doubled.expect_problem(401, "api_key_invalid");
}

#[tokio::test]
async fn the_day_of_a_keys_use_is_noted_whichever_route_it_is() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let scopes = ["--secret", "--scope", "users:read"];
    for (path, options) in [
        ("/auth/register", &[] as &[_]),
        ("/auth/login", &[]),
        ("/auth/password-reset", &[]),
        ("/auth/verify-email/resend", &[]),
        ("/users", &scopes),
    ] {
        let key = site.backstage().new_key(&site.tenant, options).await;
        let call = site.client.post(path).key(&key.text);
        call.json(&serde_json::json!({})).await;
        let listed = site
            .backstage()
            .operate(&["key", "list", &site.tenant])
            .await;
        let line = listed.lines().find(|line| line.starts_with(&key.id));
        let line = line.unwrap_or_else(|| panic!("{} is not among {listed}", key.id));
        assert!(!line.contains("never used"), "after POST {path}: {line}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_a_minute() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let key = site
        .backstage()
        .new_key(&site.tenant, &["--name", "to be revoked"])
        .await;
    ask(&site, &key.text).await.expect(200);
    site.backstage()
        .operate(&["key", "revoke", &site.tenant, &key.id])
        .await;
    site.backstage().advance(60).await;
    let revoked = ask(&site, &key.text).await;
    revoked.expect_problem(401, "api_key_invalid");
    ask(&site, &site.key).await.expect(200);
}

#[tokio::test]
async fn a_key_works_until_it_expires() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let key = site
        .backstage()
        .new_key(&site.tenant, &["--days", "2"])
        .await;
    site.backstage().advance(47 * 3600).await;
    ask(&site, &key.text).await.expect(200);
    site.backstage().advance(3600).await;
    ask(&site, &key.text)
        .await
        .expect_problem(401, "api_key_invalid");
}
