//! The platform from outside: its pieces with the real SDKs, and its binary as a person starts it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

mod binary;
mod database;
mod edge;
mod fifo;
mod log;
mod loopback;
mod mail;
mod pages;
mod servers;
mod sites;

use std::sync::Arc;

use local::{Options, Platform};

/// A platform of the test's own.
async fn platform() -> Platform {
    Platform::start(Options::in_memory()).await.unwrap()
}

/// Where the platform's pieces are, in the environment of whichever function comes first.
fn variable(platform: &Platform, name: &str) -> String {
    platform
        .surroundings()
        .environment
        .values()
        .find_map(|variables| variables.get(name))
        .unwrap()
        .clone()
}

fn dynamodb(url: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(url)
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

fn sqs(url: &str) -> aws_sdk_sqs::Client {
    use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(url)
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// A handler of a test: what it is given decides what it answers.
fn handler<F>(answer: F) -> local::edge::Handler
where
    F: Fn(lambda_http::Request) -> lambda_http::Response<lambda_http::Body> + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    Arc::new(move |request| {
        let answer = Arc::clone(&answer);
        Box::pin(async move { answer(request) })
    })
}
