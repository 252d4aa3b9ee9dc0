//! When a mail is sent.

use domain::clock::SignedDuration;
use repository::Notice;

use super::{Stage, tenant};

impl Stage {
    async fn told(&self, notice: Notice<'_>) -> bool {
        let shop = tenant("shop");
        let told = self.sites.may_notify(&shop, notice, self.now());
        told.await.expect("an answer")
    }

    fn after(&self, minutes: i64) {
        self.advance(SignedDuration::from_mins(minutes));
    }
}

const TROUBLE: Notice<'_> = Notice::Trouble("token_refused");

#[tokio::test]
async fn who_writes_is_not_mailed_for_each_change() {
    let stage = Stage::start().await;
    stage.set_up(&tenant("shop"), "acme/site").await;
    assert!(stage.told(Notice::Published).await);
    stage.after(1);
    assert!(!stage.told(Notice::Published).await);
    stage.after(13);
    assert!(!stage.told(Notice::Published).await);
    stage.after(1);
    assert!(
        stage.told(Notice::Published).await,
        "after a quarter of an hour"
    );
    assert!(!stage.told(Notice::Well).await, "nothing was wrong");
}

#[tokio::test]
async fn trouble_is_told_at_once_and_once() {
    let stage = Stage::start().await;
    stage.set_up(&tenant("shop"), "acme/site").await;
    assert!(stage.told(Notice::Published).await);
    assert!(stage.told(TROUBLE).await);
    stage.after(60);
    assert!(!stage.told(TROUBLE).await, "it is the same still");
    assert!(stage.told(Notice::Trouble("branch_protected")).await);
    assert!(stage.told(TROUBLE).await);
}

#[tokio::test]
async fn the_end_of_trouble_is_told_at_once() {
    let stage = Stage::start().await;
    stage.set_up(&tenant("shop"), "acme/site").await;
    for end in [Notice::Published, Notice::Well] {
        assert!(stage.told(TROUBLE).await);
        assert!(stage.told(end).await);
        assert!(!stage.told(end).await);
    }
}

#[tokio::test]
async fn of_two_attempts_at_once_one_tells() {
    let stage = Stage::start().await;
    stage.set_up(&tenant("shop"), "acme/site").await;
    let told = futures::join!(
        stage.told(TROUBLE),
        stage.told(TROUBLE),
        stage.told(TROUBLE)
    );
    let told = [told.0, told.1, told.2];
    assert_eq!(told.iter().filter(|told| **told).count(), 1);
}

#[tokio::test]
async fn a_mail_that_was_not_queued_is_not_counted() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    stage.set_up(&shop, "acme/site").await;
    let at = stage.now();
    assert!(stage.told(TROUBLE).await);
    let back = |at| stage.sites.not_notified(&shop, at);
    stage.after(1);
    back(stage.now()).await.expect("an answer");
    assert!(!stage.told(TROUBLE).await, "that was another mail");
    back(at).await.expect("an answer");
    assert!(stage.told(TROUBLE).await);
}

#[tokio::test]
async fn nobody_is_told_of_a_site_that_is_not_set_up() {
    let stage = Stage::start().await;
    for notice in [Notice::Published, Notice::Well, TROUBLE] {
        assert!(!stage.told(notice).await);
    }
    let row = stage.get(&tenant("shop")).await;
    assert_eq!(row.setup, None);
}
