//! Making an account, and what can't be brought along.

use futures::future::join_all;
use serde_json::json;

use crate::harness::{Account, Stage};

#[tokio::test]
async fn the_same_registration_twenty_times_at_once_makes_one_account() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = Account::new();
    let answers = join_all((0..20).map(|_| site.register(&account))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "accounts made by {answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "email_taken");
    }
    assert_eq!(
        site.backstage().mail_to(&account.email).await.len(),
        1,
        "mails to {}",
        account.email
    );
    site.login(&account).await.expect(200);
}

#[tokio::test]
async fn a_second_registration_changes_nothing() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let thief = account.with_password("An0ther-passw0rd");
    site.register(&thief)
        .await
        .expect_problem(409, "email_taken");
    site.login(&thief)
        .await
        .expect_problem(401, "credentials_invalid");
    site.login(&account).await.expect(200);
    assert_eq!(
        site.backstage().mail_to(&account.email).await.len(),
        1,
        "mails to {}",
        account.email
    );
}

#[tokio::test]
async fn fields_that_carry_privilege_have_no_effect() {
    let site = Stage::shared().await;
    let account = Account::new();
    let body = format!(
        r#"{{"email":"{}","role":"user","role":"owner","roles":["owner","admin"],"client_id":"acme","site_id":"else",
            "user_id":"acme#else#x@example.com","tenant":"acme#else","email_verified":true,
            "email_verified_at":"2020-01-01T00:00:00Z","mfa_enabled":true,"password_hash":"x","password":"{}"}}"#,
        account.email, account.password
    );
    site.client
        .post("/auth/register")
        .key(&site.key)
        .body("application/json", body)
        .await
        .expect(201);
    let session = site.session(&account).await;
    let check = async || {
        let user = site.me(&session.token).await.expect(200)["user"].clone();
        assert_eq!(user["roles"], json!(["user"]));
        assert_eq!(user["user_id"], site.user_id(&account.email));
        assert_eq!(
            format!("{}#{}", user["client_id"], user["site_id"]).replace('"', ""),
            site.tenant
        );
        assert_eq!(
            (&user["email_verified"], &user["mfa_enabled"]),
            (&json!(false), &json!(false))
        );
        user["name"].clone()
    };
    check().await;
    let patch = json!({ "name": "Ada", "roles": ["admin"], "role": "admin", "email_verified": true,
        "client_id": "acme", "family_id": "others", "email": "else@example.com" });
    let renamed = site
        .client
        .call(reqwest::Method::PATCH, "/user/me")
        .bearer(&session.token)
        .json(&patch)
        .await;
    assert_eq!(renamed.expect(200)["user"]["family_id"], json!(null));
    assert_eq!(check().await, "Ada");
}

#[tokio::test]
async fn a_password_that_is_easily_guessed_is_refused() {
    let site = Stage::shared().await;
    let account = Account::new();
    let long = "x".repeat(257);
    for weak in [
        "S3cur3!",
        "password",
        "12345678",
        "qwertyuiop",
        &account.email,
        &long,
    ] {
        site.register(&account.with_password(weak))
            .await
            .expect_bad_fields(&["password"]);
    }
    site.register(&account).await.expect(201);
}

#[tokio::test]
async fn passwords_are_compared_in_full_and_in_nfkc() {
    let site = Stage::shared().await;
    let account = Account::new().with_password(&format!(
        "{}ﬁn Å",
        "correct horse battery staple ".repeat(5)
    ));
    site.register(&account).await.expect(201);
    site.login(&account.with_password(&account.password.replace("ﬁn Å", "fin A\u{30a}")))
        .await
        .expect(200);
    let cut = account.password.strip_suffix('Å').unwrap();
    site.login(&account.with_password(cut))
        .await
        .expect_problem(401, "credentials_invalid");
}
