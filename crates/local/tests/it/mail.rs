//! Mail on a laptop: through the queue and the worker into the outbox and the inbox page.

mod page;

use std::path::Path;

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use local::Platform;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::binary::{command, running};
use crate::{platform, sqs, variable};

/// The tenant of the first run.
const TENANT: &str = "demo#site";

/// A job of the platform's own.
fn job(to: &str, template: Option<&str>, link: &str) -> Value {
    json!({
        "email_id": Uuid::new_v5(&Uuid::NAMESPACE_URL, to.as_bytes()),
        "to": to,
        "template": template,
        "params": {"name": "Ada", "link": link},
        "tenant": TENANT,
    })
}

const LINK: &str = "http://localhost/_local/account/verify-email?token=x";

/// A platform's queue and pages.
struct Site {
    client: reqwest::Client,
    base_url: String,
    queue: aws_sdk_sqs::Client,
    queue_url: String,
}

impl Site {
    fn of(platform: &Platform) -> Self {
        Self {
            client: reqwest::Client::new(),
            base_url: platform.base_url().to_owned(),
            queue: sqs(&variable(platform, "AWS_ENDPOINT_URL_SQS")),
            queue_url: variable(platform, "EMAIL_QUEUE_URL"),
        }
    }

    async fn send(&self, body: &str, delay_seconds: i32) {
        let send = self.queue.send_message().queue_url(&self.queue_url);
        let send = send.message_body(body).delay_seconds(delay_seconds);
        send.send().await.unwrap();
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.base_url));
        request.header("accept", "text/html").send().await.unwrap()
    }

    /// The mail, as a program gets it.
    async fn mail(&self) -> Vec<Value> {
        let request = self.client.get(format!("{}/_local/mail", self.base_url));
        let answer = request.header("accept", "application/json").send().await;
        answer.unwrap().json().await.unwrap()
    }

    async fn addresses(&self) -> Vec<String> {
        let mail = self.mail().await.into_iter();
        mail.map(|mail| mail["to"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn advance(&self, seconds: u64) {
        let request = self.client.post(format!("{}/_local/clock", self.base_url));
        let answer = request
            .json(&json!({"advance_seconds": seconds}))
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), 200);
    }

    /// How many messages the queue has that can be had, that somebody has, and that nobody can have yet.
    async fn counts(&self, queue_url: &str) -> [usize; 3] {
        let ask = self.queue.get_queue_attributes().queue_url(queue_url);
        let answer = ask.attribute_names(QueueAttributeName::All).send().await;
        let attributes = answer.unwrap().attributes.unwrap();
        [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ]
        .map(|name| attributes[&name].parse().unwrap())
    }

    /// Has a message tried until it is given up.
    async fn give_up(&self) {
        let dead = format!("{}-dead-letter", self.queue_url);
        loop {
            let left = self.counts(&self.queue_url).await;
            if self.counts(&dead).await == [1, 0, 0] {
                return;
            }
            assert_ne!(left, [0, 0, 0], "the message was handled");
            if left == [0, 0, 1] {
                self.advance(64).await;
            }
        }
    }
}

#[tokio::test]
async fn mail_is_shown_newest_first() {
    let platform = platform().await;
    let site = Site::of(&platform);
    for (template, to) in [
        (Some("welcome"), "a@example.com"),
        (None, "b@example.com"),
        (Some("verify-email"), "c@example.com"),
    ] {
        site.send(&job(to, template, LINK).to_string(), 0).await;
        // One after the other, for two workers are faster than either.
        site.mail().await;
    }
    let mail = site.mail().await;
    assert_eq!(site.addresses().await, ["c@example.com", "a@example.com"]);
    assert_eq!(mail[1]["links"], json!([LINK]));
    assert!(
        mail[1]["text"].as_str().unwrap().contains("Ada"),
        "{mail:?}"
    );

    let page = site.get("/_local/mail").await.text().await.unwrap();
    assert!(page.contains(&format!("href=\"{LINK}\"")), "{page}");
    let id = mail[1]["id"].as_str().unwrap();
    let page = site.get(&format!("/_local/mail/{id}")).await;
    let page = page.text().await.unwrap();
    for part in ["a@example.com", "Welcome", LINK, "MIME-Version"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let raw = site.get(&format!("/_local/mail/{id}/raw")).await;
    assert_eq!(raw.headers()["content-type"], "message/rfc822");
    let file = platform
        .surroundings()
        .data
        .file("outbox")
        .join(format!("{id}.eml"));
    assert_eq!(raw.bytes().await.unwrap(), std::fs::read(file).unwrap());
    platform.stop().await;
}

#[tokio::test]
async fn a_delayed_mail_goes_when_the_clock_says_so() {
    let platform = platform().await;
    let site = Site::of(&platform);
    let mail = job("a@example.com", Some("welcome"), LINK);
    site.send(&mail.to_string(), 900).await;
    site.advance(800).await;
    assert!(site.addresses().await.is_empty());
    site.advance(100).await;
    assert_eq!(site.addresses().await, ["a@example.com"]);
    platform.stop().await;
}

#[tokio::test]
async fn what_is_given_up_is_shown_and_can_be_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let operate = |arguments: &[&str]| {
        let output = command(&data).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let started = running(&mut command(&data), &data);
    let site = at(&started.info);
    // A mail that must have a link, and has none.
    let bad = job("a@example.com", Some("welcome"), "").to_string();
    site.send(&bad, 0).await;
    site.give_up().await;
    let page = site.get("/_local/mail").await.text().await.unwrap();
    for part in [
        "1 mail given up",
        "to a@example.com · welcome",
        "can't be made",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }

    assert_eq!(
        operate(&["emails", "redrive"]),
        "moved 1 back into the queue\n"
    );
    assert_eq!(
        operate(&["emails", "redrive"]),
        "moved 0 back into the queue\n"
    );
    site.give_up().await;
    drop(started);

    // The same without a platform.
    assert_eq!(
        operate(&["emails", "redrive"]),
        "moved 1 back into the queue\n"
    );
    let queues = data.join("queues");
    assert_eq!(files(&queues.join("local-email")), 1);
    assert_eq!(files(&queues.join("local-email-dead-letter")), 0);
}

/// The pieces of a platform in another process.
fn at(info: &local::data_dir::RunInfo) -> Site {
    Site {
        client: reqwest::Client::new(),
        base_url: info.base_url.clone(),
        queue: sqs(&info.sqs_url),
        queue_url: format!("{}/000000000000/local-email", info.sqs_url),
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_kill_in_the_middle_loses_no_mail() {
    const BATCHES: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = running(&mut command(&data), &data);
    let site = at(&first.info);
    let mut expected = Vec::new();
    for batch in 0..BATCHES {
        let mut send = site.queue.send_message_batch().queue_url(&site.queue_url);
        for number in 0..10 {
            let to = format!("{batch}-{number}@example.com");
            let entry = SendMessageBatchRequestEntry::builder().id(number.to_string());
            let body = job(&to, Some("welcome"), LINK).to_string();
            send = send.entries(entry.message_body(body).build().unwrap());
            expected.push(to);
        }
        assert_eq!(send.send().await.unwrap().successful().len(), 10);
    }
    while files(&data.join("outbox")) == 0 {
        tokio::task::yield_now().await;
    }
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let queued = files(&data.join("queues/local-email"));
    assert!(queued > 0, "all mail went out before the kill");

    let second = running(&mut command(&data), &data);
    let site = at(&second.info);
    // What the dead worker had claimed waits until the claim is over.
    while site.counts(&site.queue_url).await != [0, 0, 0] {
        if site.counts(&site.queue_url).await[..2] == [0, 0] {
            site.advance(64).await;
        }
    }
    let mut addresses = site.addresses().await;
    addresses.sort();
    expected.sort();
    assert_eq!(addresses, expected);
}

#[test]
fn a_way_out_that_is_none_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    let output = command
        .env("MAIL_TRANSPORT", "pigeon://x:s3cret@y")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        text.contains("MAIL_TRANSPORT") && text.lines().count() == 1,
        "{text}"
    );
    assert!(!text.contains("s3cret"), "{text}");
}
