//! What is told of runs: once, to those who want to know.

use std::sync::Arc;

use domain::UserId;
use domain::clock::SignedDuration;
use domain::user::Role;
use repository::Users;
use serde_json::{Value, json};

use super::web::Page;
use super::{OWNER, READER, Stage};

fn on(events: &[&str]) -> Value {
    json!({"on": events, "email": READER})
}

#[tokio::test]
async fn a_change_is_mailed_with_a_chart() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("14.90"));
    let id = stage.price("/", on(&["change"])).await;
    stage.run(id).await;
    assert_eq!(
        stage.mails(),
        [Value::Null; 0],
        "the first run is no change"
    );
    stage.advance(SignedDuration::from_hours(24));
    stage.web.show("/", Page::price("12.90"));
    stage.run(id).await;
    let mails = stage.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["to"], READER);
    let params = &mails[0]["params"];
    assert_eq!(params["changes"], "price: 14.9 → 12.9");
    assert_eq!(params["chart_title"], "price, the mean of each day");
    assert_eq!(params["headline"], "price: 14.9 → 12.9");
    let chart = params["chart"].as_str().expect("a chart");
    assert_eq!(chart.lines().count(), 2, "{chart}");
}

#[tokio::test]
async fn a_threshold_is_told_when_it_is_crossed_and_not_while_it_holds() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("101"));
    let notify = json!({"on": ["threshold"], "threshold": "price < 100", "email": READER});
    let id = stage.price("/", notify).await;
    stage.run(id).await;
    let mut told = Vec::new();
    for price in ["99", "98", "100", "99"] {
        stage.web.show("/", Page::price(price));
        stage.run_later(id).await;
        told.push(stage.mails().len());
    }
    assert_eq!(told, [1, 1, 1, 2]);
    let summary = &stage.mails()[0]["params"]["summary"];
    assert_eq!(summary, "price < 100: it is 99.");
}

#[tokio::test]
async fn failure_is_told_once_then_the_owner_and_then_recovery() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", on(&["failure", "recovery"])).await;
    stage.run(id).await;
    stage.web.show("/", Page::status(500));
    let mut told = Vec::new();
    for _ in 0..5 {
        stage.run_later(id).await;
        told.push(stage.mails().len());
    }
    assert_eq!(told, [1, 1, 2, 2, 2]);
    let owner = OWNER.rsplit('#').next().expect("an address");
    let to = |to: &str| stage.mails().iter().filter(|mail| mail["to"] == to).count();
    assert_eq!((to(READER), to(owner)), (1, 1));
    stage.web.show("/", Page::price("1"));
    stage.run_later(id).await;
    assert_eq!((to(READER), to(owner)), (2, 1));
}

#[tokio::test]
async fn who_is_no_admin_any_more_is_not_mailed() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::status(500));
    let id = stage.price("/", on(&["recovery"])).await;
    let users: Users = stage.world.get();
    let owner = UserId::parse(OWNER).expect("a user");
    let set = users.set_roles(&owner, &[Role::User], stage.now()).await;
    assert!(set.expect("an answer"), "there is an owner");
    stage.run(id).await;
    for _ in 0..2 {
        stage.run_later(id).await;
    }
    let to: Vec<_> = stage
        .mails()
        .iter()
        .map(|mail| mail["to"].clone())
        .collect();
    assert_eq!(to, [READER], "the one that the definition names");
}

#[tokio::test]
async fn what_fails_slows_down() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::status(404));
    let id = stage.price("/", Value::Null).await;
    stage.run(id).await;
    for _ in 0..9 {
        stage.run_later(id).await;
    }
    let due_at = stage.get(id).await.due_at.expect("it is never given up");
    let wait = due_at.duration_since(stage.now());
    assert!(wait > SignedDuration::from_hours(20), "{wait:?}");
    assert!(wait <= SignedDuration::from_hours(25), "{wait:?}");
}

#[tokio::test]
async fn a_webhook_is_queued_with_what_has_changed() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("2"));
    let notify = json!({"on": ["change"], "webhook": "https://hooks.example.com/a"});
    let id = stage.price("/", notify).await;
    stage.run(id).await;
    stage.web.show("/", Page::price("1"));
    stage.run_later(id).await;
    let queued = stage.in_queue("WEBHOOK_QUEUE_URL");
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0]["url"], "https://hooks.example.com/a");
    let body = queued[0]["body"].as_str().expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["type"], "scrape.change");
    assert_eq!(body["data"]["scrape_id"], json!(id));
    let changes = json!([{"field": "price", "before": 2.0, "after": 1.0}]);
    assert_eq!(body["data"]["changes"], changes);
}

#[tokio::test]
async fn what_could_not_be_told_is_told_when_the_run_comes_again() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("2"));
    let id = stage.price("/", on(&["change"])).await;
    let due_at = stage.run(id).await.due_at.expect("it is due some time");
    stage.web.show("/", Page::price("1"));
    stage.advance(due_at.duration_since(stage.now()) + SignedDuration::from_secs(1));
    stage.tick().await;
    let run = stage.get(id).await.run.expect("it was taken");
    let cut_off = [
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),
        ("FETCH_LOOPBACK", "true"),
    ];
    let cut_off: Arc<scrape_worker::Deps> = stage.world.with(&cut_off).deps();
    assert!(!super::deliver(&cut_off, id, run, 1).await);
    assert_eq!(stage.results(id).await.len(), 2, "what was seen is kept");
    assert!(stage.deliver(id, run, 2).await);
    assert_eq!(stage.mails().len(), 1);
    assert!(stage.deliver(id, run, 3).await);
    assert_eq!(stage.mails().len(), 1);
    assert_eq!(stage.results(id).await.len(), 2);
}
