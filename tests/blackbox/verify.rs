//! Proving an address.

use serde_json::json;

use crate::harness::{Account, Answer, Site, Stage, subject};

async fn verify(site: &Site, token: &str) -> Answer {
    site.client
        .post("/auth/verify-email")
        .json(&json!({ "token": token }))
        .await
}

async fn resend(site: &Site, email: &str) -> Answer {
    site.post("/auth/verify-email/resend", &json!({ "email": email }))
        .await
}

#[tokio::test]
async fn a_link_works_once() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await
        .token();
    verify(&site, &token).await.expect(200);
    verify(&site, &token)
        .await
        .expect_problem(400, "token_invalid");
}

#[tokio::test]
async fn a_newer_link_replaces_the_older_one() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let older = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await
        .token();
    resend(&site, &account.email).await.expect(200);
    let newer = site
        .backstage()
        .newest_mail(&account.email, subject::VERIFY)
        .await
        .token();
    let refused = verify(&site, &older).await;
    refused.expect_problem(400, "token_invalid");
    let unknown = verify(&site, "cv_verify_nothing").await;
    assert_eq!(
        refused.shape(),
        unknown.shape(),
        "which kind of bad link it is, is nobody's business"
    );
    verify(&site, &newer).await.expect(200);
}

#[tokio::test]
async fn a_link_lives_for_a_day() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await
        .token();
    site.backstage().advance(24 * 3600).await;
    verify(&site, &token)
        .await
        .expect_problem(400, "token_invalid");
    resend(&site, &account.email).await.expect(200);
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::VERIFY)
        .await
        .token();
    site.backstage().advance(23 * 3600).await;
    verify(&site, &token).await.expect(200);
}

#[tokio::test]
async fn who_needs_no_link_gets_none_and_the_answer_does_not_tell() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let needed = resend(&site, &account.email).await;
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::VERIFY)
        .await
        .token();
    verify(&site, &token).await.expect(200);

    let verified = resend(&site, &account.email).await;
    let stranger = Account::new();
    let unknown = resend(&site, &stranger.email).await;
    assert_eq!(needed.shape(), verified.shape());
    assert_eq!(needed.shape(), unknown.shape());
    let subjects: Vec<_> = site
        .backstage()
        .mail_to(&account.email)
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(subjects, [subject::VERIFY, subject::WELCOME]);
    assert!(
        site.backstage().mail_to(&stranger.email).await.is_empty(),
        "a stranger got mail"
    );
}

#[tokio::test]
async fn a_site_can_ask_for_a_verified_address_first() {
    let Some(demo) = Stage::shared_backstage().await else {
        return;
    };
    let site = demo
        .new_neighbour(&["--require-verified-email", "true"])
        .await;
    let account = site.registered().await;
    site.login(&account)
        .await
        .expect_problem(403, "email_unverified");
    let wrong = account.with_password("another Pass-phrase");
    site.login(&wrong)
        .await
        .expect_problem(401, "credentials_invalid");
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await
        .token();
    verify(&site, &token).await.expect(200);
    site.login(&account).await.expect(200);
}
