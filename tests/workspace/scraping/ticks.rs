//! What is due is taken once.

use std::sync::Arc;

use domain::clock::SignedDuration;
use serde_json::Value;

use super::Stage;

#[tokio::test]
async fn two_ticks_at_once_queue_one_run_of_each() {
    let stage = Stage::start().await;
    for n in 0..25 {
        stage.price(&format!("/{n}"), Value::Null).await;
    }
    let tick = || scraper::handle(&stage.ticker);
    let (one, other, third) = futures::join!(tick(), tick(), tick());
    for tick in [one, other, third] {
        tick.expect("a tick that finds nothing left is done");
    }
    assert_eq!(stage.queued().len(), 25);
}

#[tokio::test]
async fn what_was_taken_is_not_due() {
    let stage = Stage::start().await;
    stage.price("/", Value::Null).await;
    stage.tick().await;
    stage.advance(SignedDuration::from_mins(10));
    stage.tick().await;
    assert_eq!(stage.queued().len(), 1);
}

#[tokio::test]
async fn a_run_that_got_lost_is_queued_again_under_its_name() {
    let stage = Stage::start().await;
    stage.price("/", Value::Null).await;
    stage.tick().await;
    stage.advance(SignedDuration::from_mins(61));
    stage.tick().await;
    let runs = stage.queued();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_due_again_at_once() {
    let stage = Stage::start().await;
    let id = stage.price("/", Value::Null).await;
    let due_at = stage.get(id).await.due_at;
    let cut_off: Arc<scraper::Deps> = stage.world.without("SQS").deps();
    scraper::handle(&cut_off)
        .await
        .expect_err("the queue does not answer");
    assert_eq!(stage.get(id).await.due_at, due_at);
    stage.tick().await;
    assert_eq!(stage.queued().len(), 1);
}

#[tokio::test]
async fn nothing_is_taken_before_its_time() {
    let stage = Stage::start().await;
    let id = stage.price("/", Value::Null).await;
    stage.run(id).await;
    stage.advance(SignedDuration::from_mins(59));
    stage.tick().await;
    assert_eq!(stage.get(id).await.run, None);
    stage.advance(SignedDuration::from_mins(1));
    stage.tick().await;
    assert!(stage.get(id).await.run.is_some());
}
