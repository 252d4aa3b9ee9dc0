//! No message outlives the account that it was for.

use std::net::IpAddr;
use std::sync::Arc;

use clap::Parser as _;
use domain::client::ClientAddress;
use domain::message::Address;
use fixtures::TestRequest;
use local::cli::Start;
use local::operator::{self, Where};
use repository::message_keys::NotCreated;
use repository::{Begun, Guessed, LoginAttempts, MessageKeys, Messages, Users};
use serde_json::json;

use super::{drop_at, make_key, random, read, user};
use crate::site::{PASSWORD, Site, call};

/// What an operator types after `cargo run --`.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    start: Start,
    #[command(subcommand)]
    command: operator::Command,
}

impl Site {
    /// What is left at an address: whether it has a recipient, and how many messages.
    async fn at(&self, address: &Address) -> (bool, usize) {
        let (keys, messages): (MessageKeys, Messages) = (self.world.get(), self.world.get());
        let recipient = keys.recipient(address).await.expect("an answer");
        let now = self.world.clock.clock().now();
        let (left, _) = messages
            .at(address, None, usize::MAX, now)
            .await
            .expect("an answer");
        (recipient.is_some(), left.len())
    }

    /// A user with more messages than are deleted at a time.
    async fn much_written_to(&self, email: &str) -> (String, Address) {
        let (token, address) = self.owner(email).await;
        for _ in 0..30 {
            self.left(drop_at(&address)).await;
        }
        assert_eq!(self.at(&address).await, (true, 30));
        (token, address)
    }
}

#[tokio::test]
async fn a_deleted_key_and_a_deleted_account_leave_no_message() {
    let site = Site::start().await;
    let (_, kept) = site.owner("kept@example.com").await;
    site.left(drop_at(&kept)).await;
    let body = json!({ "password": PASSWORD });
    let (token, address) = site.much_written_to("key@example.com").await;
    let delete = TestRequest::to("DELETE /messages/key").bearer(&token);
    let deleted = call!(site, message_key, delete.json(&body));
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(site.at(&address).await, (false, 0));

    let (token, address) = site.much_written_to("account@example.com").await;
    let delete = TestRequest::to("DELETE /user/me").bearer(&token);
    let deleted = call!(site, me, delete.json(&body));
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(site.at(&address).await, (false, 0));
    assert_eq!(site.at(&kept).await, (true, 1), "another's");
}

#[tokio::test]
async fn a_key_that_guesses_have_closed_is_deleted_with_what_was_counted() {
    let site = Site::start().await;
    let email = "user@example.com";
    let (token, _) = site.owner(email).await;
    let attempts: LoginAttempts = site.world.get();
    let (user, now) = (user(email), site.world.clock.clock().now());
    for number in 0..100 {
        let from = ClientAddress::new(IpAddr::from([10, 1, 0, number]));
        let begun = attempts.begin(&user, Guessed::Passphrase, from, now);
        let Begun::Allowed(attempt) = begun.await.expect("an answer") else {
            panic!("guess {number} should be looked at");
        };
        attempts.failed(attempt).await.expect("an answer");
    }
    let id = uuid::Uuid::nil().to_string();
    site.world.clock.advance_seconds(600);
    let closed = call!(site, message_read, read(&token, &id));
    assert_eq!(closed.status, 429, "{closed:?}");

    let delete = TestRequest::to("DELETE /messages/key").bearer(&token);
    let delete = delete.json(&json!({ "password": PASSWORD }));
    assert_eq!(call!(site, message_key, delete).status, 204);
    assert_eq!(call!(site, message_key, make_key(&token)).status, 201);
    let open = call!(site, message_read, read(&token, &id));
    assert_eq!(open.status, 404, "there is no such message: {open:?}");
}

#[tokio::test]
async fn a_removed_tenant_leaves_no_message() {
    let site = Site::start().await;
    let (_, address) = site.much_written_to("user@example.com").await;
    let data = site.world.data();
    let data = data.to_string_lossy();
    let line = ["local", "--data", &data, "tenant", "remove", "demo#site"];
    let line = [&line[..], &["--yes", "demo#site"]].concat();
    let line = Line::try_parse_from(line).expect("a command");
    let done = operator::run(line.command, &line.start, &Where { stack: None }).await;
    done.expect("the tenant is removed");
    assert_eq!(site.at(&address).await, (false, 0));
}

#[tokio::test]
async fn a_key_that_was_begun_before_its_account_was_deleted_is_not_made() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    let users: Users = site.world.get();
    let account = users.get(&user("user@example.com")).await;
    let account = account.expect("an answer").expect("an account");
    let body = json!({ "password": PASSWORD });
    let delete = TestRequest::to("DELETE /user/me").bearer(&token);
    assert_eq!(call!(site, me, delete.json(&body)).status, 204);
    // The same address again is another account.
    site.world.clock.advance_seconds(1);
    site.register("user@example.com").await;
    let address = Address::random(&random());
    let made = site.make_key_of(&account, &address).await;
    assert_eq!(made, Err(NotCreated::NoAccount));
    assert_eq!(site.at(&address).await, (false, 0));
}
