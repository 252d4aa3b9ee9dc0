//! Messages that are posted to a receiver on this machine, by a worker with a real queue.

#![expect(clippy::expect_used, reason = "a test that can not go on must stop")]

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::clock::SignedDuration;
use domain::webhook::WebhookJob;
use domain::{TenantId, Timestamp};
use fixtures::World;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use token::{KeyRing, WebhookSecret};
use tokio::net::TcpListener;
use trigger::{Message, SqsEvent};
use url::Url;
use uuid::Uuid;
use webhook_worker::{Deps, handle};

const ID: Uuid = Uuid::from_u128(0x0192_d0c1_0000_7000_8000_0000_0000_0001);
const BODY: &str = r#"{"type":"scrape.changed","data":{"title":"Ünter 5 €"}}"#;

/// What a receiver answers with.
type Answers = Vec<(u16, Vec<(&'static str, String)>)>;

/// A receiver on this machine.
#[derive(Clone)]
struct Receiver {
    url: Url,
    heard: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Answers>>,
}

impl Receiver {
    /// One that answers with each status once, then with 204.
    async fn answering(statuses: &[u16]) -> Self {
        let answers = statuses.iter().map(|status| (*status, Vec::new()));
        Self::start(answers.collect()).await
    }

    async fn start(mut answers: Answers) -> Self {
        answers.reverse();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let receiver = Self {
            url: format!("http://{address}/hook?key=s3cret")
                .parse()
                .expect("a URL"),
            heard: Arc::default(),
            answers: Arc::new(Mutex::new(answers)),
        };
        let router = Router::new().fallback(hear).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn heard(&self) -> Vec<(HeaderMap, String)> {
        self.heard.lock().expect("nobody panicked").clone()
    }
}

async fn hear(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> Response {
    let mut heard = receiver.heard.lock().expect("nobody panicked");
    heard.push((headers, body));
    let answer = receiver.answers.lock().expect("nobody panicked").pop();
    let (status, fields) = answer.unwrap_or((204, Vec::new()));
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = status.into_response();
    for (name, value) in fields {
        let value = value.parse().expect("a value");
        response.headers_mut().insert(name, value);
    }
    response
}

/// A worker with a queue.
struct Stage {
    world: World,
    deps: Arc<Deps>,
}

impl Stage {
    /// One that may deliver to this machine.
    async fn start() -> Self {
        Self::with_loopback("true").await
    }

    async fn with_loopback(loopback: &str) -> Self {
        let world = World::start().await;
        // Any queue that nobody reads will do.
        let queue = world.variable("EMAIL_QUEUE_URL");
        let variables = [("WEBHOOK_QUEUE_URL", &*queue), ("FETCH_LOOPBACK", loopback)];
        let deps = world.with(&variables).deps();
        Self { world, deps }
    }

    fn now(&self) -> Timestamp {
        self.world.clock.clock().now()
    }

    fn advance(&self, by: SignedDuration) {
        self.world.clock.advance_seconds(by.as_secs() + 1);
    }

    /// Gives a job to the worker, and returns what that has put into the queue, with its delay in seconds.
    async fn work(&self, job: &WebhookJob) -> Option<(WebhookJob, i64)> {
        let before = self.queued();
        handle(&self.deps, message(job)).await.expect("it is done");
        let mut added = self.queued();
        added.retain(|queued| !before.contains(queued));
        assert!(added.len() <= 1, "{added:?}");
        let queued = added.pop()?;
        let body = queued["body"].as_str().expect("a body");
        let job = serde_json::from_str(body).expect("a job");
        Some((job, queued["delay_seconds"].as_i64().expect("a delay")))
    }

    /// All that is kept by the queue.
    fn queued(&self) -> Vec<Value> {
        let queue = self.world.variable("EMAIL_QUEUE_URL");
        let name = queue.rsplit('/').next().expect("a name");
        let folder = self.world.data().join("queues").join(name);
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let kept = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        kept.map(|path| {
            let text = std::fs::read(path).expect("readable");
            serde_json::from_slice(&text).expect("JSON")
        })
        .collect()
    }

    /// What the receiver was given to verify with.
    async fn secret(&self, job: &WebhookJob) -> Webhook {
        let ring: KeyRing = self.world.get();
        let keys = ring.current(self.now()).await.expect("keys");
        let secret = WebhookSecret::of(&keys, &job.tenant_id, &job.url).expect("a secret");
        Webhook::new(&secret.expose()).expect("a secret")
    }
}

fn message(job: &WebhookJob) -> Message {
    let body = serde_json::to_string(job).expect("JSON");
    let event: SqsEvent = serde_json::from_value(json!({
        "Records": [{"messageId": "1", "body": body, "attributes": {}, "messageAttributes": {}}]
    }))
    .expect("an event");
    let record = event.records.into_iter().next();
    record.expect("a record").into()
}

fn job(url: &Url) -> WebhookJob {
    let tenant = TenantId::new("acme", "shop").expect("a tenant");
    WebhookJob::new(ID, tenant, url.clone(), BODY.to_owned()).expect("a job")
}

/// When it is posted again.
fn not_before(job: &WebhookJob) -> Timestamp {
    job.not_before.expect("it has to wait")
}

#[tokio::test]
async fn a_message_is_signed_as_the_library_of_its_receiver_verifies() {
    let (stage, receiver) = (Stage::start().await, Receiver::answering(&[200]).await);
    let job = job(&receiver.url);
    assert_eq!(stage.work(&job).await, None, "it was taken");
    let [(headers, body)] = &receiver.heard()[..] else {
        panic!("{:?}", receiver.heard());
    };
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], ID.to_string());
    assert_eq!(body, BODY);
    let secret = stage.secret(&job).await;
    secret
        .verify(body.as_bytes(), headers)
        .expect("it is from here");
    let altered = body.replace('5', "4");
    assert!(secret.verify(altered.as_bytes(), headers).is_err());
    stage.world.stop().await;
}

#[tokio::test]
async fn what_is_not_taken_is_posted_again_under_the_same_id_with_its_own_time() {
    let (stage, receiver) = (Stage::start().await, Receiver::answering(&[500, 200]).await);
    let job = job(&receiver.url);
    let began = stage.now();
    let (later, delay) = stage.work(&job).await.expect("it was not taken");
    assert_eq!((later.attempt, delay), (1, 5));
    let waits = not_before(&later).duration_since(began);
    assert!(
        waits > SignedDuration::from_millis(4_499) && waits <= SignedDuration::from_secs(5),
        "{waits}"
    );
    stage.advance(waits);
    assert_eq!(stage.work(&later).await, None, "it was taken");
    let secret = stage.secret(&job).await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    let mut seconds = Vec::new();
    for (headers, body) in &heard {
        let second = headers["webhook-timestamp"].to_str().expect("digits");
        let second = second.parse().expect("a number");
        let signature = secret.sign(&ID.to_string(), second, body.as_bytes());
        assert_eq!(headers["webhook-signature"], signature.expect("signed"));
        assert_eq!(headers["webhook-id"], ID.to_string());
        seconds.push(second);
    }
    assert!(seconds[0] < seconds[1], "{seconds:?}");
    stage.world.stop().await;
}

#[tokio::test]
async fn what_is_never_taken_is_posted_ten_times_and_given_up() {
    let stage = Stage::start().await;
    let receiver = Receiver::answering(&[503; 20]).await;
    let mut job = job(&receiver.url);
    while let Some((later, _)) = stage.work(&job).await {
        stage.advance(not_before(&later).duration_since(stage.now()));
        job = later;
    }
    assert_eq!(receiver.heard().len(), 10);
    stage.world.stop().await;
}

#[tokio::test]
async fn what_comes_before_its_time_goes_back_and_is_not_posted() {
    let (stage, receiver) = (Stage::start().await, Receiver::answering(&[]).await);
    let job = WebhookJob {
        attempt: 3,
        not_before: Some(stage.now() + SignedDuration::from_secs(7_200)),
        ..job(&receiver.url)
    };
    assert_eq!(stage.work(&job).await, Some((job, 900)));
    assert!(receiver.heard().is_empty());
    stage.world.stop().await;
}

#[tokio::test]
async fn a_receiver_can_ask_for_time() {
    let stage = Stage::start().await;
    let asking = vec![("retry-after", "600".to_owned())];
    let receiver = Receiver::start(vec![(429, asking)]).await;
    let (later, delay) = stage.work(&job(&receiver.url)).await.expect("not taken");
    let asked = stage.now() + SignedDuration::from_secs(600);
    assert_eq!((not_before(&later), delay), (asked, 600));
    stage.world.stop().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_tried_again() {
    let (stage, other) = (Stage::start().await, Receiver::answering(&[]).await);
    let elsewhere = vec![("location", other.url.to_string())];
    let receiver = Receiver::start(vec![(308, elsewhere)]).await;
    let later = stage.work(&job(&receiver.url)).await;
    assert_eq!(later.map(|(later, _)| later.attempt), Some(1));
    assert!(other.heard().is_empty());
    stage.world.stop().await;
}

#[tokio::test]
async fn who_is_gone_is_not_asked_again() {
    let (stage, receiver) = (Stage::start().await, Receiver::answering(&[410]).await);
    assert_eq!(stage.work(&job(&receiver.url)).await, None);
    assert_eq!(receiver.heard().len(), 1);
    stage.world.stop().await;
}

#[tokio::test]
async fn what_may_not_be_asked_is_given_up() {
    let stage = Stage::start().await;
    for url in [
        "https://10.0.0.1/hook",
        "https://[fd00:ec2::254]/",
        "http://site.example/hook",
        "https://user:password@site.example/",
    ] {
        let url = url.parse().expect("a URL");
        assert_eq!(stage.work(&job(&url)).await, None, "{url}");
    }
    stage.world.stop().await;
}

#[tokio::test]
async fn this_machine_is_asked_only_where_that_is_wanted() {
    for loopback in ["", "false", "1"] {
        let stage = Stage::with_loopback(loopback).await;
        let receiver = Receiver::answering(&[]).await;
        assert_eq!(stage.work(&job(&receiver.url)).await, None);
        assert!(receiver.heard().is_empty(), "{loopback:?}");
        stage.world.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_can_not_go_back_comes_again() {
    let (stage, receiver) = (Stage::start().await, Receiver::answering(&[500]).await);
    let queue = stage.world.variable("EMAIL_QUEUE_URL");
    let nowhere = stage.world.with(&[
        ("WEBHOOK_QUEUE_URL", &queue),
        ("FETCH_LOOPBACK", "true"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),
    ]);
    let failed = handle(&nowhere.deps(), message(&job(&receiver.url))).await;
    assert!(
        matches!(failed, Err(webhook_worker::Error::Queue(_))),
        "{failed:?}"
    );
    stage.world.stop().await;
}
