//! AWS clients, configured by hand: it costs a fifth of what loading every default does (docs/adr/0004-start-up.md).

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use gateway::{MissingVariable, Provide};
use repository::{Database, RetryConflicts};

use crate::Env;

/// Long enough for a slow answer, short enough for a client to be told before it gives up.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build()
}

/// The SDK's own retries, with jitter, from 50 ms on.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
}

fn credentials(env: &Env) -> Result<Credentials, MissingVariable> {
    let (id, secret) = (
        env.variable("AWS_ACCESS_KEY_ID")?,
        env.variable("AWS_SECRET_ACCESS_KEY")?,
    );
    Ok(Credentials::new(
        id,
        secret,
        env.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

fn region(env: &Env) -> Result<Region, MissingVariable> {
    Ok(Region::new(env.variable("AWS_REGION")?))
}

/// The endpoint of one service, where the environment names one: the variables that every AWS SDK reads
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
pub(crate) fn endpoint(env: &Env, service: &str) -> Option<String> {
    env.optional(&format!("AWS_ENDPOINT_URL_{service}"))
        .or_else(|| env.optional("AWS_ENDPOINT_URL"))
}

/// Each service has its own type for the same configuration.
macro_rules! configuration {
    ($env:expr, $service:ident, $name:literal) => {{
        let mut config = $service::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials($env)?)
            .region(region($env)?)
            .http_client($env.http_client())
            .timeout_config(timeouts())
            .retry_config(retries());
        config.set_endpoint_url(endpoint($env, $name));
        if let Some(waits) = $env.waits() {
            config.push_interceptor(
                aws_smithy_runtime_api::client::interceptors::SharedInterceptor::new(waits),
            );
        }
        config
    }};
}

impl Provide<Database> for Env {
    fn provide(&self) -> Result<Database, MissingVariable> {
        if let Some(client) = self.dynamodb.get() {
            return Ok(Database::new(client.clone()));
        }
        let config = configuration!(self, aws_sdk_dynamodb, "DYNAMODB")
            .retry_classifier(RetryConflicts)
            .build();
        Ok(Database::new(
            self.dynamodb
                .get_or_init(|| aws_sdk_dynamodb::Client::from_conf(config))
                .clone(),
        ))
    }
}

pub(crate) fn sqs(env: &Env) -> Result<aws_sdk_sqs::Client, MissingVariable> {
    if let Some(client) = env.sqs.get() {
        return Ok(client.clone());
    }
    let config = configuration!(env, aws_sdk_sqs, "SQS").build();
    Ok(env
        .sqs
        .get_or_init(|| aws_sdk_sqs::Client::from_conf(config))
        .clone())
}

pub(crate) fn sns(env: &Env) -> Result<aws_sdk_sns::Client, MissingVariable> {
    let config = configuration!(env, aws_sdk_sns, "SNS");
    Ok(aws_sdk_sns::Client::from_conf(config.build()))
}

pub(crate) fn secrets_manager(
    env: &Env,
) -> Result<aws_sdk_secretsmanager::Client, MissingVariable> {
    let config = configuration!(env, aws_sdk_secretsmanager, "SECRETS_MANAGER").build();
    Ok(aws_sdk_secretsmanager::Client::from_conf(config))
}

pub(crate) fn s3(env: &Env) -> Result<aws_sdk_s3::Client, MissingVariable> {
    let mut config = configuration!(env, aws_sdk_s3, "S3");
    // What stands in for AWS has no host for each bucket.
    config.set_force_path_style(endpoint(env, "S3").map(|_| true));
    Ok(aws_sdk_s3::Client::from_conf(config.build()))
}

/// Without retries: a mail whose answer was lost may have gone out. So it is also given more time to answer.
pub(crate) fn ses(env: &Env) -> Result<aws_sdk_sesv2::Client, MissingVariable> {
    let patience = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(10));
    let config = configuration!(env, aws_sdk_sesv2, "SESV2")
        .retry_config(RetryConfig::disabled())
        .timeout_config(patience.build());
    Ok(aws_sdk_sesv2::Client::from_conf(config.build()))
}
