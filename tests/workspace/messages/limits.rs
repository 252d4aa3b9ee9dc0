//! How much may be left, by whom and where.

use std::sync::Arc;

use domain::message::Address;
use fixtures::Answer;
use futures::future::join_all;

use super::{delete, drop_at, random};
use crate::site::{PASSWORD, Site, call};

/// Leaves messages at an address, each sender as many as may be in an hour.
async fn fill(site: &Site, address: &Address, count: usize, ttl: &str) -> Vec<String> {
    let request = drop_at(address).query("ttl", ttl);
    let mut left = Vec::new();
    for (sender, numbers) in (0..count).collect::<Vec<_>>().chunks(300).enumerate() {
        for some in numbers.chunks(50) {
            let request = request.clone().sent_from(&format!("10.0.0.{sender}"));
            let all = some.iter().map(|_| site.left(request.clone()));
            left.extend(join_all(all).await);
        }
    }
    left
}

/// How long to wait, where too much was left.
#[track_caller]
fn wait_of(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.body["code"], "rate_limited", "{answer:?}");
    let wait = answer.headers.get("retry-after");
    let wait = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
    wait.unwrap_or_else(|| panic!("a wait should be in {answer:?}"))
}

fn address() -> Address {
    Address::random(&random())
}

#[tokio::test]
async fn a_sender_leaves_three_hundred_messages_an_hour() {
    let site = Site::start().await;
    let (here, there) = (address(), address());
    let drop = |at, from| site.drop_by(drop_at(at).sent_from(from));
    // All of a network of IPv6 is one sender.
    let network = "2001:db8:1:2::1";
    for some in 0..6 {
        let at = if some % 2 == 0 { &here } else { &there };
        for answer in join_all((0..50).map(|_| drop(at, network))).await {
            assert_eq!(answer.status, 202, "{answer:?}");
        }
    }
    let wait = wait_of(&drop(&here, "2001:db8:1:2:ffff::9").await);
    assert!((1..=3600).contains(&wait), "a wait of {wait} s");
    assert_eq!(drop(&here, "2001:db8:1:3::1").await.status, 202, "another");
    site.world.clock.advance_seconds(wait);
    assert_eq!(drop(&here, network).await.status, 202, "the next hour");
}

#[tokio::test]
async fn a_repeated_request_counts_once() {
    let site = Site::start().await;
    let here = address();
    let keyed = drop_at(&here).header("idempotency-key", "k");
    let first = site.left(keyed.clone()).await;
    for _ in 0..3 {
        assert_eq!(site.left(keyed.clone()).await, first);
    }
    for _ in 0..299 {
        site.left(drop_at(&here)).await;
    }
    wait_of(&site.drop_by(drop_at(&here)).await);
    assert_eq!(site.left(keyed).await, first, "an answer is given again");
}

#[tokio::test]
async fn an_address_takes_six_hundred_messages_an_hour() {
    let site = Site::start().await;
    let (here, there) = (address(), address());
    fill(&site, &here, 600, "3600").await;
    let drop = |at, from| site.drop_by(drop_at(at).sent_from(from));
    let wait = wait_of(&drop(&here, "10.0.1.1").await);
    assert!((1..=3600).contains(&wait), "a wait of {wait} s");
    assert_eq!(drop(&there, "10.0.1.1").await.status, 202, "elsewhere");
    site.world.clock.advance_seconds(wait);
    assert_eq!(drop(&here, "10.0.1.1").await.status, 202, "the next hour");
}

#[tokio::test]
async fn a_thousand_messages_wait_and_others_may_come_when_some_are_gone() {
    let site = Site::start().await;
    let (_, here) = site.owner("user@example.com").await;
    fill(&site, &here, 500, "7200").await;
    site.world.clock.advance_seconds(3600);
    let left = fill(&site, &here, 500, "604800").await;
    let drop = || site.drop_by(drop_at(&here).sent_from("10.0.1.1"));
    wait_of(&drop().await);
    assert_eq!(
        site.drop_by(drop_at(&address()).sent_from("10.0.1.1"))
            .await
            .status,
        202,
        "another address is not full"
    );

    // What was counted is believed for a minute.
    let login = site.login("user@example.com", PASSWORD).await;
    let token = login.body["token"].as_str().expect("a token");
    for id in &left[..2] {
        let deleted = call!(site, message_read, delete(token, id));
        assert_eq!(deleted.status, 204, "{deleted:?}");
    }
    wait_of(&drop().await);
    site.world.clock.advance_seconds(60);
    for _ in 0..2 {
        assert_eq!(drop().await.status, 202, "two were deleted");
    }
    wait_of(&drop().await);
    site.world.clock.advance_seconds(3600 - 60);
    assert_eq!(drop().await.status, 202, "five hundred have expired");
}

#[tokio::test]
async fn an_address_that_nobody_has_is_limited_like_any_other() {
    let site = Site::start().await;
    let (_, known) = site.owner("user@example.com").await;
    let unknown = address();
    let mut refused = Vec::new();
    for at in [&known, &unknown] {
        fill(&site, at, 600, "3600").await;
        let answer = site.drop_by(drop_at(at).sent_from("10.0.1.1")).await;
        refused.push((
            wait_of(&answer),
            answer.body["detail"].clone(),
            answer.waits,
        ));
        site.world.clock.advance_seconds(3600);
    }
    assert_eq!(refused[0], refused[1]);
}

#[tokio::test]
async fn what_is_refused_counts_for_nobody() {
    let site = Site::start().await;
    let here = address();
    for _ in 0..301 {
        let trash = drop_at(&here).body("application/age", b"Dear Ada");
        assert_eq!(site.drop_by(trash).await.status, 400);
    }
    let sent = drop_at(&here);
    assert_eq!(site.drop_by(sent).await.status, 202);
}
