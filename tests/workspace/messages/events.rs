//! What is written down about keys and messages.

use std::sync::Arc;

use domain::audit::Event;
use fixtures::TestRequest;
use serde_json::json;

use super::{PASSPHRASE, ciphertext, delete, drop_for, read};
use crate::site::{PASSWORD, Site, call};

#[tokio::test]
async fn what_happens_to_a_key_and_what_burns_is_written_down() {
    let site = Site::start().await;
    let (token, address, recipient) = site.owner_with_passphrase("user@example.com").await;
    let drop = || drop_for(&recipient, &address);
    let (stays, other) = (site.left(drop()).await, site.left(drop()).await);
    let burns = site.left(drop().query("burn", "true")).await;
    for (request, status) in [
        (ciphertext(&token, &stays), 200),
        (ciphertext(&token, &burns), 200),
        (delete(&token, &other), 204),
    ] {
        assert_eq!(call!(site, message_read, request).status, status);
    }
    let key = |route: &str, body| TestRequest::to(route).bearer(&token).json(&body);
    let body = json!({ "password": PASSPHRASE, "new_password": PASSWORD });
    let reseal = key("PUT /messages/key/password", body);
    assert_eq!(call!(site, message_key, reseal).status, 200);
    let old = call!(site, message_read, read(&token, &stays));
    assert_eq!(old.status, 403, "{old:?}");
    let delete = key("DELETE /messages/key", json!({ "password": PASSWORD }));
    assert_eq!(call!(site, message_key, delete).status, 204);

    let mut events = site.events("user@example.com").await;
    events.sort_by_key(|event| format!("{event:?}"));
    let expected = [
        Event::Login,
        Event::LoginFailed,
        Event::MessageBurnt,
        Event::MessageKeyCreated,
        Event::MessageKeyDeleted,
        Event::MessageKeyResealed,
        Event::Register,
    ];
    assert_eq!(events, expected);
}
