//! What comes of runs.

use domain::clock::SignedDuration;
use domain::scrape::RunStatus;
use repository::ScrapeResults;
use repository::scrapes::{Ending, Rewrite};
use serde_json::{Value, json};

use super::Stage;
use super::web::Page;

#[tokio::test]
async fn a_run_keeps_what_the_page_says() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("14.90"));
    let id = stage.price("/", Value::Null).await;
    let scrape = stage.run(id).await;
    assert_eq!(scrape.status, Some(RunStatus::Complete));
    assert_eq!(scrape.run, None);
    let (result, content) = stage.newest(id).await;
    assert_eq!(result.status, RunStatus::Complete);
    assert_eq!(content["data"]["price"], json!({"value": 14.9}));
    assert_eq!(content["data"]["stock"], json!({"value": "in stock"}));
    assert_eq!(content["changes"], json!([]), "the first run has no change");
}

#[tokio::test]
async fn a_change_is_told_field_by_field() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("14.90"));
    let id = stage.price("/", Value::Null).await;
    stage.run(id).await;
    stage.web.show("/", Page::price("12.90"));
    stage.run_later(id).await;
    let (_, content) = stage.newest(id).await;
    let change = json!([{"field": "price", "before": 14.9, "after": 12.9}]);
    assert_eq!(content["changes"], change);
}

#[tokio::test]
async fn a_run_that_is_delivered_twice_at_once_ends_once() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", Value::Null).await;
    stage.tick().await;
    let run = stage.get(id).await.run.expect("it was taken");
    let both = futures::join!(stage.deliver(id, run, 1), stage.deliver(id, run, 1));
    assert_eq!(both, (true, true));
    assert_eq!(stage.results(id).await.len(), 1);
    assert_eq!(stage.get(id).await.results, 1);
}

#[tokio::test]
async fn an_unchanged_page_writes_nothing_but_the_schedule() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1").etag("\"one\""));
    let id = stage.price("/", Value::Null).await;
    let first = stage.run(id).await;
    let _ = stage.world.waits();
    let second = stage.run_later(id).await;
    assert_eq!(stage.web.asked("/").len(), 2);
    assert_eq!(stage.results(id).await.len(), 1);
    assert!(second.checked_at > first.checked_at);
    assert!(second.due_at > first.due_at);
    assert_eq!(second.status, Some(RunStatus::Complete));
}

#[tokio::test]
async fn whoever_asks_for_a_run_gets_a_result_of_an_unchanged_page() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1").etag("\"one\""));
    let id = stage.price("/", Value::Null).await;
    let slot = stage.run(id).await.slot;
    stage.advance(SignedDuration::from_mins(1));
    let taken = stage.scrapes().run_now(id, stage.now()).await;
    let run = taken.expect("an answer").expect("it is there").run;
    assert!(stage.deliver(id, run.expect("a run"), 1).await);
    assert_eq!(stage.results(id).await.len(), 2);
    assert_eq!(stage.get(id).await.slot, slot, "the schedule goes on");
}

#[tokio::test]
async fn whoever_asks_while_an_unchanged_page_is_looked_at_gets_a_result() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1").etag("\"one\""));
    let id = stage.price("/", Value::Null).await;
    let due_at = stage.run(id).await.due_at.expect("it is due some time");
    stage.advance(due_at.duration_since(stage.now()) + SignedDuration::from_secs(1));
    stage.tick().await;
    let seen = stage.get(id).await;
    let run = seen.run.expect("it was taken");
    let asked = stage.scrapes().run_now(id, stage.now()).await;
    assert_eq!(
        asked.expect("an answer").expect("it is there").run,
        Some(run)
    );
    let ending = Ending {
        scrape: &seen,
        run,
        status: RunStatus::Complete,
        found: None,
        failures: 0,
        slot: seen.slot,
        due_at: seen.slot,
        notice: None,
        checked_at: Some(stage.now()),
    };
    let results: ScrapeResults = stage.world.get();
    let ended = stage.scrapes().end(&results, &ending).await;
    assert!(!ended.expect("an answer"), "it began before anybody asked");
    assert!(stage.deliver(id, run, 1).await);
    assert_eq!(stage.results(id).await.len(), 2);
}

#[tokio::test]
async fn a_run_of_another_definition_ends_never() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", Value::Null).await;
    stage.tick().await;
    let seen = stage.get(id).await;
    let rewrite = Rewrite {
        definition: &seen.definition,
        host: &seen.host,
        begins_anew: true,
        due_at: stage.now(),
        now: stage.now() + SignedDuration::from_secs(1),
    };
    let written = stage.scrapes().rewrite(&seen, &rewrite).await;
    assert!(written.expect("an answer"));
    assert!(stage.deliver(id, seen.run.expect("a run"), 1).await);
    assert_eq!(stage.results(id).await, []);
    assert_eq!(stage.web.asked("/").len(), 0);
}

#[tokio::test]
async fn a_deleted_scrape_has_no_runs() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", Value::Null).await;
    stage.tick().await;
    let run = stage.get(id).await.run.expect("it was taken");
    let scrapes = stage.scrapes();
    scrapes.stop(id).await.expect("an answer");
    scrapes.delete(id).await.expect("an answer");
    assert!(stage.deliver(id, run, 1).await);
    assert!(scrapes.get(id).await.expect("an answer").is_none());
    assert_eq!(stage.results(id).await, []);
}

#[tokio::test]
async fn much_is_kept_in_the_bucket_and_compared_from_there() {
    let stage = Stage::start().await;
    let items = |last: &str| {
        let many = (0..990).map(|n| format!("<li>{n} {}</li>", "x".repeat(400)));
        Page::html(format!(
            "<ul>{}<li>{last}</li></ul>",
            many.collect::<String>()
        ))
    };
    stage.web.show("/", items("old"));
    let fields = json!({"items": {"css": "li", "all": true}});
    let id = stage.scrape("/", &fields, Value::Null).await;
    stage.run(id).await;
    let (result, _) = stage.newest(id).await;
    assert_eq!(result.content, None);
    assert!(result.content_bytes > Some(visit::MAX_INLINE));
    stage.web.show("/", items("new"));
    stage.run_later(id).await;
    let (result, _) = stage.newest(id).await;
    let bucket = stage.world.get();
    let content = visit::Content::of(&bucket, &result).await;
    let content = content.expect("an answer").expect("it is there");
    let diff = content.changes[0].diff.as_deref().expect("a difference");
    assert!(diff.contains("-old") && diff.contains("+new"), "{diff}");
}

#[tokio::test]
async fn bad_pages_fail_with_the_reason_and_leave_others_untouched() {
    let stage = Stage::start().await;
    stage.web.show("/good", Page::price("1"));
    stage.web.show("/nothing", Page::html("<p>Sorry</p>"));
    stage
        .web
        .show("/picture", Page::price("1").kind("image/png"));
    let huge = "<p>x</p>".repeat(1024 * 1024);
    stage.web.show("/huge", Page::html(huge));
    stage.web.show("/deep", Page::html("<i>".repeat(100_000)));
    let bad = [
        ("/nothing", "nothing_found"),
        ("/picture", "not_html"),
        ("/huge", "too_large"),
        ("/deep", "too_complex"),
        ("/absent", "status"),
    ];
    let good = stage.price("/good", Value::Null).await;
    let mut ids = Vec::new();
    for (path, _) in bad {
        ids.push(stage.price(path, Value::Null).await);
    }
    stage.run(good).await;
    for (id, (path, code)) in ids.into_iter().zip(bad) {
        let run = stage.get(id).await.run.expect("it was taken");
        assert!(stage.deliver(id, run, 1).await, "{path} is dealt with");
        let (result, _) = stage.newest(id).await;
        assert_eq!(result.status, RunStatus::Failed, "{path}");
        assert_eq!(result.error.expect("a reason").code, code, "{path}");
    }
    assert_eq!(stage.newest(good).await.0.status, RunStatus::Complete);
}

#[tokio::test]
async fn a_page_that_stops_the_function_fails_at_last() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", Value::Null).await;
    stage.tick().await;
    let run = stage.get(id).await.run.expect("it was taken");
    assert!(stage.deliver(id, run, 3).await);
    let (result, _) = stage.newest(id).await;
    assert_eq!(result.error.expect("a reason").code, "crashed");
    assert_eq!(stage.web.asked("/").len(), 0);
}

#[tokio::test]
async fn a_host_that_wants_to_be_left_alone_is_by_all() {
    let stage = Stage::start().await;
    stage
        .web
        .show("/busy", Page::status(429).retry_after(7_200));
    stage.web.show("/good", Page::price("1"));
    let busy = stage.price("/busy", Value::Null).await;
    let good = stage.price("/good", Value::Null).await;
    let slot = stage.get(good).await.slot;
    let began = stage.now();
    let scrape = stage.run(busy).await;
    let until = began + SignedDuration::from_hours(2);
    assert!(scrape.due_at >= Some(until), "{scrape:?} is due too early");
    // One page does not speak for a host for longer than an hour.
    let until = began + SignedDuration::from_hours(1);
    let run = stage.get(good).await.run.expect("it was taken");
    // Another process, which has not asked that host.
    let elsewhere = stage.world.with(&[("FETCH_LOOPBACK", "true")]).deps();
    assert!(super::deliver(&elsewhere, good, run, 1).await);
    let scrape = stage.get(good).await;
    assert_eq!(stage.web.asked("/good").len(), 0);
    assert!(scrape.due_at >= Some(until));
    assert_eq!(scrape.slot, slot, "the run is still to come");
    assert_eq!((scrape.failures, scrape.results), (0, 0));
    let scrape = stage.run_later(good).await;
    assert_eq!(scrape.status, Some(RunStatus::Complete));
}

#[tokio::test]
async fn whoever_asks_for_a_run_is_told_that_the_host_wants_none_yet() {
    let stage = Stage::start().await;
    stage.web.show("/busy", Page::status(429).retry_after(600));
    stage.web.show("/good", Page::price("1"));
    let good = stage.price("/good", Value::Null).await;
    stage.run(good).await;
    let busy = stage.price("/busy", Value::Null).await;
    stage.run(busy).await;
    let taken = stage.scrapes().run_now(good, stage.now()).await;
    let run = taken.expect("an answer").expect("it is there").run;
    assert!(stage.deliver(good, run.expect("a run"), 1).await);
    let (result, _) = stage.newest(good).await;
    assert_eq!(result.error.expect("a reason").code, "retry_later");
    let scrape = stage.get(good).await;
    assert_eq!(scrape.failures, 0, "it is no failure of the page");
    assert_eq!(scrape.status, Some(RunStatus::Complete));
}

#[tokio::test]
async fn a_site_is_asked_for_its_robots_txt_once_by_all() {
    let stage = Stage::start().await;
    let robots = Page::html("User-agent: *\nDisallow: /private").kind("text/plain");
    stage.web.show("/robots.txt", robots);
    stage.web.show("/private", Page::price("1"));
    stage.web.show("/public", Page::price("1"));
    let private = stage.price("/private", Value::Null).await;
    let public = stage.price("/public", Value::Null).await;
    stage.run(private).await;
    let (result, _) = stage.newest(private).await;
    assert_eq!(result.error.expect("a reason").code, "robots_disallowed");
    assert_eq!(stage.web.asked("/private").len(), 0);
    let run = stage.get(public).await.run.expect("it was taken");
    let elsewhere = stage.world.with(&[("FETCH_LOOPBACK", "true")]).deps();
    assert!(super::deliver(&elsewhere, public, run, 1).await);
    assert_eq!(stage.newest(public).await.0.status, RunStatus::Complete);
    assert_eq!(stage.web.asked("/robots.txt").len(), 1);
}

#[tokio::test]
async fn this_machine_is_not_looked_at_unless_that_is_allowed() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("1"));
    let id = stage.price("/", Value::Null).await;
    stage.tick().await;
    let run = stage.get(id).await.run.expect("it was taken");
    let as_on_aws = stage.world.deps();
    assert!(super::deliver(&as_on_aws, id, run, 1).await);
    let (result, _) = stage.newest(id).await;
    assert_eq!(result.error.expect("a reason").code, "not_public");
    assert_eq!(stage.web.asked("/robots.txt").len(), 0);
}
