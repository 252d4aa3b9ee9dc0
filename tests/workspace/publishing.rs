//! The publisher, from the event of its queue to the page in the site's bucket.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use fixtures::World;
use serde_json::{Value, json};
use trigger::SqsEvent;

const SAMPLE: &str = include_str!("../../events/s3-markdown.json");

struct Buckets {
    world: World,
    client: Client,
}

impl Buckets {
    async fn start() -> Self {
        let world = World::start().await;
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(world.variable("AWS_ENDPOINT_URL_S3"))
            .force_path_style(true);
        let client = Client::from_conf(config.build());
        Self { world, client }
    }

    async fn write(&self, key: &str, content: &[u8]) {
        let bucket = self.world.variable("MARKDOWN_BUCKET");
        let call = self.client.put_object().bucket(bucket).key(key);
        let sent = call.body(content.to_vec().into()).send().await;
        sent.expect("the object is taken");
    }

    async fn remove(&self, key: &str) {
        let bucket = self.world.variable("MARKDOWN_BUCKET");
        let sent = self.client.delete_object().bucket(bucket).key(key).send();
        sent.await.expect("the object is removed");
    }

    /// The media type and the text of a page.
    async fn page(&self, key: &str) -> Option<(String, String)> {
        let bucket = self.world.variable("SITE_BUCKET");
        let page = self.client.get_object().bucket(bucket).key(key).send();
        let page = page.await.ok()?;
        let media_type = page.content_type().unwrap_or_default().to_owned();
        let content = page.body.collect().await.expect("the page can be read");
        let text = String::from_utf8(content.to_vec()).expect("UTF-8");
        Some((media_type, text))
    }

    /// Delivers bodies as one batch: the numbers of those that failed.
    async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        let records = bodies.iter().enumerate();
        let records =
            records.map(|(number, body)| json!({"messageId": number.to_string(), "body": body}));
        let event = json!({"Records": records.collect::<Vec<_>>()});
        self.run(serde_json::from_value(event).expect("an event"))
            .await
    }

    async fn run(&self, event: SqsEvent) -> Vec<String> {
        let deps: Arc<md_publisher::Deps> = self.world.deps();
        let response = trigger::batch(event, |message| md_publisher::handle(&deps, message)).await;
        let failures = response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }
}

/// What S3 says of an object, as the sample has it.
fn changed(event: &str, key: &str) -> String {
    let sample: Value = serde_json::from_str(SAMPLE).expect("JSON");
    let body = sample["Records"][0]["body"].as_str().expect("a body");
    let mut body: Value = serde_json::from_str(body).expect("JSON");
    body["Records"][0]["eventName"] = event.into();
    body["Records"][0]["s3"]["object"]["key"] = key.into();
    body.to_string()
}

#[tokio::test]
async fn the_sample_event_publishes_its_page() {
    let buckets = Buckets::start().await;
    buckets
        .write("posts/hello world.md", b"# Hello\n\n|a|\n|-|\n|1|\n")
        .await;
    let event = serde_json::from_str(SAMPLE).expect("an event of SQS");
    assert!(buckets.run(event).await.is_empty());
    let (media_type, page) = buckets
        .page("posts/hello world.html")
        .await
        .expect("a page");
    assert_eq!(media_type, "text/html; charset=utf-8");
    assert!(
        page.contains("<title>Hello</title>") && page.contains("<td>1</td>"),
        "{page}"
    );
    buckets.world.stop().await;
}

#[tokio::test]
async fn what_the_bucket_holds_decides_and_not_the_event() {
    let buckets = Buckets::start().await;
    let (created, removed) = ("ObjectCreated:Put", "ObjectRemoved:Delete");
    buckets.write("a.md", b"one").await;
    assert!(
        buckets
            .deliver(&[changed(removed, "a.md")])
            .await
            .is_empty()
    );
    assert!(
        buckets.page("a.html").await.is_some(),
        "a removal that came late"
    );
    buckets.remove("a.md").await;
    assert!(
        buckets
            .deliver(&[changed(created, "a.md")])
            .await
            .is_empty()
    );
    assert!(
        buckets.page("a.html").await.is_none(),
        "a creation that came late"
    );
    assert!(
        buckets
            .deliver(&[changed(removed, "a.md")])
            .await
            .is_empty()
    );
    buckets.world.stop().await;
}

#[tokio::test]
async fn what_makes_no_page_fails_alone() {
    let buckets = Buckets::start().await;
    buckets.write("good.md", b"good").await;
    buckets.write("binary.md", b"\xff\xfe").await;
    buckets
        .write("large.md", &vec![b'x'; bucket::MAX_MARKDOWN_BYTES + 1])
        .await;
    buckets.write("deep.md", ">".repeat(1000).as_bytes()).await;
    buckets.write("page.html", b"<p>mine</p>").await;
    let created = |key: &str| changed("ObjectCreated:Put", key);
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"});
    let bodies = [
        created("good.md"),
        created("binary.md"),
        created("large.md"),
        created("deep.md"),
        created("page.html"),
        created("never.md"),
        test.to_string(),
        "poison".to_owned(),
    ];
    assert_eq!(buckets.deliver(&bodies).await, ["1", "2", "3", "7"]);
    assert!(buckets.page("good.html").await.is_some());
    assert!(buckets.page("page.html").await.is_none(), "no Markdown");
    buckets.world.stop().await;
}
