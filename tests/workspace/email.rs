//! The e-mail worker, from the event of its queue to what SES gets and what is written down.

use std::sync::Arc;

use domain::mail::{EmailRecord, Status, SuppressionReason, Template};
use domain::{Email, Tenant, TenantId};
use fixtures::World;
use repository::{Emails, Suppressions, Tenants};
use serde_json::{Value, json};
use tests::ses::{Mail, Ses};
use trigger::SqsEvent;
use uuid::Uuid;

/// Faster than any test sends.
const RATE: f64 = 10_000.0;

/// A worker with a SES of its own.
struct Post {
    world: World,
    ses: Ses,
    deps: Arc<email_worker::Deps>,
}

impl Post {
    async fn start() -> Self {
        let world = World::start().await;
        let ses = Ses::start(RATE).await.expect("a free port");
        let sender = [
            ("AWS_ENDPOINT_URL_SESV2", ses.url()),
            ("MAIL_TRANSPORT", "ses"),
        ];
        let deps: Arc<email_worker::Deps> = world.with(&sender).deps();
        let post = Self { world, ses, deps };
        // A cold worker asks for its tenant and for the rate; that is not what is looked at here.
        post.deliver(&[job("worker@example.com", Template::PasswordChanged)])
            .await;
        let _ = post.world.waits();
        post
    }

    /// Delivers a batch: the numbers of those that failed.
    async fn deliver(&self, bodies: &[Value]) -> Vec<usize> {
        self.deliver_again(bodies, 1).await
    }

    /// Delivers a batch for the `count`th time.
    async fn deliver_again(&self, bodies: &[Value], count: u32) -> Vec<usize> {
        let records = bodies.iter().enumerate().map(|(number, body)| {
            json!({
                "messageId": number.to_string(), "body": body.to_string(),
                "attributes": {"ApproximateReceiveCount": count.to_string()},
            })
        });
        let event = json!({"Records": records.collect::<Vec<_>>()});
        self.take(serde_json::from_value(event).expect("an event"))
            .await
    }

    async fn take(&self, event: SqsEvent) -> Vec<usize> {
        let response =
            trigger::batch(event, |message| email_worker::handle(&self.deps, message)).await;
        let failed = response.batch_item_failures.into_iter();
        failed
            .map(|failure| failure.item_identifier.parse().expect("a number"))
            .collect()
    }

    fn mails_to(&self, email: &str) -> Vec<Mail> {
        let mut mails = self.ses.mails();
        mails.retain(|mail| mail.to == email);
        mails
    }

    async fn record(&self, job: &Value) -> EmailRecord {
        let emails: Emails = self.world.get();
        let id = job["email_id"].as_str().and_then(|id| id.parse().ok());
        let record = emails.get(id.expect("an id")).await.expect("an answer");
        record.expect("the mail is known")
    }

    async fn change_tenant(&self, change: impl FnOnce(Tenant) -> Tenant) {
        let tenants: Tenants = self.world.get();
        let tenant = tenants.get(&tenant()).await.expect("an answer");
        let tenant = change(tenant.expect("the first run made it"));
        tenants.put(&tenant).await.expect("an answer");
        // The worker believes what it knows for a minute.
        self.world.clock.advance_seconds(60);
    }
}

fn tenant() -> TenantId {
    TenantId::parse("demo#site").expect("an id")
}

fn job(to: &str, template: Template) -> Value {
    let params = match template {
        Template::Notification => json!({"title": "News", "body": "It rains."}),
        Template::PasswordChanged => json!({"name": "Ada"}),
        _ => json!({"name": "Ada", "link": "https://a.example/verify-email?token=x"}),
    };
    json!({
        "to": to, "template": template, "params": params, "tenant": "demo#site",
        "email_id": Uuid::new_v5(&Uuid::NAMESPACE_URL, to.as_bytes()),
    })
}

#[tokio::test]
async fn a_mail_is_claimed_sent_and_written_down_in_three_waits() {
    let post = Post::start().await;
    let job = job("ada@example.com", Template::Welcome);
    assert!(post.deliver(std::slice::from_ref(&job)).await.is_empty());
    assert_eq!(post.world.waits(), 3, "waits");
    let [mail] = &post.mails_to("ada@example.com")[..] else {
        panic!("one mail should be there")
    };
    assert_eq!(mail.from, post.world.variable("MAIL_FROM"));
    assert_eq!(mail.email_id, job["email_id"]);
    assert!(mail.raw.contains("Subject: Welcome"), "{}", mail.raw);
    let record = post.record(&job).await;
    assert_eq!(record.status, Status::Sent);
    assert_eq!(
        record.provider_id.as_deref(),
        Some(mail.message_id.as_str())
    );
    assert!(
        record.params.is_empty(),
        "a link that opens an account is stored"
    );
    post.world.stop().await;
}

#[tokio::test]
async fn a_mail_that_comes_again_is_sent_once() {
    let post = Post::start().await;
    let job = job("ada@example.com", Template::Welcome);
    let twice = [job.clone(), job.clone()];
    // Of two at once one has it, and the other's message waits for what becomes of it.
    assert_eq!(post.deliver(&twice).await.len(), 1);
    assert!(post.deliver_again(&twice, 2).await.is_empty());
    assert_eq!(post.mails_to("ada@example.com").len(), 1);
    post.world.stop().await;
}

#[tokio::test]
async fn what_can_not_be_sent_fails_alone_and_says_why() {
    let post = Post::start().await;
    let mut nameless = job("nameless@example.com", Template::Notification);
    nameless["params"] = json!({"title": "News"});
    let mut decoy = job("nobody@example.com", Template::Welcome);
    decoy["template"] = Value::Null;
    let mut gone = job("gone@example.com", Template::Welcome);
    gone["tenant"] = json!("gone#site");
    let batch = [
        job("first@example.com", Template::Welcome),
        json!("poison"),
        job("refused@example.com", Template::Welcome),
        decoy,
        nameless.clone(),
        gone,
        job("last@example.com", Template::VerifyEmail),
    ];
    assert_eq!(post.deliver(&batch).await, [1, 2, 4]);
    let mails = post.ses.mails();
    let mut to: Vec<_> = mails.iter().skip(1).map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["first@example.com", "last@example.com"]);

    for (job, reason) in [
        (&batch[2], "Email address is not verified"),
        (&nameless, "body"),
    ] {
        let record = post.record(job).await;
        let error = record.error.unwrap_or_default();
        assert_eq!(record.status, Status::Failed, "{error}");
        assert!(error.contains(reason), "{error}");
    }
    post.world.stop().await;
}

#[tokio::test]
async fn a_mail_that_was_refused_can_be_sent_later() {
    let post = Post::start().await;
    let mut job = job("refused@example.com", Template::Welcome);
    assert_eq!(post.deliver(std::slice::from_ref(&job)).await, [0]);
    // Whatever was the reason is mended, and the dead letters were put back.
    job["to"] = json!("accepted@example.com");
    assert!(post.deliver(std::slice::from_ref(&job)).await.is_empty());
    let record = post.record(&job).await;
    assert_eq!((record.status, record.error), (Status::Sent, None));
    post.world.stop().await;
}

#[tokio::test]
async fn what_ses_has_no_room_for_goes_back_and_burns_no_try() {
    let post = Post::start().await;
    let job = job("throttled@example.com", Template::Welcome);
    assert!(
        post.deliver(std::slice::from_ref(&job)).await.is_empty(),
        "the message is done"
    );
    let record = post.record(&job).await;
    assert_eq!(record.status, Status::Queued);
    let error = record.error.unwrap_or_default();
    assert!(error.contains("Maximum sending rate exceeded"), "{error}");

    let [put_back] = &post.world.jobs()[..] else {
        panic!("one message should be in the queue")
    };
    assert_eq!(put_back["deferrals"], 1);
    assert!(
        post.deliver(std::slice::from_ref(put_back))
            .await
            .is_empty()
    );
    assert_eq!(post.mails_to("throttled@example.com").len(), 1);
    assert_eq!(post.record(&job).await.status, Status::Sent);
    post.world.stop().await;
}

#[tokio::test]
async fn a_tenants_mail_comes_from_its_own_sender() {
    let post = Post::start().await;
    let sender = Email::parse("hello@shop.example").expect("an address");
    post.change_tenant(|tenant| Tenant {
        sender: Some(sender),
        ..tenant
    })
    .await;
    post.deliver(&[job("ada@example.com", Template::Welcome)])
        .await;
    assert_eq!(
        post.mails_to("ada@example.com")[0].from,
        "hello@shop.example"
    );
    post.world.stop().await;
}

#[tokio::test]
async fn the_daily_budget_stops_what_can_wait() {
    let post = Post::start().await;
    post.change_tenant(|tenant| Tenant {
        emails_per_day: Some(1),
        ..tenant
    })
    .await;
    let batch = |to: &str| {
        [
            job(&format!("1.{to}"), Template::Welcome),
            job(&format!("2.{to}"), Template::Notification),
        ]
    };
    assert_eq!(post.deliver(&batch("a@example.com")).await.len(), 1);
    let stopped = batch("b@example.com");
    assert_eq!(post.deliver(&stopped).await, [0, 1]);
    let again = post.deliver_again(&stopped, 2).await;
    assert_eq!(again, [0, 1], "what comes again is over budget as well");
    let error = post.record(&stopped[0]).await.error.unwrap_or_default();
    assert!(error.contains("used up"), "{error}");
    let security = [
        job("c@example.com", Template::PasswordChanged),
        job("d@example.com", Template::VerifyEmail),
    ];
    assert!(post.deliver(&security).await.is_empty());

    post.world.clock.advance_seconds(24 * 60 * 60);
    assert!(post.deliver(&stopped[..1]).await.is_empty(), "the next day");
    post.world.stop().await;
}

#[tokio::test]
async fn suppressed_mail_stays_where_it_must_not_go_and_goes_where_it_must() {
    let post = Post::start().await;
    let suppressions: Suppressions = post.world.get();
    let now = post.world.clock.clock().now();
    for (name, reason) in [
        ("bounced", SuppressionReason::Bounce),
        ("complained", SuppressionReason::Complaint),
        (
            "unsubscribed",
            SuppressionReason::Unsubscribed(Template::Notification),
        ),
        (
            "other",
            SuppressionReason::Unsubscribed(Template::ScrapeReport),
        ),
    ] {
        let address = |kind: &str| format!("{name}.{kind}@example.com");
        for (kind, template) in [
            ("notification", Template::Notification),
            ("notice", Template::PasswordChanged),
            ("asked", Template::VerifyEmail),
            ("claimed", Template::VerifyEmail),
        ] {
            let email = Email::parse(&address(kind)).expect("an address");
            suppressions
                .add(&tenant(), &email, reason, now)
                .await
                .expect("an answer");
            let mut job = job(&address(kind), template);
            // That its recipient asked for it is here the tenant's word alone.
            job["from_tenant"] = json!(kind == "claimed");
            assert!(
                post.deliver(std::slice::from_ref(&job)).await.is_empty(),
                "{email}"
            );
            let stops = match kind {
                "notification" => name != "other",
                "notice" => name == "bounced",
                "claimed" => matches!(name, "bounced" | "complained"),
                _ => false,
            };
            let sent = post.mails_to(email.as_str()).len();
            assert_eq!(sent, usize::from(!stops), "mails to {email}");
            let expected = if stops {
                Status::Suppressed
            } else {
                Status::Sent
            };
            assert_eq!(post.record(&job).await.status, expected, "{email}");
        }
    }
    post.world.stop().await;
}

#[tokio::test]
async fn what_the_platform_queues_is_what_the_worker_sends() {
    let site = crate::site::Site::start().await;
    let jobs = site.world.jobs();
    assert!(!jobs.is_empty());
    let post = Post::start().await;
    assert!(post.deliver(&jobs).await.is_empty());
    for job in &jobs {
        let to = job["to"].as_str().unwrap_or_default();
        assert_eq!(post.mails_to(to).len(), 1, "mails to {to}");
    }
    post.world.stop().await;
}

#[tokio::test]
async fn the_sample_event_is_one_mail() {
    let post = Post::start().await;
    post.change_tenant(|tenant| Tenant {
        tenant_id: TenantId::parse("acme#shop").expect("an id"),
        ..tenant
    })
    .await;
    let event = serde_json::from_str(include_str!("../../events/sqs-email.json"));
    assert!(post.take(event.expect("an event of SQS")).await.is_empty());
    let mails = post.mails_to("success@simulator.amazonses.com");
    assert!(mails[0].raw.contains("Subject: Welcome"), "{mails:?}");
    post.world.stop().await;
}

#[test]
fn a_claim_ends_after_its_worker_and_before_the_next_delivery() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let text = std::fs::read_to_string(path).expect("there is a template");
    let template: serde_norway::Value = serde_norway::from_str(&text).expect("it is YAML");
    let seconds = |resource: &str, property: &str| {
        let seconds = template["Resources"][resource]["Properties"][property].as_i64();
        seconds.unwrap_or_else(|| panic!("{resource} should have a {property}"))
    };
    let lease = email_worker::LEASE.as_secs();
    assert!(seconds("EmailWorker", "Timeout") < lease);
    assert!(lease < seconds("EmailQueue", "VisibilityTimeout"));
}
