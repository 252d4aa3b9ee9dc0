//! Guessing a passphrase is limited like guessing a password, and counted by itself.

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
    for wait in [0, 0, 0, 0, 0, 1, 2, 4] {
        site.backstage().advance(wait).await;
        let refused = owner.read_with(&id, WRONG).await;
        refused.expect_problem(403, "forbidden");
    }
    site.backstage().advance(8).await;
    let refused = owner.reseal(WRONG, "brass 41 meadow lantern").await;
    refused.expect_problem(403, "forbidden");
    for refused in [
        owner.read(&id).await,
        owner.reseal(WRONG, "brass 41 meadow lantern").await,
    ] {
        refused.expect_problem(429, "rate_limited");
        let wait = refused.number_in("retry-after");
        assert!((1..=16).contains(&wait), "a wait of {wait} s");
    }
    // Whoever needs no passphrase does not wait.
    owner.ciphertext(&id).await.expect(200);
    site.login(&owner.account).await.expect(200);

    site.backstage().advance(16).await;
    owner.read(&id).await.expect(200);
    // Who has lost the passphrase is not kept from starting over.
    owner.read_with(&id, WRONG).await;
    let delete = owner.call(Method::DELETE, "/messages/key");
    let delete = delete.json(&json!({ "password": owner.account.password }));
    delete.await.expect(204);
}

#[tokio::test]
async fn a_right_passphrase_clears_no_count_of_wrong_passwords() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    let wrong = owner.account.with_password(WRONG);
    for wait in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16] {
        site.backstage().advance(wait).await;
        let refused = site.login(&wrong).await;
        refused.expect_problem(401, "credentials_invalid");
    }
    owner.read(&id).await.expect(200);
    let refused = site.login(&owner.account).await;
    refused.expect_problem(429, "rate_limited");
}
