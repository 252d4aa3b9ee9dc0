//! Nothing outlives its user; until then all of it can be taken along.

use reqwest::Method;
use serde_json::json;

use super::{Owner, PASSPHRASE};
use crate::harness::{Site, Stage};

async fn shown_at(site: &Site, address: &str) -> String {
    let call = site.client.get(&format!("/drop/{address}"));
    call.header("accept", "text/plain").await.text
}

#[tokio::test]
async fn an_export_has_the_key_and_the_messages() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let burns = owner.leave_burning(b"at noon").await;
    owner.leave(b"at one").await;
    let export = owner.call(Method::GET, "/user/me/export").await;
    let content = export.expect(200);
    assert_eq!(content["message_key"], owner.key().await);
    assert_eq!(content["messages"], json!(owner.list().await));
    assert!(owner.has_unread(&burns).await, "nothing was burnt");
}

#[tokio::test]
async fn an_export_without_a_key_has_none() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let call = site.client.get("/user/me/export").bearer(&session.token);
    let content = call.await.expect(200);
    assert_eq!(
        (&content["message_key"], &content["messages"]),
        (&json!(null), &json!([]))
    );
}

#[tokio::test]
async fn a_deleted_account_takes_its_key_and_its_messages_along() {
    let site = Stage::shared().await;
    let mut owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    let delete = owner.call(Method::DELETE, "/user/me");
    let delete = delete.json(&json!({ "password": owner.account.password }));
    delete.await.expect(204);
    let gone = owner.ciphertext(&id).await;
    gone.expect_problem(401, "token_invalid");

    // Whoever registers the address next begins anew.
    site.register(&owner.account).await.expect(201);
    owner.session = site.session(&owner.account).await;
    let key = owner.call(Method::GET, "/messages/key").await;
    key.expect_problem(404, "not_found");
    assert!(owner.list().await.is_empty(), "messages are left");
    let gone = owner.ciphertext(&id).await;
    gone.expect_problem(404, "not_found");
    assert_ne!(
        shown_at(&site, &owner.address).await.trim_end(),
        owner.recipient,
        "the address is one that nobody has"
    );
    owner.drop(owner.encrypted(b"late")).await.expect(202);
    let make = owner.call(Method::POST, "/messages/key");
    make.json(&json!({ "password": PASSPHRASE }))
        .await
        .expect(201);
    assert!(owner.list().await.is_empty(), "messages of the old address");
}

#[tokio::test]
async fn a_removed_tenant_takes_the_keys_of_its_users_along() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let there = site.new_neighbour(&[]).await;
    let (gone, kept) = (Owner::new(&there).await, Owner::new(&site).await);
    gone.leave(b"at noon").await;
    let id = kept.leave(b"at one").await;
    let remove = ["tenant", "remove", &there.tenant, "--yes", &there.tenant];
    site.backstage().operate(&remove).await;
    assert_ne!(
        shown_at(&site, &gone.address).await.trim_end(),
        gone.recipient,
        "the address is one that nobody has"
    );
    assert!(kept.has_unread(&id).await, "another tenant's message");
}

#[tokio::test]
async fn a_key_of_one_site_is_nothing_on_another() {
    let Some(here) = Stage::shared_backstage().await else {
        return;
    };
    let there = here.new_neighbour(&[]).await;
    let owner = Owner::new(&here).await;
    // The same person, with an account on either.
    there.register(&owner.account).await.expect(201);
    let session = there.session(&owner.account).await;
    let id = owner.leave(b"at noon").await;
    let call = |method, path: &str| there.client.call(method, path).bearer(&session.token);
    let key = call(Method::GET, "/messages/key").await;
    key.expect_problem(404, "not_found");
    let ciphertext = call(Method::POST, &format!("/messages/{id}/ciphertext"));
    ciphertext.await.expect_problem(404, "not_found");
    let keyed = owner.ciphertext(&id).key(&there.key).await;
    keyed.expect_problem(401, "token_invalid");
    let keyed = owner.call(Method::GET, "/messages/key").key(&there.key);
    keyed.await.expect_problem(401, "token_invalid");
    assert!(owner.has_unread(&id).await, "it is left as it was");
}
