//! The message key: made once, shown to its owner's devices, deleted with all that is under it.

use std::future::IntoFuture as _;

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{Owner, PASSPHRASE, unsealed};
use crate::harness::{Stage, text};

#[tokio::test]
async fn a_key_is_made_once_and_shown_from_then_on() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let key = |method| {
        site.client
            .call(method, "/messages/key")
            .bearer(&session.token)
    };
    key(Method::GET).await.expect_problem(404, "not_found");
    let post = || key(Method::POST).json(&json!({ "password": PASSPHRASE }));
    let made = post().await.expect(201);
    let address = text(&made["address"]);
    assert!(
        address.len() == 26
            && address
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')),
        "{address:?} is no address"
    );
    post().await.expect_problem(409, "message_key_exists");
    let shown = key(Method::GET).await.expect(200);
    assert_eq!(
        (&shown["address"], &shown["recipient"], &shown["version"]),
        (&made["address"], &made["recipient"], &json!(1))
    );
}

#[tokio::test]
async fn of_keys_made_at_once_there_is_one() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let post = || {
        let call = site.client.post("/messages/key").bearer(&session.token);
        call.json(&json!({ "password": PASSPHRASE })).into_future()
    };
    let answers = join_all([post(), post(), post()]).await;
    let made: Vec<_> = answers.iter().filter(|one| one.status == 201).collect();
    assert_eq!(made.len(), 1, "keys made: {answers:?}");
    for refused in answers.iter().filter(|one| one.status != 201) {
        refused.expect_problem(409, "message_key_exists");
    }
    let shown = site
        .client
        .get("/messages/key")
        .bearer(&session.token)
        .await
        .expect(200);
    assert_eq!(shown["address"], made[0].json()["address"]);
}

#[tokio::test]
async fn the_passphrase_opens_the_identity_of_the_recipient() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let key = owner.key().await;
    let line = unsealed(&text(&key["encrypted_identity"]), PASSPHRASE);
    let identity: age::x25519::Identity = line.trim_end().parse().expect("an identity");
    assert_eq!(identity.to_public().to_string(), owner.recipient);
}

#[tokio::test]
async fn a_passphrase_is_judged_like_a_password() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    let make = |body| {
        let call = site.client.post("/messages/key").bearer(&session.token);
        call.json(&body)
    };
    for weak in ["short", "password1", &account.email, &"x".repeat(257)] {
        make(json!({ "password": weak }))
            .await
            .expect_bad_fields(&["password"]);
    }
    make(json!({})).await.expect_bad_fields(&["password"]);
    let key = site.client.get("/messages/key").bearer(&session.token);
    key.await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_new_passphrase_replaces_the_old_one_and_messages_stay() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let before = owner.key().await;
    let id = owner.leave(b"at noon").await;
    let new = "brass 41 meadow lantern";
    let resealed = owner.reseal(PASSPHRASE, new).await;
    assert_eq!(resealed.expect(200), json!({ "version": 2 }));

    let old = owner.read_with(&id, PASSPHRASE).await;
    old.expect_problem(403, "forbidden");
    let read = owner.read_with(&id, new).await.expect(200);
    assert_eq!(read, json!({ "plaintext": "at noon" }));
    let after = owner.key().await;
    assert_eq!(
        (&after["address"], &after["recipient"], &after["version"]),
        (&before["address"], &before["recipient"], &json!(2))
    );
    let line = unsealed(&text(&after["encrypted_identity"]), new);
    assert!(line.starts_with("AGE-SECRET-KEY-1"), "the same identity");
}

#[tokio::test]
async fn a_bad_new_passphrase_changes_nothing() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let before = owner.key().await;
    let put = owner.call(Method::PUT, "/messages/key/password");
    put.json(&json!({}))
        .await
        .expect_bad_fields(&["password", "new_password"]);
    for weak in ["short", "password1"] {
        let refused = owner.reseal(PASSPHRASE, weak).await;
        refused.expect_bad_fields(&["new_password"]);
    }
    let refused = owner.reseal("brass 41 meadow lantern", "gravel 77 sonnet kite");
    refused.await.expect_problem(403, "forbidden");
    assert_eq!(owner.key().await, before);
}

#[tokio::test]
async fn a_key_is_deleted_with_its_messages_and_one_can_start_over() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    let delete = |password: &str| {
        let call = owner.call(Method::DELETE, "/messages/key");
        call.json(&json!({ "password": password }))
    };
    // The passphrase may be what was lost: it is the account's password that counts.
    let refused = delete(PASSPHRASE).await;
    refused.expect_problem(401, "credentials_invalid");
    assert!(owner.has_unread(&id).await, "the message is left");
    delete(&owner.account.password).await.expect(204);

    let gone = owner.call(Method::GET, "/messages/key").await;
    gone.expect_problem(404, "not_found");
    let gone = owner.ciphertext(&id).await;
    gone.expect_problem(404, "not_found");
    assert!(owner.list().await.is_empty(), "messages are left");
    let again = delete(&owner.account.password).await;
    again.expect_problem(404, "not_found");

    let make = owner.call(Method::POST, "/messages/key");
    let next = make.json(&json!({ "password": PASSPHRASE })).await;
    let next = next.expect(201);
    assert_ne!(text(&next["address"]), owner.address);
    assert_ne!(text(&next["recipient"]), owner.recipient);
    // The old address is one like any that nobody has.
    owner.drop(owner.encrypted(b"late")).await.expect(202);
    assert!(owner.list().await.is_empty(), "messages of the old address");
}

#[tokio::test]
async fn what_is_not_there_can_not_be_changed() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    let call = |method, path: &str, body| {
        let call = site.client.call(method, path).bearer(&session.token);
        call.json(&body)
    };
    let body = json!({ "password": PASSPHRASE, "new_password": "brass 41 meadow lantern" });
    let put = call(Method::PUT, "/messages/key/password", body).await;
    put.expect_problem(404, "not_found");
    let body = json!({ "password": account.password });
    let delete = call(Method::DELETE, "/messages/key", body).await;
    delete.expect_problem(404, "not_found");
}

#[tokio::test]
async fn without_a_token_there_is_no_key_and_no_message() {
    let site = Stage::shared().await;
    let message = "/messages/0198c0de-0000-7000-8000-000000000000";
    for (method, path) in [
        (Method::GET, "/messages/key"),
        (Method::POST, "/messages/key"),
        (Method::DELETE, "/messages/key"),
        (Method::PUT, "/messages/key/password"),
        (Method::GET, "/messages"),
        (Method::POST, &format!("{message}/read")),
        (Method::POST, &format!("{message}/ciphertext")),
        (Method::DELETE, message),
    ] {
        let body = json!({ "password": PASSPHRASE, "new_password": PASSPHRASE });
        let call = site.client.call(method, path).json(&body);
        call.await.expect_problem(401, "token_missing");
    }
}
