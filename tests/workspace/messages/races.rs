//! Two things at once, of which one happens.

use std::sync::Arc;

use fixtures::TestRequest;
use serde_json::{Value, json};

use super::{PASSPHRASE, ciphertext, delete, drop_at, make_key};
use crate::site::{PASSWORD, Site, call};

#[tokio::test]
async fn a_message_is_burnt_or_deleted_and_never_both() {
    let site = Site::start().await;
    let (session, address) = site.owner("user@example.com").await;
    for turn in 0..16 {
        let id = site.left(drop_at(&address).query("burn", "true")).await;
        let take = async { call!(site, message_read, ciphertext(&session, &id)).status };
        let remove = async { call!(site, message_read, delete(&session, &id)).status };
        // Whichever is asked first, so that both get to win.
        let (taken, removed) = if turn % 2 == 0 {
            futures::join!(take, remove)
        } else {
            let (removed, taken) = futures::join!(remove, take);
            (taken, removed)
        };
        assert!(
            matches!((taken, removed), (200, 410) | (404, 204)),
            "taken: {taken}, deleted: {removed}"
        );
    }
}

#[tokio::test]
async fn of_two_keys_made_at_once_there_is_one() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    let make = async || call!(site, message_key, make_key(&token)).status;
    let (one, other) = futures::join!(make(), make());
    assert_eq!([one.min(other), one.max(other)], [201, 409]);
}

// Hashing holds a thread up, as in a function that has a machine of its own; here another must go on with the answers of the
// database, or they come late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_new_passphrases_at_once_one_holds() {
    let site = Site::start().await;
    let (token, ..) = site.owner_with_passphrase("user@example.com").await;
    let reseal = async |new: &str| {
        let body = json!({ "password": PASSPHRASE, "new_password": new });
        let request = TestRequest::to("PUT /messages/key/password").bearer(&token);
        call!(site, message_key, request.json(&body)).status
    };
    let (one, other) = futures::join!(reseal(PASSWORD), reseal("N3wPassw0rd!"));
    assert_eq!([one.min(other), one.max(other)], [200, 503]);
    let show = TestRequest::to("GET /messages/key").bearer(&token);
    let key = call!(site, message_key, show).body;
    assert_eq!(key["version"], Value::from(2));
    let holds = if one == 200 { PASSWORD } else { "N3wPassw0rd!" };
    let sealed = key["encrypted_identity"].as_str().unwrap_or_default();
    let holds = domain::password::Password::new(holds);
    assert!(message::unseal(sealed, &holds).is_ok(), "what was answered");
}
