//! The real worker under the Lambda Runtime API, killed at each step of sending a mail.
//!
//! What must never happen is silence: after the message came again there is one mail, or, in the one window in which nobody
//! can know better, a second one.

#![expect(clippy::expect_used, reason = "a test that can not go on must stop")]

mod gate;

use std::collections::BTreeMap;

use domain::mail::{EmailRecord, Status};
use fixtures::World;
use repository::Emails;
use repository::emails::Happened;
use serde_json::{Value, json};
use tests::ses::{Hold, Ses};
use tests::{Lambda, Launch};
use uuid::Uuid;

use gate::{Gate, Stop};

/// Where the worker is killed.
#[derive(Debug, Clone, Copy)]
enum Killed {
    /// While it asks for the claim.
    BeforeClaim,
    /// When the claim was written, and before it hears of it.
    AfterClaim,
    /// While SES has not taken the mail.
    BeforeSend,
    /// When SES has taken the mail, and before it hears of it.
    AfterSend,
    /// While it writes down that the mail was sent.
    BeforeRecord,
    /// When that was written, and before it could tell the queue.
    AfterRecord,
}

struct Stage {
    world: World,
    ses: Ses,
    gate: Gate,
}

impl Stage {
    async fn start() -> Self {
        let world = World::start().await;
        let gate = Gate::before(&world.variable("AWS_ENDPOINT_URL_DYNAMODB")).await;
        let ses = Ses::start(1_000.0).await.expect("a free port");
        Self { world, ses, gate }
    }

    async fn worker(&self) -> Lambda {
        let mut environment: BTreeMap<_, _> = [
            "EMAILS_TABLE",
            "SUPPRESSIONS_TABLE",
            "EMAIL_BUDGETS_TABLE",
            "EMAIL_TEMPLATES_TABLE",
            "TENANTS_TABLE",
            "EMAIL_QUEUE_URL",
            "AWS_ENDPOINT_URL_SQS",
            "JWT_KEY_FILE",
            "MAIL_FROM",
            "PUBLIC_URL",
        ]
        .map(|name| (name.to_owned(), self.world.variable(name)))
        .into();
        for (name, value) in [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.gate.url()),
            ("AWS_ENDPOINT_URL_SESV2", self.ses.url()),
            ("MAIL_TRANSPORT", "ses"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        let launch = Launch {
            name: "email-worker".to_owned(),
            binary: env!("CARGO_BIN_EXE_email-worker").into(),
            memory_mb: 256,
            environment,
        };
        Lambda::start(&launch).await.expect("the worker starts")
    }

    /// Delivers a mail to a worker that is killed on its way.
    async fn kill(&self, job: &Value, at: Killed) {
        let mut worker = self.worker().await;
        worker.ready().await.expect("it asks for work");
        match at {
            Killed::BeforeClaim => self.gate.stop_at("TransactWriteItems", Stop::Request),
            Killed::AfterClaim => self.gate.stop_at("TransactWriteItems", Stop::Answer),
            Killed::BeforeSend => self.ses.hold_next(Hold::BeforeTaking),
            Killed::AfterSend => self.ses.hold_next(Hold::AfterTaking),
            Killed::BeforeRecord => self.gate.stop_at("UpdateItem", Stop::Request),
            Killed::AfterRecord => self.gate.stop_at("UpdateItem", Stop::Answer),
        }
        tokio::select! {
            answer = worker.invoke(event(job)) => panic!("{at:?}: it should be held, and answered {answer:?}"),
            () = self.ses.held() => {}
            () = self.gate.stopped() => {}
        }
        worker.stop().await;
    }

    /// Delivers the mail again, to a worker that lives, when the dead one's claim is over.
    async fn deliver_again(&self, job: &Value) {
        self.gate
            .end_claim(&self.world.variable("EMAILS_TABLE"), job)
            .await;
        let mut worker = self.worker().await;
        let answer = worker.invoke(event(job)).await.expect("it answers");
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer["batchItemFailures"], json!([]));
        worker.stop().await;
    }

    async fn record(&self, job: &Value) -> Option<EmailRecord> {
        let emails: Emails = self.world.get();
        emails.get(id(job)).await.expect("an answer")
    }
}

fn id(job: &Value) -> Uuid {
    let id = job["email_id"].as_str().and_then(|id| id.parse().ok());
    id.expect("an id")
}

fn job(at: Killed) -> Value {
    let to = format!("{at:?}@example.com").to_lowercase();
    json!({
        "to": to, "template": "password-changed", "params": {"name": "Ada"}, "tenant": "demo#site",
        "email_id": Uuid::new_v5(&Uuid::NAMESPACE_URL, to.as_bytes()),
    })
}

fn event(job: &Value) -> String {
    json!({"Records": [{"messageId": "1", "body": job.to_string(), "attributes": {"ApproximateReceiveCount": "1"}}]})
        .to_string()
}

#[tokio::test]
async fn wherever_a_worker_dies_its_mail_goes_out_once_or_twice_where_nobody_can_know_better() {
    let stage = Stage::start().await;
    for (at, expected) in [
        (Killed::BeforeClaim, 1),
        (Killed::AfterClaim, 1),
        (Killed::BeforeSend, 1),
        (Killed::AfterSend, 2),
        (Killed::BeforeRecord, 2),
        (Killed::AfterRecord, 1),
    ] {
        let job = job(at);
        stage.kill(&job, at).await;
        let left = stage.record(&job).await.map(|record| record.status);
        let seen = match at {
            Killed::BeforeClaim => None,
            Killed::AfterRecord => Some(Status::Sent),
            _ => Some(Status::Sending),
        };
        assert_eq!(left, seen, "what an operator sees, killed {at:?}");
        stage.deliver_again(&job).await;
        let mut mails = stage.ses.mails();
        mails.retain(|mail| mail.email_id == job["email_id"]);
        assert_eq!(mails.len(), expected, "mails, killed {at:?}");
        let record = stage.record(&job).await.expect("it is known");
        assert_eq!(record.status, Status::Sent, "killed {at:?}");
    }
    stage.world.stop().await;
}

#[tokio::test]
async fn an_event_of_ses_closes_the_window() {
    let stage = Stage::start().await;
    for at in [Killed::AfterSend, Killed::BeforeRecord] {
        let job = job(at);
        stage.kill(&job, at).await;
        let emails: Emails = stage.world.get();
        let sent = Happened {
            status: Status::Sent,
            provider_id: "0100".to_owned(),
            reason: None,
            sent_at: stage.world.clock.clock().now(),
        };
        emails.happened(id(&job), &sent).await.expect("an answer");
        stage.deliver_again(&job).await;
        let mut mails = stage.ses.mails();
        mails.retain(|mail| mail.email_id == job["email_id"]);
        assert_eq!(mails.len(), 1, "mails, killed {at:?}");
    }
    stage.world.stop().await;
}

#[tokio::test]
async fn while_a_claim_lives_nobody_else_sends() {
    let stage = Stage::start().await;
    let job = job(Killed::BeforeSend);
    stage.kill(&job, Killed::BeforeSend).await;
    let mut worker = stage.worker().await;
    let answer = worker.invoke(event(&job)).await.expect("it answers");
    let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let failures = json!([{"itemIdentifier": "1"}]);
    assert_eq!(
        answer["batchItemFailures"], failures,
        "the message comes again"
    );
    assert!(stage.ses.mails().is_empty());
    worker.stop().await;
    stage.world.stop().await;
}
