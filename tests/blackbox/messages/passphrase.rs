//! Guessing a passphrase is guessing a password: both are counted together.

use reqwest::Method;
use serde_json::json;

use super::Owner;
use crate::harness::Stage;

const WRONG: &str = "not the Pass-phrase";

#[tokio::test]
async fn wrong_passphrases_bring_the_wait_that_wrong_passwords_bring() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    for _ in 0..4 {
        let refused = owner.read_with(&id, WRONG).await;
        refused.expect_problem(403, "forbidden");
    }
    let refused = owner.reseal(WRONG, "brass 41 meadow lantern").await;
    refused.expect_problem(403, "forbidden");
    // Passwords go on where passphrases ended: with those alone the wait would be a second by now.
    let wrong = owner.account.with_password(WRONG);
    for wait in [1, 2, 4, 8, 16] {
        site.backstage().advance(wait).await;
        let refused = site.login(&wrong).await;
        refused.expect_problem(401, "credentials_invalid");
    }
    let delete = owner.call(Method::DELETE, "/messages/key");
    let delete = delete.json(&json!({ "password": owner.account.password }));
    for refused in [
        owner.read(&id).await,
        owner.reseal(WRONG, "brass 41 meadow lantern").await,
        delete.await,
        site.login(&owner.account).await,
    ] {
        refused.expect_problem(429, "rate_limited");
        let wait = refused.number_in("retry-after");
        assert!((1..=32).contains(&wait), "a wait of {wait} s");
    }
    // Whoever needs no passphrase does not wait.
    owner.ciphertext(&id).await.expect(200);

    site.backstage().advance(32).await;
    owner.read(&id).await.expect(200);
    site.login(&wrong)
        .await
        .expect_problem(401, "credentials_invalid");
    site.login(&owner.account).await.expect(200);
}
