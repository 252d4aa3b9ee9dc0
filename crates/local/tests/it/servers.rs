//! The embedded servers, with the SDKs that the functions use.

use local::wiring::Wiring;

use crate::{dynamodb, platform, sqs, variable};

#[tokio::test]
async fn every_table_of_the_template_is_there() {
    let platform = platform().await;
    let wiring = Wiring::read(None).unwrap();
    let tables = wiring.tables().unwrap();
    let client = dynamodb(&variable(&platform, "AWS_ENDPOINT_URL_DYNAMODB"));

    for table in &tables {
        let found = client
            .describe_table()
            .table_name(&table.name)
            .send()
            .await
            .unwrap()
            .table
            .unwrap();
        assert_eq!(
            found.key_schema().len(),
            table.key_schema.len(),
            "{}",
            table.name
        );
        assert_eq!(
            found.global_secondary_indexes().len(),
            table.indexes.len(),
            "{}",
            table.name
        );
        let ttl = client
            .describe_time_to_live()
            .table_name(&table.name)
            .send()
            .await
            .unwrap();
        let attribute = ttl.time_to_live_description.unwrap().attribute_name;
        assert_eq!(attribute, table.ttl_attribute, "{}", table.name);
    }
    assert!(!tables.is_empty());
    platform.stop().await;
}

#[tokio::test]
async fn a_queue_takes_messages() {
    let platform = platform().await;
    let client = sqs(&variable(&platform, "AWS_ENDPOINT_URL_SQS"));
    let queue = variable(&platform, "EMAIL_QUEUE_URL");

    let sent = client
        .send_message()
        .queue_url(&queue)
        .message_body("hello")
        .send()
        .await
        .unwrap();
    assert_eq!(
        sent.md5_of_message_body(),
        Some("5d41402abc4b2a76b9719d911017c592")
    );
    let id = sent.message_id().unwrap();
    let name = queue.rsplit('/').next().unwrap();
    let file = platform
        .surroundings()
        .data
        .file("queues")
        .join(name)
        .join(format!("{id}.json"));
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(kept["body"], "hello");

    let largest = "x".repeat(256 * 1024);
    client
        .send_message()
        .queue_url(&queue)
        .message_body(&largest)
        .send()
        .await
        .unwrap();
    let too_large = client
        .send_message()
        .queue_url(&queue)
        .message_body(largest + "x")
        .send()
        .await;
    assert_eq!(
        too_large.unwrap_err().into_service_error().meta().code(),
        Some("InvalidParameterValue")
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_error_of_the_protocol() {
    let platform = platform().await;
    let client = sqs(&variable(&platform, "AWS_ENDPOINT_URL_SQS"));
    for url in ["http://x/000000000000/nothing", "http://x/..", ""] {
        let refused = client
            .send_message()
            .queue_url(url)
            .message_body("hello")
            .send()
            .await;
        let error = refused.unwrap_err().into_service_error();
        assert!(error.is_queue_does_not_exist(), "{url}: {error:?}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_batch_says_which_messages_were_taken() {
    use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
    let platform = platform().await;
    let client = sqs(&variable(&platform, "AWS_ENDPOINT_URL_SQS"));
    let entry =
        |id: &str, body: String| Entry::builder().id(id).message_body(body).build().unwrap();
    let answer = client
        .send_message_batch()
        .queue_url(variable(&platform, "EMAIL_QUEUE_URL"))
        .entries(entry("good", "hello".to_owned()))
        .entries(entry("bad", "x".repeat(256 * 1024 + 1)))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successful()[0].id(), "good");
    assert_eq!(answer.failed()[0].id(), "bad");
    platform.stop().await;
}

#[tokio::test]
async fn the_object_store_has_its_buckets_and_wants_a_signature() {
    let platform = platform().await;
    let url = variable(&platform, "AWS_ENDPOINT_URL_S3");
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 403);
    let wiring = Wiring::read(None).unwrap();
    for bucket in wiring.buckets().unwrap() {
        assert!(
            platform
                .surroundings()
                .data
                .file("s3")
                .join(bucket.name)
                .is_dir()
        );
    }
    platform.stop().await;
}
