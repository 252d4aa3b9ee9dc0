//! Reading a message that stays: opened by the platform, or as it was left.

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::json;

use super::{Owner, PASSPHRASE, encrypted};
use crate::harness::{Stage, text};

#[tokio::test]
async fn a_message_that_stays_is_read_again_and_again() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let says = "Dienstag, 12 Uhr \u{1f550}\nam Brunnen";
    let id = owner.leave(says.as_bytes()).await;
    assert!(owner.has_unread(&id).await, "nobody has read it");
    for _ in 0..2 {
        let read = owner.read(&id).await.expect(200);
        assert_eq!(read, json!({ "plaintext": says }));
    }
    let list = owner.list().await;
    assert!(list[0]["read_at"].is_string(), "{list:?}");
    owner.ciphertext(&id).await.expect(200);
}

#[tokio::test]
async fn what_is_no_text_comes_in_base64() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let says = b"\xff\xfe\0trash";
    let id = owner.leave(says).await;
    let read = owner.read(&id).await.expect(200);
    assert_eq!(read, json!({ "plaintext_base64": BASE64.encode(says) }));
}

#[tokio::test]
async fn a_message_that_says_nothing_is_empty_text() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"").await;
    let read = owner.read(&id).await.expect(200);
    assert_eq!(read, json!({ "plaintext": "" }));
}

#[tokio::test]
async fn padding_is_cut_where_the_sender_says_that_there_is_some() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let padded = b"at noon\0\0\0";
    let bare = owner.leave(padded).await;
    let call = owner.drop(owner.encrypted(padded));
    let left = call.header("x-message-padding", "zeros").await.expect(202);
    let said = text(&left["message_id"]);
    for (id, says, header) in [
        (&bare, "at noon\0\0\0", None),
        (&said, "at noon", Some("zeros")),
    ] {
        let read = owner.read(id).await.expect(200);
        assert_eq!(read, json!({ "plaintext": says }));
        // Who decrypts is told, and cuts.
        let file = owner.ciphertext(id).await;
        file.expect(200);
        assert_eq!(file.header("x-message-padding"), header, "{header:?}");
    }
}

#[tokio::test]
async fn a_device_decrypts_by_itself() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    let file = owner.ciphertext(&id).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), Some("application/age"));
    let identity = owner.identity().await;
    let plaintext = age::decrypt(&identity, &file.bytes).expect("it is for this key");
    assert_eq!(plaintext, b"at noon");
}

#[tokio::test]
async fn what_this_key_does_not_open_is_given_out_as_it_is() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let other = age::x25519::Identity::generate().to_public().to_string();
    let anothers = encrypted(&other, b"at noon");
    let mut altered = owner.encrypted(b"at noon");
    let last = altered.len() - 1;
    altered[last] ^= 1;
    for file in [anothers, altered] {
        let left = owner.drop(file.clone()).query("burn", "true").await;
        let id = text(&left.expect(202)["message_id"]);
        let read = owner.read(&id).await.expect(200);
        let given = BASE64.decode(text(&read["ciphertext_base64"]).as_bytes());
        assert_eq!(given.expect("base64"), file);
        assert_eq!(read.get("plaintext"), None);
    }
}

#[tokio::test]
async fn keep_changes_nothing_for_a_message_that_stays() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    owner
        .ciphertext(&id)
        .query("keep", "true")
        .await
        .expect(200);
    let read = owner.read(&id).query("keep", "true").await.expect(200);
    assert_eq!(read["plaintext"], "at noon");
    for wrong in ["", "1", "maybe"] {
        for call in [owner.ciphertext(&id), owner.read(&id)] {
            call.query("keep", wrong).await.expect_bad_fields(&["keep"]);
        }
    }
}

#[tokio::test]
async fn a_passphrase_is_needed_to_read() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave(b"at noon").await;
    let read = |body| {
        owner
            .call(Method::POST, &format!("/messages/{id}/read"))
            .json(&body)
    };
    for body in [
        json!({}),
        json!({ "password": "" }),
        json!({ "password": 7 }),
        json!({ "password": null }),
    ] {
        read(body).await.expect_bad_fields(&["password"]);
    }
    assert!(owner.has_unread(&id).await, "nobody has read it");
}

#[tokio::test]
async fn anothers_message_is_like_one_that_never_was() {
    let site = Stage::shared().await;
    let (owner, other) = (Owner::new(&site).await, Owner::new(&site).await);
    let id = owner.leave(b"at noon").await;
    let unknown = "0198c0de-0000-7000-8000-000000000000";
    for call in [Owner::ciphertext, Owner::delete, Owner::read] {
        let anothers = call(&other, &id).await;
        anothers.expect_problem(404, "not_found");
        let never = call(&other, unknown).await;
        assert_eq!(anothers.shape(), never.shape());
        let no_id = call(&other, "1").await;
        assert_eq!(anothers.shape(), no_id.shape());
    }
    assert!(owner.has_unread(&id).await, "nobody has read it");
    assert!(other.list().await.is_empty(), "it is not the other's");
}

#[tokio::test]
async fn a_message_is_deleted_once() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let (id, kept) = (owner.leave(b"at noon").await, owner.leave(b"at one").await);
    owner.delete(&id).await.expect(204);
    for call in [Owner::ciphertext, Owner::delete, Owner::read] {
        let gone = call(&owner, &id).await;
        gone.expect_problem(404, "not_found");
    }
    let list = owner.list().await;
    let ids: Vec<_> = list.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&json!(kept)], "messages that are left");
}

#[tokio::test]
async fn who_has_no_key_has_no_messages_and_is_not_locked_out_for_asking() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    let id = "0198c0de-0000-7000-8000-000000000000";
    let call = |method, path: String| site.client.call(method, &path).bearer(&session.token);
    let list = call(Method::GET, "/messages".to_owned()).await;
    assert_eq!(
        list.expect(200),
        json!({ "items": [], "next_cursor": null })
    );
    let ciphertext = call(Method::POST, format!("/messages/{id}/ciphertext"));
    ciphertext.await.expect_problem(404, "not_found");
    let delete = call(Method::DELETE, format!("/messages/{id}"));
    delete.await.expect_problem(404, "not_found");
    // More often than wrong passwords are free.
    for _ in 0..6 {
        let read = call(Method::POST, format!("/messages/{id}/read"));
        let read = read.json(&json!({ "password": PASSPHRASE })).await;
        read.expect_problem(404, "not_found");
    }
    site.login(&account).await.expect(200);
}
