//! No message outlives the account that it was for.

use std::sync::Arc;

use clap::Parser as _;
use domain::message::Address;
use fixtures::TestRequest;
use local::cli::Start;
use local::operator::{self, Where};
use repository::{MessageKeys, Messages};
use serde_json::json;

use super::drop_at;
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
