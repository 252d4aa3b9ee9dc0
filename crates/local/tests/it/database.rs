//! The embedded database, as an SDK and as a page in a browser would use it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, KeySchemaElement, KeyType,
    Put, ReturnValuesOnConditionCheckFailure as Failure, ScalarAttributeType, TransactWriteItem,
};

use crate::{dynamodb, platform, variable};

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// A table of the test's own, with the item `first`.
async fn table(client: &Client) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    client
        .create_table()
        .table_name("things")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.build().unwrap())
        .key_schema(key.build().unwrap())
        .send()
        .await
        .unwrap();
    client
        .put_item()
        .table_name("things")
        .item("id", text("first"))
        .item("colour", text("red"))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_condition_that_fails_shows_the_item() {
    let platform = platform().await;
    let client = dynamodb(&variable(&platform, "AWS_ENDPOINT_URL_DYNAMODB"));
    table(&client).await;

    let refused = client
        .put_item()
        .table_name("things")
        .item("id", text("first"))
        .condition_expression("attribute_not_exists(id)")
        .return_values_on_condition_check_failure(Failure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(
        refused.is_conditional_check_failed_exception(),
        "{refused:?}"
    );
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        refused,
    ) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.item().unwrap()["colour"], text("red"));
    platform.stop().await;
}

#[tokio::test]
async fn a_cancelled_transaction_says_why() {
    let platform = platform().await;
    let client = dynamodb(&variable(&platform, "AWS_ENDPOINT_URL_DYNAMODB"));
    table(&client).await;

    let put = Put::builder()
        .table_name("things")
        .item("id", text("second"));
    let check = ConditionCheck::builder()
        .table_name("things")
        .key("id", text("first"))
        .condition_expression("attribute_not_exists(id)")
        .return_values_on_condition_check_failure(Failure::AllOld);
    let put = TransactWriteItem::builder().put(put.build().unwrap());
    let check = TransactWriteItem::builder().condition_check(check.build().unwrap());
    let cancelled = client
        .transact_write_items()
        .transact_items(put.build())
        .transact_items(check.build())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = cancelled
    else {
        panic!("{cancelled:?}");
    };
    let reasons = cancelled.cancellation_reasons();
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    assert_eq!(reasons[1].item().unwrap()["colour"], text("red"));

    let second = client
        .get_item()
        .table_name("things")
        .key("id", text("second"));
    assert!(second.send().await.unwrap().item.is_none());
    platform.stop().await;
}

#[tokio::test]
async fn a_page_in_a_browser_is_refused() {
    let platform = platform().await;
    for server in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"] {
        let url = variable(&platform, server);
        let check = async |expected: u16, method: reqwest::Method, header: (&str, &str)| {
            let answer = reqwest::Client::new()
                .request(method.clone(), &url)
                .header("x-amz-target", "DynamoDB_20120810.ListTables")
                .header(header.0, header.1)
                .body("{}")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), expected, "{server} {method} {header:?}");
            let headers = answer.headers().keys();
            let allowed = headers
                .filter(|name| name.as_str().starts_with("access-control-"))
                .count();
            assert_eq!(allowed, 0, "{server} {method} {header:?}");
        };
        for method in [reqwest::Method::POST, reqwest::Method::OPTIONS] {
            check(403, method.clone(), ("origin", "https://evil.example")).await;
            check(403, method.clone(), ("origin", "null")).await;
            check(403, method.clone(), ("origin", url.as_str())).await;
            check(403, method, ("host", "evil.example:3000")).await;
        }
    }

    let url = variable(&platform, "AWS_ENDPOINT_URL_DYNAMODB");
    let ask = async |host: &str, operation: &str, body: Vec<u8>| {
        let request = reqwest::Client::new()
            .post(&url)
            .header("host", host)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for host in ["127.0.0.1", "localhost:1"] {
        let (status, tables) = ask(host, "ListTables", b"{}".to_vec()).await;
        assert_eq!(status, 200, "{tables}");
        assert!(tables.contains("TableNames"), "{tables}");
    }
    let (status, unknown) = ask("localhost", "DropEverything", b"{}".to_vec()).await;
    assert_eq!(status, 400);
    assert!(unknown.contains("UnknownOperationException"), "{unknown}");
    let (status, unreadable) = ask("localhost", "GetItem", b"{".to_vec()).await;
    assert_eq!(status, 400);
    assert!(
        unreadable.contains("#SerializationException"),
        "{unreadable}"
    );
    let too_large = vec![b' '; 16 * 1024 * 1024 + 1];
    assert_eq!(ask("localhost", "ListTables", too_large).await.0, 413);
    platform.stop().await;
}
