//! A run of a schedule.

use std::future::Future;

use aws_lambda_events::cloudwatch_events::CloudWatchEvent;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::chain;

/// A run that failed; why is in the log. What `EventBridge` invokes is tried twice more by Lambda.
#[derive(Debug, thiserror::Error)]
#[error("the scheduled run failed")]
pub struct Failed;

/// Does what a schedule asks for. The event says nothing that matters but that it is time.
///
/// # Errors
/// [`Failed`], after one line in the log.
pub async fn scheduled<F, E>(
    event: CloudWatchEvent,
    handle: impl FnOnce() -> F,
) -> Result<(), Failed>
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let id = event.id.unwrap_or_default();
    match handle().await {
        Ok(()) => {
            tracing::info!(event_id = id, "scheduled run done");
            Ok(())
        }
        Err(error) => {
            tracing::error!(event_id = id, error = chain(&error), "scheduled run failed");
            Err(Failed)
        }
    }
}

/// Runs a function under the Lambda Runtime API until it is told to stop.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve_schedule<F, E>(
    handle: impl Fn() -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    F: Future<Output = Result<(), E>> + Send,
    E: std::error::Error,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(
        |event: LambdaEvent<CloudWatchEvent>| async move {
            scheduled(event.payload, handle)
                .await
                .map_err(lambda_runtime::Error::from)
        },
    ))
    .await
}
