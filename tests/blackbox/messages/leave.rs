//! `POST /drop/{address}`: what is taken, how long it waits, and that the same request is the same message.

use std::future::IntoFuture as _;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{Owner, X25519, armored, drop_at, of_size, unknown_address};
use crate::harness::{Account, Stage, text};

#[tokio::test]
async fn a_file_is_taken_in_both_forms_under_each_of_its_names() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let path = format!("/drop/{}", owner.address);
    let file = owner.encrypted(b"at noon");
    let (binary, text_form) = (file.clone(), armored(&file).into_bytes());
    let windows = armored(&file).replace('\n', "\r\n");
    for (media_type, sent) in [
        ("application/age", binary.clone()),
        ("application/octet-stream", binary.clone()),
        // What `curl --data-binary` says where nobody tells it otherwise.
        ("application/x-www-form-urlencoded", binary),
        ("application/x-www-form-urlencoded", text_form.clone()),
        ("text/plain", text_form.clone()),
        ("Text/Plain; charset=us-ascii", text_form.clone()),
        ("application/age", text_form),
        ("text/plain", format!("\n  {windows}\r\n").into_bytes()),
    ] {
        let left = site.client.post(&path).body(media_type, sent).await;
        let id = text(&left.expect(202)["message_id"]);
        let stored = owner.ciphertext(&id).await;
        stored.expect(200);
        assert_eq!(stored.bytes, file, "what was sent as {media_type}");
    }
}

#[tokio::test]
async fn a_message_waits_for_as_long_as_its_sender_says() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    for (ttl, seconds) in [
        (None, 604_800),
        (Some("3600"), 3_600),
        (Some("2592000"), 2_592_000),
    ] {
        let call = owner.drop(owner.encrypted(b"at noon"));
        let call = match ttl {
            Some(ttl) => call.query("ttl", ttl),
            None => call,
        };
        let left = call.await.expect(202);
        let list = owner.list().await;
        assert_eq!(list[0]["id"], left["message_id"]);
        assert_eq!(list[0]["expires_at"], left["expires_at"]);
        let time = |name: &str| -> domain::Timestamp {
            text(&list[0][name]).parse().expect("a time of RFC 3339")
        };
        let waits = time("expires_at").duration_since(time("received_at"));
        assert_eq!(waits.as_secs(), seconds, "seconds with ttl {ttl:?}");
    }
}

#[tokio::test]
async fn the_largest_message_is_taken_and_a_byte_more_is_not() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let largest = of_size(X25519, 256 * 1024);
    let left = owner.drop(largest.clone()).await.expect(202);
    assert_eq!(owner.list().await[0]["size"], 256 * 1024);
    let stored = owner.ciphertext(&text(&left["message_id"])).await;
    assert!(stored.bytes == largest, "the file comes back as it was");
    for (media_type, sent) in [
        ("application/age", of_size(X25519, 256 * 1024 + 1)),
        // Size is judged before anything else is.
        ("application/json", vec![b' '; 256 * 1024 + 1]),
    ] {
        let path = format!("/drop/{}", owner.address);
        let refused = site.client.post(&path).body(media_type, sent).await;
        refused.expect_problem(413, "payload_too_large");
    }
    assert_eq!(owner.list().await.len(), 1, "messages");
}

#[tokio::test]
async fn the_same_request_is_the_same_message() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    // Nobody else's, also on a platform that others use.
    let key = Account::new().email;
    let file = owner.encrypted(b"at noon");
    let keyed = |address: &str, file: &[u8]| {
        drop_at(&site, address, file.to_vec()).header("idempotency-key", &key)
    };
    let drop = || keyed(&owner.address, &file).into_future();
    let at_once = join_all((0..5).map(|_| drop())).await;
    let answers: Vec<Value> = at_once.iter().map(|one| one.expect(202)).collect();
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    assert_eq!(drop().await.expect(202), answers[0]);
    let list = owner.list().await;
    let ids: Vec<_> = list.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&answers[0]["message_id"]], "messages");

    let elsewhere = keyed(&unknown_address(), &file).await.expect(202);
    assert_ne!(elsewhere["message_id"], answers[0]["message_id"]);
}

#[tokio::test]
async fn a_key_that_was_used_for_another_message_is_a_conflict() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let key = Account::new().email;
    let file = owner.encrypted(b"at noon");
    let keyed = |file: &[u8]| {
        let call = owner.drop(file.to_vec());
        call.header("idempotency-key", &key)
    };
    keyed(&file).await.expect(202);
    for other in [
        keyed(&owner.encrypted(b"at noon")),
        keyed(&file).query("ttl", "3600"),
        keyed(&file).query("burn", "true"),
        keyed(&file).header("x-message-padding", "zeros"),
    ] {
        other.await.expect_problem(409, "idempotency_conflict");
    }
    assert_eq!(owner.list().await.len(), 1, "messages");
    // What is said in other words is the same.
    let same = keyed(&file).query("ttl", "604800").query("burn", "false");
    same.await.expect(202);
    assert_eq!(owner.list().await.len(), 1, "messages");
}

#[tokio::test]
async fn the_sender_is_told_nothing_but_the_id_and_the_time() {
    let site = Stage::shared().await;
    let file = of_size(X25519, 1_000);
    let left = drop_at(&site, &unknown_address(), file).await.expect(202);
    let fields: Vec<_> = left.as_object().into_iter().flatten().collect();
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(json!(names), json!(["expires_at", "message_id"]));
}
