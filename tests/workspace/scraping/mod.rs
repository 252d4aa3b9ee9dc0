//! Scrapes, from the tick that takes them to what is kept and told of their runs.

mod farewell;
mod reading;
mod runs;
mod telling;
mod ticks;
mod web;

use std::sync::Arc;

use domain::clock::SignedDuration;
use domain::scrape::{RunResult, Scrape};
use domain::{Clock, Random, TenantId, Timestamp, UserId};
use fixtures::World;
use repository::scrape_results::Period;
use repository::{ScrapeResults, Scrapes};
use serde_json::{Value, json};
use trigger::SqsEvent;
use url::Url;
use uuid::Uuid;

use web::Web;

/// Who makes the scrapes.
const OWNER: &str = "demo#site#owner@example.com";
/// Who is told.
const READER: &str = "reader@example.com";

/// A world with a web site that may be looked at.
struct Stage {
    world: World,
    web: Web,
    worker: Arc<scrape_worker::Deps>,
    ticker: Arc<scraper::Deps>,
}

impl Stage {
    async fn start() -> Self {
        let world = World::start().await;
        let worker = world.with(&[("FETCH_LOOPBACK", "true")]).deps();
        let ticker = world.deps();
        Self {
            web: Web::start().await,
            world,
            worker,
            ticker,
        }
    }

    fn now(&self) -> Timestamp {
        let clock: Clock = self.world.get();
        clock.now()
    }

    fn advance(&self, by: SignedDuration) {
        self.world.clock.advance_seconds(by.as_secs());
    }

    fn scrapes(&self) -> Scrapes {
        self.world.get()
    }

    /// A scrape of the price at a path, which is due at once.
    async fn price(&self, path: &str, notify: Value) -> Uuid {
        let fields = json!({
            "price": {"css": ".price", "type": "number"}, "stock": {"css": ".stock"},
        });
        self.scrape(path, &fields, notify).await
    }

    async fn scrape(&self, path: &str, fields: &Value, notify: Value) -> Uuid {
        let (now, random): (_, Random) = (self.now(), self.world.get());
        let url: Url = self.web.url(path).parse().expect("a URL");
        let mut definition = json!({
            "name": "Lamp", "url": url, "schedule": "rate(1 hour)", "fields": fields,
        });
        if !notify.is_null() {
            definition["notify"] = notify;
        }
        let tenant = TenantId::new("acme", "shop").expect("a tenant");
        let owner = UserId::parse(OWNER).expect("a user");
        let host = url.host_str().expect("a host").to_owned();
        let (id, definition) = (random.uuid(now), definition.to_string());
        let scrape = Scrape::new(id, tenant, definition, host, Some(owner), now);
        self.scrapes().create(&scrape).await.expect("it is kept");
        scrape.scrape_id
    }

    async fn get(&self, id: Uuid) -> Scrape {
        let scrape = self.scrapes().get(id).await.expect("an answer");
        scrape.expect("the scrape is there")
    }

    /// A tick of the schedule.
    async fn tick(&self) {
        scraper::handle(&self.ticker).await.expect("it is done");
    }

    /// The runs that wait in the queue.
    fn queued(&self) -> Vec<Value> {
        self.in_queue("SCRAPE_QUEUE_URL")
    }

    fn in_queue(&self, variable: &str) -> Vec<Value> {
        let url = self.world.variable(variable);
        let name = url.rsplit('/').next().expect("a name");
        let folder = self.world.data().join("queues").join(name);
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let kept = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let bodies = kept.map(|path| {
            let text = std::fs::read(path).expect("readable");
            let message: Value = serde_json::from_slice(&text).expect("JSON");
            let body = message["body"].as_str().expect("a body");
            serde_json::from_str(body).expect("a job")
        });
        bodies.collect()
    }

    /// Delivers the run that a scrape has, for the `count`th time; whether it was dealt with.
    async fn deliver(&self, id: Uuid, run: Timestamp, count: u32) -> bool {
        deliver(&self.worker, id, run, count).await
    }

    /// Takes a due scrape, and does its run.
    async fn run(&self, id: Uuid) -> Scrape {
        self.tick().await;
        let run = self.get(id).await.run.expect("it was taken");
        assert!(self.deliver(id, run, 1).await, "the run is done");
        self.get(id).await
    }

    /// Does the next run when its time has come.
    async fn run_later(&self, id: Uuid) -> Scrape {
        let due_at = self.get(id).await.due_at.expect("it is due some time");
        let wait = due_at.duration_since(self.now());
        self.advance(wait + SignedDuration::from_secs(1));
        self.run(id).await
    }

    /// All results, newest first.
    async fn results(&self, id: Uuid) -> Vec<RunResult> {
        let results: ScrapeResults = self.world.get();
        let all = results.list(id, Period::default(), self.now(), |_| true);
        all.await.expect("an answer").0
    }

    /// The newest result, with what it has found.
    async fn newest(&self, id: Uuid) -> (RunResult, Value) {
        let mut results = self.results(id).await;
        assert!(!results.is_empty(), "there is a result");
        let newest = results.remove(0);
        let content = newest.content.as_deref().unwrap_or("null");
        let content = serde_json::from_str(content).expect("JSON");
        (newest, content)
    }

    /// The reports that were mailed.
    fn mails(&self) -> Vec<Value> {
        let mut jobs = self.world.jobs();
        jobs.retain(|job| job["template"] == "scrape-report");
        jobs
    }
}

async fn deliver(worker: &Arc<scrape_worker::Deps>, id: Uuid, run: Timestamp, count: u32) -> bool {
    let body = json!({"scrape_id": id, "run": run.as_millisecond()});
    let event = json!({"Records": [{
        "messageId": "1", "body": body.to_string(),
        "attributes": {"ApproximateReceiveCount": count.to_string()},
    }]});
    let event: SqsEvent = serde_json::from_value(event).expect("an event");
    let response = trigger::batch(event, |message| scrape_worker::handle(worker, message)).await;
    response.batch_item_failures.is_empty()
}
