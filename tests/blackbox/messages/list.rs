//! `GET /messages`: what waits, newest first, in pages.

use reqwest::Method;
use serde_json::{Value, json};

use super::Owner;
use crate::harness::{Call, Stage, text};

fn page(owner: &Owner) -> Call {
    owner.call(Method::GET, "/messages")
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items.map(|message| text(&message["id"])).collect()
}

#[tokio::test]
async fn a_message_is_listed_with_what_can_be_seen_of_it() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let file = owner.encrypted(b"at noon");
    let left = owner.drop(file.clone()).query("burn", "true").await;
    let left = left.expect(202);
    let list = page(&owner).await.expect(200);
    let expected = json!([{
        "id": left["message_id"],
        "size": file.len(),
        "burn": true,
        "received_at": list["items"][0]["received_at"],
        "expires_at": left["expires_at"],
        "read_at": null,
    }]);
    assert_eq!(list, json!({ "items": expected, "next_cursor": null }));
}

#[tokio::test]
async fn pages_have_every_message_once_newest_first() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let mut left = Vec::new();
    for number in 0..6 {
        let burns = number % 2 == 0;
        let id = if burns {
            owner.leave_burning(b"at noon").await
        } else {
            owner.leave(b"at noon").await
        };
        left.push(id);
    }
    // What was burnt or deleted leaves no gap.
    owner.ciphertext(&left.remove(2)).await.expect(200);
    owner.delete(&left.remove(2)).await.expect(204);
    left.reverse();

    let mut found = Vec::new();
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let call = page(&owner).query("limit", "3");
        let call = match &cursor {
            Some(cursor) => call.query("cursor", cursor),
            None => call,
        };
        let page = call.await.expect(200);
        pages.push(ids(&page).len());
        found.extend(ids(&page));
        if page["next_cursor"].is_null() {
            break;
        }
        cursor = Some(text(&page["next_cursor"]));
    }
    assert_eq!(found, left, "messages of all pages");
    assert_eq!(pages, [3, 1], "messages a page");
}

#[tokio::test]
async fn a_page_has_twenty_messages_unless_told() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let file = owner.encrypted(b"at noon");
    for _ in 0..21 {
        owner.drop(file.clone()).await.expect(202);
    }
    let first = page(&owner).await.expect(200);
    assert_eq!(ids(&first).len(), 20, "messages on the first page");
    let next = page(&owner).query("cursor", &text(&first["next_cursor"]));
    assert_eq!(ids(&next.await.expect(200)).len(), 1, "on the second");
}

#[tokio::test]
async fn a_cursor_that_was_altered_or_is_anothers_is_refused() {
    let site = Stage::shared().await;
    let (owner, other) = (Owner::new(&site).await, Owner::new(&site).await);
    for _ in 0..2 {
        owner.leave(b"at noon").await;
    }
    let first = page(&owner).query("limit", "1").await.expect(200);
    let cursor = text(&first["next_cursor"]);
    let mut altered = cursor.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).expect("a cursor is ASCII");
    for wrong in [&altered, &cursor[1..], "", "1"] {
        let refused = page(&owner).query("cursor", wrong).await;
        refused.expect_bad_fields(&["cursor"]);
    }
    let refused = page(&other).query("cursor", &cursor).await;
    refused.expect_bad_fields(&["cursor"]);
    page(&owner).query("cursor", &cursor).await.expect(200);
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_messages() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    for wrong in ["0", "101", "-1", "many", ""] {
        let call = site.client.get("/messages").bearer(&session.token);
        let refused = call.query("limit", wrong).query("cursor", "1").await;
        refused.expect_bad_fields(&["limit", "cursor"]);
    }
}
