//! The e-mail worker, from the event of its queue to the request that SES gets.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router, routing};
use domain::{Email, Tenant, TenantId};
use fixtures::World;
use repository::Tenants;
use serde_json::{Value, json};
use trigger::SqsEvent;

/// The mails that SES was asked to send.
type Outbox = Arc<Mutex<Vec<Value>>>;

/// The one operation of SES that is used, at the URL that is returned. It refuses mail to `refused@…`.
async fn ses() -> (String, Outbox) {
    let outbox = Outbox::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let router = Router::new()
        .route("/v2/email/outbound-emails", routing::post(send))
        .with_state(outbox.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), outbox)
}

async fn send(State(outbox): State<Outbox>, Json(mail): Json<Value>) -> (StatusCode, Json<Value>) {
    let to = mail["Destination"]["ToAddresses"][0].clone();
    if to.as_str().is_some_and(|to| to.starts_with("refused@")) {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({"__type": "MessageRejected", "message": "no"})),
        );
    }
    outbox.lock().expect("nobody panicked").push(mail);
    (StatusCode::OK, Json(json!({"MessageId": "sent"})))
}

/// Has the worker handle `bodies` as one batch: the numbers of those that failed, and the mails.
async fn work(world: &World, bodies: &[String]) -> (Vec<usize>, Vec<Value>) {
    let records = bodies.iter().enumerate();
    let records =
        records.map(|(number, body)| json!({"messageId": number.to_string(), "body": body}));
    let event = json!({"Records": records.collect::<Vec<_>>()});
    deliver(world, serde_json::from_value(event).expect("an event")).await
}

async fn deliver(world: &World, event: SqsEvent) -> (Vec<usize>, Vec<Value>) {
    let (url, outbox) = ses().await;
    let deps: Arc<email_worker::Deps> = world.with_service("SESV2", &url).deps();
    let response = trigger::batch(event, |message| email_worker::handle(&deps, message)).await;
    let failed = response.batch_item_failures.into_iter();
    let failed = failed.map(|failure| failure.item_identifier.parse().expect("a number"));
    let mails = outbox.lock().expect("nobody panicked").clone();
    (failed.collect(), mails)
}

fn job(to: &str, template: Option<&str>, tenant: &str) -> String {
    let params = json!({"name": "Ada", "link": "https://a.example/verify-email?token=x"});
    json!({"to": to, "template": template, "params": params, "tenant": tenant, "email_id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, to.as_bytes())})
        .to_string()
}

#[tokio::test]
async fn a_mail_goes_out_as_the_words_of_its_template() {
    let world = World::start().await;
    let (failed, mails) = work(
        &world,
        &[job("ada@example.com", Some("welcome"), "demo#site")],
    )
    .await;
    assert!(failed.is_empty());
    let simple = json!({
        "Subject": {"Data": "Welcome", "Charset": "UTF-8"},
        "Body": {"Text": {
            "Data": "Hello Ada,\nWelcome! Please confirm your address:\nhttps://a.example/verify-email?token=x",
            "Charset": "UTF-8",
        }},
    });
    let expected = json!({
        "FromEmailAddress": world.variable("MAIL_FROM"),
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {"Simple": simple},
    });
    assert_eq!(mails, [expected]);
    world.stop().await;
}

#[tokio::test]
async fn what_can_not_be_sent_fails_alone_and_a_decoy_is_dropped() {
    let world = World::start().await;
    let bodies = [
        job("first@example.com", Some("welcome"), "demo#site"),
        "poison".to_owned(),
        job("refused@example.com", Some("welcome"), "demo#site"),
        job("nobody@example.com", None, "demo#site"),
        job("nameless@example.com", Some("notification"), "demo#site"),
        job("last@example.com", Some("verify-email"), "demo#site"),
    ];
    let (failed, mails) = work(&world, &bodies).await;
    assert_eq!(failed, [1, 2, 4]);
    let mut to: Vec<_> = mails
        .iter()
        .map(|mail| &mail["Destination"]["ToAddresses"][0])
        .collect();
    to.sort_by_key(ToString::to_string);
    assert_eq!(to, ["first@example.com", "last@example.com"]);
    world.stop().await;
}

#[tokio::test]
async fn a_tenants_mail_comes_from_its_own_sender() {
    let world = World::start().await;
    let tenants: Tenants = world.get();
    let id = TenantId::parse("demo#site").expect("an id");
    let tenant = tenants.get(&id).await.expect("an answer");
    let sender = Email::parse("hello@shop.example").expect("an address");
    let tenant = Tenant {
        sender: Some(sender),
        ..tenant.expect("the first run made it")
    };
    tenants.put(&tenant).await.expect("an answer");
    let (_, mails) = work(
        &world,
        &[job("ada@example.com", Some("welcome"), "demo#site")],
    )
    .await;
    assert_eq!(mails[0]["FromEmailAddress"], "hello@shop.example");
    world.stop().await;
}

#[tokio::test]
async fn what_the_platform_queues_is_what_the_worker_sends() {
    let site = crate::site::Site::start().await;
    let jobs = site.world.jobs();
    assert!(!jobs.is_empty());
    let bodies: Vec<_> = jobs.iter().map(Value::to_string).collect();
    let (failed, mails) = work(&site.world, &bodies).await;
    assert!(failed.is_empty());
    assert_eq!(mails.len(), jobs.len());
}

#[tokio::test]
async fn the_sample_event_is_one_mail() {
    let world = World::start().await;
    let event = serde_json::from_str(include_str!("../../events/sqs-email.json"));
    let (failed, mails) = deliver(&world, event.expect("an event of SQS")).await;
    assert!(failed.is_empty());
    assert_eq!(
        mails[0]["Content"]["Simple"]["Subject"]["Data"], "Welcome",
        "{mails:?}"
    );
    world.stop().await;
}
