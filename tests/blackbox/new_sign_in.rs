//! Logins from where an account has not been seen.

use serde_json::json;

use crate::harness::{Account, Site, Stage, subject};

/// An account whose address is proven.
async fn verified(site: &Site) -> Account {
    let account = site.registered().await;
    let welcome = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await;
    let verify = site.client.post("/auth/verify-email");
    verify
        .json(&json!({ "token": welcome.token() }))
        .await
        .expect(200);
    account
}

#[tokio::test]
async fn a_login_from_somewhere_new_is_told_once() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let told = async |account: &Account| {
        let mut mail = site.backstage().mail_to(&account.email).await;
        mail.retain(|mail| mail.subject == subject::NEW_SIGN_IN);
        mail
    };
    let log_in = async |account: &Account, device: &str| {
        let call = site.post("/auth/login", &account.credentials());
        call.header("user-agent", device).await.expect(200);
    };
    let account = verified(&site).await;
    log_in(&account, "Laptop").await;
    log_in(&account, "Laptop").await;
    assert!(
        told(&account).await.is_empty(),
        "the first device is nothing new"
    );
    log_in(&account, "Phone/1.0 <b>").await;
    log_in(&account, "Phone/1.0 <b>").await;
    log_in(&account, "Laptop").await;
    let [mail] = &told(&account).await[..] else {
        panic!("one mail should tell of the phone")
    };
    assert!(mail.text.contains("Phone/1.0 <b>"), "{mail:?}");
}

#[tokio::test]
async fn an_address_that_nobody_has_proven_is_told_nothing() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    for device in ["Laptop", "Phone", "Win a prize"] {
        let call = site.post("/auth/login", &account.credentials());
        call.header("user-agent", device).await.expect(200);
    }
    let mail = site.backstage().mail_to(&account.email).await;
    assert!(
        mail.iter().all(|mail| mail.subject != subject::NEW_SIGN_IN),
        "{mail:?}"
    );
}

#[tokio::test]
async fn an_hour_has_three_notices_at_the_most() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = verified(&site).await;
    let log_in = async |device: String| {
        let call = site.post("/auth/login", &account.credentials());
        call.header("user-agent", &device).await.expect(200);
    };
    let told = async || {
        let mail = site.backstage().mail_to(&account.email).await;
        mail.iter()
            .filter(|mail| mail.subject == subject::NEW_SIGN_IN)
            .count()
    };
    for number in 0..6 {
        log_in(format!("Device {number}")).await;
    }
    // The first device is nothing new, and counts as one of the hour.
    assert_eq!(told().await, 2);
    site.backstage().advance(60 * 60 + 1).await;
    log_in("Device 7".to_owned()).await;
    assert_eq!(told().await, 3);
}
