//! FIFO queues, as the SDK that the functions use speaks to them.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName as Attribute, QueueAttributeName,
    SendMessageBatchRequestEntry as Entry,
};
use local::{Options, Platform};

use crate::{sqs, variable};

/// A platform with a FIFO queue besides what it has.
struct World {
    platform: Platform,
    client: Client,
    queue: String,
}

impl World {
    async fn start() -> Self {
        let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
        let queue = "Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs.fifo, FifoQueue: true}}\n";
        let text = std::fs::read_to_string(ours).unwrap();
        let text = text.replacen("\nResources:\n", &format!("\n{queue}"), 1);
        let template = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(template.path(), text).unwrap();
        let options = Options {
            template: Some(template.path().to_owned()),
            ..Options::in_memory()
        };
        let platform = Platform::start(options).await.unwrap();
        let client = sqs(&variable(&platform, "AWS_ENDPOINT_URL_SQS"));
        let found = client.get_queue_url().queue_name("jobs.fifo").send().await;
        Self {
            queue: found.unwrap().queue_url.unwrap(),
            platform,
            client,
        }
    }

    /// Why a message is refused.
    async fn refused(
        &self,
        queue: &str,
        group: Option<&str>,
        id: Option<&str>,
        delay: Option<i32>,
    ) -> String {
        let sent = self.client.send_message().queue_url(queue);
        let sent = sent
            .message_body("a")
            .set_delay_seconds(delay)
            .set_message_group_id(group.map(str::to_owned))
            .set_message_deduplication_id(id.map(str::to_owned));
        let error = sent.send().await.unwrap_err().into_service_error();
        error.meta().code().unwrap().to_owned()
    }

    async fn receive(&self) -> Vec<Message> {
        let received = self.client.receive_message().queue_url(&self.queue);
        let received = received
            .max_number_of_messages(10)
            .message_system_attribute_names(Attribute::All);
        received.send().await.unwrap().messages.unwrap_or_default()
    }
}

fn entry(id: &str, group: &str) -> Entry {
    let entry = Entry::builder().id(id).message_body(id);
    let entry = entry.message_group_id(group).message_deduplication_id(id);
    entry.build().unwrap()
}

#[tokio::test]
async fn a_group_comes_in_order_and_one_at_a_time() {
    let world = World::start().await;
    let (client, queue) = (&world.client, &world.queue);
    let sent = client.send_message_batch().queue_url(queue);
    let sent = sent
        .entries(entry("one", "a"))
        .entries(entry("two", "a"))
        .entries(entry("other", "b"));
    let sent = sent.send().await.unwrap();
    assert_eq!(sent.failed().len(), 0);
    let numbers = sent.successful().iter();
    let numbers: Vec<u128> = numbers
        .map(|sent| sent.sequence_number().unwrap().parse().unwrap())
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");

    let received = client.receive_message().queue_url(queue).send().await;
    let first = &received.unwrap().messages.unwrap()[0];
    assert_eq!(first.body(), Some("one"));
    let rest = world.receive().await;
    let bodies: Vec<_> = rest.iter().map(|message| message.body().unwrap()).collect();
    assert_eq!(bodies, ["other"]);
    let attributes = rest[0].attributes().unwrap();
    assert_eq!(attributes[&Attribute::MessageGroupId], "b");
    assert_eq!(attributes[&Attribute::MessageDeduplicationId], "other");
    let number = numbers[2].to_string();
    assert_eq!(attributes[&Attribute::SequenceNumber], number);

    let deleting = client.delete_message().queue_url(queue);
    let deleting = deleting.receipt_handle(first.receipt_handle().unwrap());
    deleting.send().await.unwrap();
    assert_eq!(world.receive().await[0].body(), Some("two"));
    world.platform.stop().await;
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_the_first() {
    let world = World::start().await;
    let mut sent = Vec::new();
    for body in ["first", "again"] {
        let sending = world.client.send_message().queue_url(&world.queue);
        let sending = sending
            .message_body(body)
            .message_group_id("a")
            .message_deduplication_id("id");
        sent.push(sending.send().await.unwrap());
    }
    assert_eq!(sent[0].message_id(), sent[1].message_id());
    assert_eq!(sent[0].sequence_number(), sent[1].sequence_number());
    let received = world.receive().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].body(), Some("first"));
    world.platform.stop().await;
}

#[tokio::test]
async fn what_a_queue_does_not_take_is_refused_by_its_code() {
    let world = World::start().await;
    let plain = variable(&world.platform, "EMAIL_QUEUE_URL");
    let long = "x".repeat(129);
    let (missing, invalid) = ("MissingParameter", "InvalidParameterValue");
    for (queue, group, id, delay, code) in [
        (&world.queue, None, Some("id"), None, missing),
        (&world.queue, Some("a"), None, None, invalid),
        (&world.queue, Some("a"), Some("id"), Some(1), invalid),
        (&world.queue, Some("a b"), Some("id"), None, invalid),
        (&world.queue, Some(""), Some("id"), None, invalid),
        (&world.queue, Some("a"), Some(long.as_str()), None, invalid),
        (&plain, None, Some("id"), None, invalid),
    ] {
        let refused = world.refused(queue, group, id, delay).await;
        assert_eq!(refused, code, "{queue} {group:?} {id:?} {delay:?}");
    }
    world.platform.stop().await;
}

#[tokio::test]
async fn any_queue_takes_the_id_of_a_group() {
    let world = World::start().await;
    let plain = variable(&world.platform, "EMAIL_QUEUE_URL");
    let sending = world.client.send_message().queue_url(plain);
    let sent = sending.message_body("a").message_group_id("a").send().await;
    assert_eq!(sent.unwrap().sequence_number(), None);
    world.platform.stop().await;
}

#[tokio::test]
async fn a_fifo_queue_says_that_it_is_one() {
    let world = World::start().await;
    let asking = world.client.get_queue_attributes().queue_url(&world.queue);
    let asking = asking.attribute_names(QueueAttributeName::FifoQueue);
    let attributes = asking.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::FifoQueue], "true");
    world.platform.stop().await;
}
