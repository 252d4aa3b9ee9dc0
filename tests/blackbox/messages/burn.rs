//! Messages that burn: given to exactly one reader, and gone.

use std::future::IntoFuture as _;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{Owner, PASSPHRASE};
use crate::harness::{Answer, Session, Stage, text};

#[tokio::test]
async fn a_message_that_was_burnt_is_gone() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    assert_eq!(owner.list().await[0]["burn"], json!(true));
    owner.ciphertext(&id).await.expect(200);
    for call in [Owner::ciphertext, Owner::delete, Owner::read] {
        let gone = call(&owner, &id).await;
        gone.expect_problem(410, "gone");
    }
    let gone = owner.ciphertext(&id).query("keep", "true").await;
    gone.expect_problem(410, "gone");
    assert!(owner.list().await.is_empty(), "what is burnt is not listed");
}

#[tokio::test]
async fn a_message_burns_for_the_reader_of_its_plaintext() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    let read = owner.read(&id).await.expect(200);
    assert_eq!(read, json!({ "plaintext": "at noon" }));
    owner.ciphertext(&id).await.expect_problem(410, "gone");
}

#[tokio::test]
async fn of_a_hundred_readers_at_once_one_gets_the_message() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    // Few with a passphrase, since one whose answer was lost has asked twice, and five may be wrong for nothing.
    let readers = (0..100).map(async |number| {
        let mut answer = reader(&owner, &id, number).await;
        // What so many at once ask of a small machine may be too much for it: who is told so asks again.
        while answer.status == 503 && !is_in_doubt(&answer) {
            let wait = answer.number_in("retry-after");
            tokio::time::sleep(Duration::from_secs(wait)).await;
            answer = reader(&owner, &id, number).await;
        }
        answer
    });
    let answers = join_all(readers).await;
    let (given, late): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 200);
    let (in_doubt, late): (Vec<_>, Vec<_>) = late.into_iter().partition(|one| is_in_doubt(one));
    for late in late {
        late.expect_problem(410, "gone");
    }
    // Who was told that it may have burnt for them has, where nobody else got it.
    assert!(given.len() <= 1, "{} readers got it", given.len());
    assert!(given.len() + in_doubt.len() >= 1, "nobody got it");
}

async fn reader(owner: &Owner, id: &str, number: usize) -> Answer {
    if number.is_multiple_of(50) {
        owner.read(id).await
    } else {
        owner.ciphertext(id).await
    }
}

/// Whether nobody knows if the message was given out.
fn is_in_doubt(answer: &Answer) -> bool {
    answer.status == 503 && answer.text.contains("may have been given out")
}

#[tokio::test]
async fn a_message_that_burns_is_refused_to_whom_it_must_stay_for() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    for call in [owner.ciphertext(&id), owner.read(&id)] {
        let refused = call.query("keep", "true").await;
        refused.expect_bad_fields(&["keep"]);
    }
    assert!(owner.has_unread(&id).await, "it is left as it was");
    let given = owner.ciphertext(&id).query("keep", "false").await;
    given.expect(200);
}

#[tokio::test]
async fn a_message_that_burns_can_be_deleted_unread() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    owner.delete(&id).await.expect(204);
    owner.ciphertext(&id).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn no_preview_of_a_link_burns_anything() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    for path in [
        format!("/messages/{id}"),
        format!("/messages/{id}/read"),
        format!("/messages/{id}/ciphertext"),
    ] {
        let preview = owner.call(Method::GET, &path).await;
        preview.expect_problem(405, "method_not_allowed");
    }
    for accept in ["text/html", "text/plain", "application/json", "image/*"] {
        let path = format!("/drop/{}", owner.address);
        let preview = site.client.get(&path).header("accept", accept);
        preview.await.expect(200);
    }
    assert!(owner.has_unread(&id).await, "it is left as it was");
}

#[tokio::test]
async fn no_page_of_another_site_burns_anything() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    let Session { token, .. } = &owner.session;
    let path = format!("/messages/{id}/ciphertext");
    let with_cookie = || site.client.post(&path).cookie("auth_token", token);
    for forged in [
        with_cookie(),
        with_cookie().origin("https://evil.example"),
        with_cookie().origin("null"),
    ] {
        forged.await.expect_problem(403, "origin_not_allowed");
    }
    let own = with_cookie().origin(&site.origin).await;
    own.expect(200);
}

#[tokio::test]
async fn a_wrong_passphrase_burns_nothing() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let id = owner.leave_burning(b"at noon").await;
    // Nor does the account's password: the passphrase is another one.
    let refused = owner.read_with(&id, &owner.account.password).await;
    refused.expect_problem(403, "forbidden");
    assert!(owner.has_unread(&id).await, "it is left as it was");
}

#[tokio::test]
async fn a_message_is_gone_after_its_time() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let mut owner = Owner::new(&site).await;
    let hour = |burn: &str| {
        let call = owner.drop(owner.encrypted(b"at noon"));
        call.query("ttl", "3600").query("burn", burn).into_future()
    };
    let short: Vec<String> = [hour("false").await, hour("true").await, hour("true").await]
        .iter()
        .map(|left| text(&left.expect(202)["message_id"]))
        .collect();
    let long = owner.leave(b"at one").await;
    owner.ciphertext(&short[2]).await.expect(200);

    site.backstage().advance(3_000).await;
    owner.session = site.session(&owner.account).await;
    owner.ciphertext(&short[0]).await.expect(200);
    site.backstage().advance(600).await;
    for id in &short {
        for call in [Owner::ciphertext, Owner::delete] {
            let gone = call(&owner, id).await;
            gone.expect_problem(410, "gone");
        }
    }
    let gone = owner.read_with(&short[0], PASSPHRASE).await;
    gone.expect_problem(410, "gone");
    let list = owner.list().await;
    let ids: Vec<_> = list.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&json!(long)], "messages that are left");
}
