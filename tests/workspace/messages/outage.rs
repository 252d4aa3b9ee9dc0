//! The database being away: 503, and no message burns for it.

use std::sync::Arc;

use fixtures::TestRequest;
use serde_json::json;

use super::{PASSPHRASE, ciphertext, drop_at, drop_for, make_key, read};
use crate::outage::{call_without, is_unavailable};
use crate::site::{Site, call};

#[tokio::test]
async fn nothing_is_left_read_or_burnt_without_the_database() {
    let site = Site::start().await;
    let (token, address) = site.owner("user@example.com").await;
    let burns = site.left(drop_at(&address).query("burn", "true")).await;
    let away = site.world.without("DYNAMODB");
    let ask = TestRequest::to("GET /drop/{address}").header("accept", "text/plain");
    let ask = ask.path_parameter("address", address.as_str());
    for request in [drop_at(&address), ask] {
        is_unavailable(&call_without!(site, &away, message_drop, request));
    }
    let delete = TestRequest::to("DELETE /messages/key").bearer(&token);
    for request in [
        make_key(&token),
        TestRequest::to("GET /messages/key").bearer(&token),
        delete.json(&json!({ "password": PASSPHRASE })),
    ] {
        is_unavailable(&call_without!(site, &away, message_key, request));
    }
    for request in [
        TestRequest::to("GET /messages").bearer(&token),
        read(&token, &burns),
        ciphertext(&token, &burns),
        super::delete(&token, &burns),
    ] {
        is_unavailable(&call_without!(site, &away, message_read, request));
    }

    let list = TestRequest::to("GET /messages").bearer(&token);
    let list = call!(site, message_read, list);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1));
    let given = call!(site, message_read, ciphertext(&token, &burns));
    assert_eq!(given.status, 200, "{given:?}");
}

#[tokio::test]
async fn what_can_not_be_counted_is_not_opened_and_burns_nothing() {
    let site = Site::start().await;
    let (token, address) = site.owner("user@example.com").await;
    let burns = site.left(drop_at(&address).query("burn", "true")).await;
    let uncounted = site.world.with(&[("LOGIN_ATTEMPTS_TABLE", "away")]);
    let request = read(&token, &burns);
    let refused = call_without!(site, &uncounted, message_read, request);
    // A table that is not there at all is a mistake in the wiring.
    assert_eq!(refused.status, 500, "{refused:?}");
    let given = call!(site, message_read, ciphertext(&token, &burns));
    assert_eq!(given.status, 200, "{given:?}");
}

#[tokio::test]
async fn what_has_burnt_is_given_also_where_it_can_not_be_written_down() {
    let site = Site::start().await;
    let (token, address, recipient) = site.owner_with_passphrase("user@example.com").await;
    let mut left = Vec::new();
    for _ in 0..2 {
        let drop = drop_for(&recipient, &address).query("burn", "true");
        left.push(site.left(drop).await);
    }
    let unwritten = site.world.with(&[("AUDIT_LOG_TABLE", "away")]);
    let given = call_without!(site, &unwritten, message_read, ciphertext(&token, &left[0]));
    assert_eq!(given.status, 200, "{given:?}");
    let opened = call_without!(site, &unwritten, message_read, read(&token, &left[1]));
    assert_eq!(opened.body["plaintext"], "at noon", "{opened:?}");
}
