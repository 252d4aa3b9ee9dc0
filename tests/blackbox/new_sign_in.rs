//! Logins from where an account has not been seen.

use crate::harness::{Account, Stage, subject};

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
    let account = site.registered().await;
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
