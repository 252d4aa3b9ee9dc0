//! What is due is taken once.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clock::SignedDuration;
use serde_json::json;

use super::{Stage, published, tenant};

#[tokio::test]
async fn two_ticks_at_once_queue_each_site_once() {
    let stage = Stage::start().await;
    for number in 0..25 {
        stage
            .set_up(&tenant(&format!("s{number}")), "acme/site")
            .await;
    }
    let tick = || site_due::handle(&stage.ticker);
    let (one, other, third) = futures::join!(tick(), tick(), tick());
    for tick in [one, other, third] {
        tick.expect("a tick that finds nothing left is done");
    }
    let queued = stage.queued();
    assert_eq!(queued.len(), 25);
    let first = json!({"site": {"client_id": "acme", "site_id": "s0"}});
    assert!(queued.contains(&first), "{queued:?}");
}

#[tokio::test]
async fn a_site_whose_job_got_lost_is_due_again() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    stage.set_up(&shop, "acme/site").await;
    stage.tick().await;
    stage.advance(SignedDuration::from_mins(14));
    stage.tick().await;
    assert_eq!(stage.queued().len(), 1);
    stage.advance(SignedDuration::from_mins(1));
    stage.tick().await;
    assert_eq!(stage.queued().len(), 2);
    let seen = stage.get(&shop).await;
    assert!(stage.finish(&seen, &published("one", stage.now())).await);
    stage.advance(SignedDuration::from_hours(1));
    stage.tick().await;
    assert_eq!(stage.queued().len(), 2, "it was looked at");
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_due_again_at_once() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let due_at = stage.set_up(&shop, "acme/site").await.due_at;
    let cut_off: Arc<site_due::Deps> = stage.world.without("SQS").deps();
    let tick = site_due::handle(&cut_off).await;
    tick.expect_err("the queue does not answer");
    assert_eq!(stage.get(&shop).await.due_at, due_at);
    stage.tick().await;
    assert_eq!(stage.queued().len(), 1);
}

#[tokio::test]
async fn damaged_rows_stop_no_other() {
    let stage = Stage::start().await;
    let number = |text: &str| AttributeValue::N(text.to_owned());
    let word = |text: &str| AttributeValue::S(text.to_owned());
    for name in ["acme", "..#shop", ".manifests#demo", "acme#shop#more"] {
        stage.damage(name, "due_at", number("1")).await;
        stage.damage(name, "due", word("due")).await;
    }
    let broken = tenant("broken");
    stage.set_up(&broken, "acme/site").await;
    stage.damage(&broken.to_string(), "setup", word("?")).await;
    stage
        .damage(&broken.to_string(), "due_at", number("1"))
        .await;
    stage.set_up(&tenant("shop"), "acme/site").await;
    stage.tick().await;
    // What is damaged in the row itself is for the publisher to tell.
    let queued = stage.queued();
    assert_eq!(queued.len(), 2, "{queued:?}");
    let sound = json!({"site": {"client_id": "acme", "site_id": "shop"}});
    assert!(queued.contains(&sound), "{queued:?}");
}
