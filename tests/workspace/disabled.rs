//! A disabled account looks like one that does not exist.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use fixtures::{Answer, TestRequest};
use serde_json::json;

use crate::site::{PASSWORD, Site, call};

impl Site {
    /// Disables an account, which no route and no command does yet.
    async fn disable(&self, email: &str) {
        let endpoint = self.world.variable("AWS_ENDPOINT_URL_DYNAMODB");
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(endpoint);
        let now = self.world.clock.clock().now().as_millisecond().to_string();
        Client::from_conf(config.build())
            .update_item()
            .table_name(self.world.variable("USERS_TABLE"))
            .key("user_id", AttributeValue::S(format!("demo#site#{email}")))
            .update_expression("SET disabled_at = :now")
            .condition_expression("attribute_exists(user_id)")
            .expression_attribute_values(":now", AttributeValue::N(now))
            .send()
            .await
            .expect("the account is disabled");
    }
}

/// All that a client can see of an answer.
fn seen(answer: &Answer) -> (u16, String, usize) {
    (answer.status, answer.body.to_string(), answer.waits)
}

#[tokio::test]
async fn a_disabled_account_can_not_be_told_from_an_unknown_one() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    site.disable("user@example.com").await;
    let disabled = site.login("user@example.com", PASSWORD).await;
    assert_eq!(disabled.status, 401, "{disabled:?}");
    assert_eq!(
        seen(&disabled),
        seen(&site.login("nobody@example.com", PASSWORD).await)
    );

    let reset = |email: &str| site.keyed("POST /auth/password-reset", &json!({ "email": email }));
    let disabled = call!(site, reset, reset("user@example.com"));
    assert_eq!(
        seen(&disabled),
        seen(&call!(site, reset, reset("nobody@example.com")))
    );
    let mails = site
        .world
        .jobs()
        .into_iter()
        .filter(|job| job["template"] == "password-reset")
        .count();
    assert_eq!(mails, 0, "nobody is mailed");
}

#[tokio::test]
async fn disabling_an_account_ends_its_sessions_at_once() {
    let site = Site::start().await;
    let (token, refresh_token) = site.session("user@example.com").await;
    site.disable("user@example.com").await;
    let me = call!(site, me, TestRequest::to("GET /user/me").bearer(&token));
    assert_eq!(
        (me.status, &me.body["code"]),
        (401, &json!("token_invalid"))
    );
    let refresh = TestRequest::to("POST /auth/token/refresh")
        .json(&json!({ "refresh_token": refresh_token }));
    assert_eq!(call!(site, refresh, refresh).status, 401);
    let all = TestRequest::to("POST /auth/logout")
        .query("all", "true")
        .bearer(&token);
    assert_eq!(call!(site, logout, all).status, 401);
}
