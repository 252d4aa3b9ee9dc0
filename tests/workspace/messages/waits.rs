//! How often each operation waits for the network, warm.

use std::sync::Arc;

use fixtures::{Answer, TestRequest};
use serde_json::json;

use super::{PASSPHRASE, ciphertext, delete, drop_at, drop_for, make_key, read};
use crate::site::{PASSWORD, Site, call};

#[track_caller]
fn check(answer: &Answer, status: u16, waits: usize) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.waits, waits, "waits of {answer:?}");
}

#[tokio::test]
async fn leaving_a_message_waits_once() {
    let site = Site::start().await;
    let (_, known) = site.owner("user@example.com").await;
    let unknown = domain::message::Address::random(&super::random());
    for address in [&known, &unknown] {
        let keyed = drop_at(address).header("idempotency-key", "k");
        for request in [keyed.clone(), keyed, drop_at(address)] {
            check(&site.drop_by(request).await, 202, 1);
        }
        let trash = drop_at(address).body("application/age", b"Dear Ada");
        check(&site.drop_by(trash).await, 400, 0);
    }
}

#[tokio::test]
async fn asking_whom_to_encrypt_to_waits_once_for_any_address() {
    let site = Site::start().await;
    let (_, known) = site.owner("user@example.com").await;
    let unknown = domain::message::Address::random(&super::random());
    for (accept, waits) in [("application/json", 1), ("text/html", 0)] {
        for address in [&known, &unknown] {
            let ask = TestRequest::to("GET /drop/{address}");
            let ask = ask.path_parameter("address", address.as_str());
            let answer = call!(site, message_drop, ask.header("accept", accept));
            check(&answer, 200, waits);
        }
    }
}

#[tokio::test]
async fn a_key_is_shown_in_one_wait_and_listing_takes_two() {
    let site = Site::start().await;
    let (token, address) = site.owner("user@example.com").await;
    site.left(drop_at(&address)).await;
    let show = TestRequest::to("GET /messages/key").bearer(&token);
    check(&call!(site, message_key, show), 200, 1);
    let list = TestRequest::to("GET /messages").bearer(&token);
    check(&call!(site, message_read, list), 200, 2);
}

#[tokio::test]
async fn what_burns_waits_once_more_to_be_written_down() {
    let site = Site::start().await;
    let (token, address) = site.owner("user@example.com").await;
    let stays = site.left(drop_at(&address)).await;
    let burns = site.left(drop_at(&address).query("burn", "true")).await;
    let get = |id: &str| ciphertext(&token, id);
    check(&call!(site, message_read, get(&stays)), 200, 2);
    check(&call!(site, message_read, get(&burns)), 200, 3);
    check(&call!(site, message_read, get(&burns)), 410, 2);
    let delete = delete(&token, &stays);
    check(&call!(site, message_read, delete), 204, 2);
}

#[tokio::test]
async fn reading_waits_as_often_as_taking_the_ciphertext() {
    let site = Site::start().await;
    let (token, address, recipient) = site.owner_with_passphrase("user@example.com").await;
    let stays = site.left(drop_for(&recipient, &address)).await;
    let burns = drop_for(&recipient, &address).query("burn", "true");
    let burns = site.left(burns).await;
    check(&call!(site, message_read, read(&token, &stays)), 200, 2);
    check(&call!(site, message_read, read(&token, &burns)), 200, 3);
}

#[tokio::test]
async fn a_key_is_made_in_two_waits_and_sealed_anew_in_three() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    check(&call!(site, message_key, make_key(&token)), 201, 2);
    let body = json!({ "password": PASSPHRASE, "new_password": PASSWORD });
    let reseal = TestRequest::to("PUT /messages/key/password").bearer(&token);
    check(&call!(site, message_key, reseal.json(&body)), 200, 3);
}

#[tokio::test]
async fn who_has_no_key_or_no_session_is_not_locked_out() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    let id = uuid::Uuid::nil().to_string();
    for _ in 0..6 {
        let unknown = call!(site, message_read, read(&token, &id));
        assert_eq!(unknown.status, 404, "{unknown:?}");
    }
    let logout = TestRequest::to("POST /auth/logout").bearer(&token);
    assert_eq!(call!(site, logout, logout).status, 200);
    for _ in 0..6 {
        let ended = call!(site, message_read, read(&token, &id));
        assert_eq!(ended.status, 401, "{ended:?}");
    }
    assert_eq!(site.login("user@example.com", PASSWORD).await.status, 200);
}
