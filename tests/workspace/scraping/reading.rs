//! What clients read of runs: as a list, as files and as a series, from rows and from the bucket.

use std::sync::Arc;

use domain::Timestamp;
use domain::clock::SignedDuration;
use domain::scrape::{KEPT, RunResult, RunStatus};
use fixtures::{Answer, TestRequest};
use repository::scrapes::{Ending, Found};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Stage;
use super::web::Page;

/// The routes under `/scrapes`, asked by the back end of the first tenant.
struct Reader<'a> {
    stage: &'a Stage,
    deps: Arc<scrapes::Deps>,
}

impl<'a> Reader<'a> {
    fn new(stage: &'a Stage) -> Self {
        let deps = stage.world.with(&[("FETCH_LOOPBACK", "true")]).deps();
        Self { stage, deps }
    }

    async fn call(&self, request: TestRequest) -> Answer {
        let key = &self.stage.world.credentials.secret_key;
        let request = request.header("x-api-key", key);
        let handle = |deps: Arc<scrapes::Deps>, request| async move {
            scrapes::handle(&deps, request).await
        };
        self.stage.world.call(&self.deps, handle, request).await
    }

    async fn post(&self, route: &str, body: &Value) -> Answer {
        self.call(TestRequest::to(route).json(body)).await
    }

    /// A scrape of the price at a path.
    async fn price(&self, path: &str) -> Uuid {
        let made = self.post("POST /scrapes", &self.definition(path)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.body["scrape_id"].as_str().expect("an id");
        id.parse().expect("a UUID")
    }

    fn definition(&self, path: &str) -> Value {
        json!({
            "name": "Lamp", "url": self.stage.web.url(path), "schedule": "rate(1 hour)", "time_zone": "Europe/Berlin",
            "fields": {"price": {"css": ".price", "type": "number"}, "stock": {"css": ".stock"}},
        })
    }

    async fn get(&self, id: Uuid, what: &str, query: &[(&str, &str)]) -> Answer {
        let route = format!("GET /scrapes/{{id}}{what}");
        let mut request = TestRequest::to(&route).path_parameter("id", &id.to_string());
        for (name, value) in query {
            request = request.query(name, value);
        }
        self.call(request).await
    }

    async fn result(&self, id: Uuid, timestamp: &str) -> Answer {
        let request = TestRequest::to("GET /scrapes/{id}/results/{timestamp}");
        let request = request.path_parameter("id", &id.to_string());
        self.call(request.path_parameter("timestamp", timestamp))
            .await
    }

    /// Writes down a complete run with a price, without a page.
    async fn found(&self, id: Uuid, at: Timestamp, price: &Value) -> RunResult {
        let content = json!({"url": "https://a.example/", "data": {"price": price}, "changes": []});
        self.kept(id, at, content.to_string()).await
    }

    /// Writes down a complete run as a worker does, whatever its content is.
    async fn kept(&self, id: Uuid, at: Timestamp, content: String) -> RunResult {
        let stage = self.stage;
        let taken = stage.scrapes().run_now(id, at).await.expect("an answer");
        let scrape = taken.expect("it is there");
        let is_large = content.len() > visit::MAX_INLINE;
        let mut result = RunResult {
            scrape_id: id,
            timestamp: at,
            number: scrape.results + 1,
            status: RunStatus::Complete,
            content: None,
            content_bytes: is_large.then_some(content.len()),
            error: None,
            ttl: (stage.now() + KEPT).as_second(),
        };
        if is_large {
            let bucket: bucket::ScrapeBucket = stage.world.get();
            let put = bucket.put(&visit::key(&result), content).await;
            put.expect("the bucket takes it");
        } else {
            result.content = Some(content);
        }
        let ending = Ending {
            scrape: &scrape,
            run: at,
            status: RunStatus::Complete,
            found: Some(Found {
                result: &result,
                validators: None,
            }),
            failures: 0,
            slot: None,
            due_at: None,
            notice: None,
            checked_at: Some(at),
        };
        let results = stage.world.get();
        let ended = stage.scrapes().end(&results, &ending).await;
        assert!(ended.expect("an answer"), "the run ends");
        result
    }
}

fn number(number: f64) -> Value {
    json!({ "value": number })
}

#[tokio::test]
async fn a_run_is_pending_until_its_result_is_there() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("12.50"));
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let none = reader.get(id, "/results", &[]).await.body;
    assert_eq!(none, json!({"items": [], "next_cursor": null}));

    let request = TestRequest::to("POST /scrapes/{id}/run").path_parameter("id", &id.to_string());
    let asked = reader.call(request).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let run = asked.body["run"].as_str().expect("a time").to_owned();
    let pending = reader.get(id, "/results", &[]).await.body["items"][0].clone();
    assert_eq!(
        (&pending["status"], &pending["timestamp"]),
        (&json!("PENDING"), &json!(run))
    );
    assert_eq!(reader.result(id, &run).await.body, pending);
    assert_eq!(stage.queued().len(), 1, "runs in the queue");

    stage.deliver(id, run.parse().expect("a time"), 1).await;
    let list = reader.get(id, "/results", &[]).await.body;
    let expected = json!({
        "timestamp": run, "status": "COMPLETE", "url": stage.web.url("/"),
        "data": {"price": {"value": 12.5}, "stock": {"value": "in stock"}},
        "data_url": null, "changed": false, "changes": [], "error": null,
    });
    assert_eq!(list["items"], json!([expected]));
    assert_eq!(reader.result(id, &run).await.body, expected);
}

#[tokio::test]
async fn a_run_that_the_queue_does_not_take_is_done_with_the_next_tick() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let cut_off = Reader {
        stage: &stage,
        deps: stage.world.without("SQS").deps(),
    };
    let request = TestRequest::to("POST /scrapes/{id}/run").path_parameter("id", &id.to_string());
    assert_eq!(cut_off.call(request).await.status, 503);
    stage.tick().await;
    assert_eq!(stage.queued().len(), 1, "runs in the queue");
}

#[tokio::test]
async fn a_failure_is_listed_with_its_reason_and_is_in_no_file() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::status(404));
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    stage.run(id).await;
    let list = reader.get(id, "/results", &[]).await.body;
    assert_eq!(list["items"][0]["status"], "FAILED");
    assert_eq!(list["items"][0]["error"]["code"], "status");
    assert_eq!(reader.get(id, "/results.json", &[]).await.body, json!([]));
    let scrape = reader.get(id, "", &[]).await.body;
    assert_eq!(
        (&scrape["last"]["status"], &scrape["last"]["failures"]),
        (&json!("FAILED"), &json!(1))
    );
}

#[tokio::test]
async fn what_is_too_large_for_a_row_is_read_alone_and_in_files() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let text = "x".repeat(visit::MAX_INLINE);
    let content =
        json!({"url": "https://a.example/", "data": {"stock": {"value": text}}, "changes": []});
    let large = reader.kept(id, stage.now(), content.to_string()).await;

    let listed = reader.get(id, "/results", &[]).await.body["items"][0].clone();
    assert_eq!(
        (&listed["data"], &listed["changed"]),
        (&Value::Null, &Value::Null)
    );
    let address = listed["data_url"].as_str().expect("an address");
    let name = address.rsplit('/').next().expect("a name");
    let whole = reader.result(id, name).await.body;
    assert_eq!(whole["data"]["stock"]["value"], json!(text));
    let file = reader.get(id, "/results.json", &[]).await.body;
    assert_eq!(file[0]["data"]["stock"]["value"], json!(text));

    let bucket: bucket::ScrapeBucket = stage.world.get();
    bucket.delete(&visit::key(&large)).await.expect("an answer");
    let gone = reader.result(id, name).await.body;
    assert_eq!(
        (&gone["data"], &gone["error"]["code"]),
        (&Value::Null, &json!("gone"))
    );
}

#[tokio::test]
async fn more_than_an_answer_holds_is_said_to_be() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    // No page says as much: what changed can.
    let content = "x".repeat(4 * 1024 * 1024 + 1);
    let result = reader.kept(id, stage.now(), content).await;
    let answer = reader.result(id, &result.timestamp.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["error"]["code"], "too_large");
    assert_eq!(answer.body["status"], "COMPLETE");
    let file = reader.get(id, "/results.json", &[]).await.body;
    assert_eq!(file[0]["data"]["price"]["missing"]["code"], "too_large");
}

#[tokio::test]
async fn pages_end_where_their_data_is_too_much_and_lose_nothing() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let text = "x".repeat(250_000);
    for _ in 0..18 {
        stage.advance(SignedDuration::from_secs(1));
        let data = json!({ "value": text });
        reader.found(id, stage.now(), &data).await;
    }
    let first = reader.get(id, "/results", &[("limit", "100")]).await.body;
    let cursor = first["next_cursor"].as_str().expect("a cursor").to_owned();
    let query = [("limit", "100"), ("cursor", &cursor)];
    let next = reader.get(id, "/results", &query).await.body;
    let count = |page: &Value| page["items"].as_array().map_or(0, Vec::len);
    assert_eq!(
        (count(&first), count(&next)),
        (16, 2),
        "results on the pages"
    );
    assert_eq!(next["next_cursor"], Value::Null);

    let file = reader.get(id, "/results.json", &[]).await;
    let link = file.headers["link"].to_str().expect("ASCII").to_owned();
    let before = link
        .split("before=")
        .nth(1)
        .and_then(|rest| rest.split('>').next());
    let query = [("before", before.expect("a time"))];
    let rest = reader.get(id, "/results.json", &query).await;
    let length = |file: &Answer| file.body.as_array().map_or(0, Vec::len);
    assert_eq!((length(&file), length(&rest)), (16, 2), "rows in the files");
    assert!(!rest.headers.contains_key("link"), "{:?}", rest.headers);
}

#[tokio::test]
async fn a_page_of_one_leads_from_the_run_that_is_under_way_to_all_results() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        stage.advance(SignedDuration::from_secs(1));
        expected.push(stage.now());
        reader.found(id, stage.now(), &number(1.0)).await;
    }
    stage.advance(SignedDuration::from_secs(1));
    expected.push(stage.now());
    let taken = stage.scrapes().run_now(id, stage.now()).await;
    taken.expect("an answer");
    expected.reverse();

    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut query = vec![("limit", "1")];
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let page = reader.get(id, "/results", &query).await.body;
        let items = page["items"].as_array().expect("a list").iter();
        found.extend(items.map(|item| item["timestamp"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(json!(found), json!(expected));
}

#[tokio::test]
async fn a_series_has_the_days_of_the_zone() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    let now = stage.now();
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    // In May, midnight in Berlin is at 22:00 UTC.
    for (time, price) in [
        ("2026-05-01T21:59:00Z", number(10.0)),
        ("2026-05-01T22:00:00Z", number(12.0)),
        ("2026-05-02T10:00:00Z", number(14.0)),
        (
            "2026-05-03T10:00:00Z",
            json!({"missing": {"code": "not_found", "message": "no"}}),
        ),
    ] {
        assert!(at(time) < now, "it lies behind");
        reader.found(id, at(time), &price).await;
    }
    let query = [
        ("field", "price"),
        ("from", "2026-05-01T00:00:00Z"),
        ("before", "2026-06-01T00:00:00Z"),
    ];
    let series = reader.get(id, "/series", &query).await.body;
    let expected = json!({
        "field": "price", "time_zone": "Europe/Berlin", "from": "2026-05-01T00:00:00Z",
        "days": [
            {"date": "2026-05-01", "min": 10.0, "max": 10.0, "mean": 10.0, "count": 1},
            {"date": "2026-05-02", "min": 12.0, "max": 14.0, "mean": 13.0, "count": 2},
        ],
        "summary": "price: 10 on 2026-05-01, 13 on 2026-05-02; lowest 10, highest 14",
    });
    assert_eq!(series, expected);
}

#[tokio::test]
async fn a_dry_run_shows_what_a_run_would_find() {
    let stage = Stage::start().await;
    stage.web.show("/", Page::price("12.50"));
    stage.web.show("/empty", Page::html("<p>closed</p>"));
    let reader = Reader::new(&stage);
    let route = "POST /scrapes/preview";
    let seen = reader.post(route, &reader.definition("/")).await.body;
    assert_eq!(seen["fields"]["price"], number(12.5));
    assert_eq!(
        (&seen["error"], &seen["url"]),
        (&Value::Null, &json!(stage.web.url("/")))
    );
    assert_eq!(seen["next_runs"].as_array().map(Vec::len), Some(5));

    let empty = reader.post(route, &reader.definition("/empty")).await.body;
    assert_eq!(empty["error"]["code"], "nothing_found");
    assert_eq!(empty["fields"]["price"]["missing"]["code"], "not_found");
    let none = reader.post(route, &reader.definition("/none")).await.body;
    assert_eq!(
        (&none["error"]["code"], &none["fields"]),
        (&json!("status"), &Value::Null)
    );
    let kept = reader.call(TestRequest::to("GET /scrapes")).await.body;
    assert_eq!(kept["items"], json!([]), "what a dry run keeps");
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_scrape() {
    let stage = Stage::start().await;
    let reader = Reader::new(&stage);
    let id = reader.price("/").await;
    reader.found(id, stage.now(), &number(1.0)).await;
    stage.advance(SignedDuration::from_secs(1));
    let large = reader
        .kept(id, stage.now(), " ".repeat(visit::MAX_INLINE + 1))
        .await;
    let delete = || {
        let request = TestRequest::to("DELETE /scrapes/{id}");
        reader.call(request.path_parameter("id", &id.to_string()))
    };
    assert_eq!(delete().await.status, 204);
    assert_eq!(delete().await.status, 404);
    assert!(stage.results(id).await.is_empty(), "results");
    let bucket: bucket::ScrapeBucket = stage.world.get();
    let object = bucket.get(&visit::key(&large)).await.expect("an answer");
    assert!(object.is_none(), "an object");
}
