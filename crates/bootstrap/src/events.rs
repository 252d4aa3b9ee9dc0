//! The `main` of a function that a queue or a schedule calls.

use std::future::Future;
use std::sync::Arc;

use trigger::{Delivery, FromEnv, Message};

use crate::{Env, run};

/// Makes a function's dependencies from the environment, and handles messages until the runtime stops it.
///
/// # Errors
/// When the environment lacks something, or the runtime can't be reached.
pub async fn run_batch<Deps, F, E>(
    handle: impl Fn(Arc<Deps>, Message) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    Deps: FromEnv<Env> + Send + Sync,
    F: Future<Output = Result<(), E>> + Send,
    E: std::error::Error,
{
    let deps: Arc<Deps> = run::start().await?;
    trigger::serve_batch(|message| handle(deps.clone(), message)).await
}

/// Makes a function's dependencies from the environment, and handles the messages of each batch together until the runtime stops
/// it.
///
/// # Errors
/// When the environment lacks something, or the runtime can't be reached.
pub async fn run_together<Deps, F>(
    handle: impl Fn(Arc<Deps>, Vec<Delivery>) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    Deps: FromEnv<Env> + Send + Sync,
    F: Future<Output = ()> + Send,
{
    let deps: Arc<Deps> = run::start().await?;
    trigger::serve_together(|deliveries| handle(deps.clone(), deliveries)).await
}

/// Makes a function's dependencies from the environment, and does what a schedule asks for until the runtime stops it.
///
/// # Errors
/// When the environment lacks something, or the runtime can't be reached.
pub async fn run_schedule<Deps, F, E>(
    handle: impl Fn(Arc<Deps>) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    Deps: FromEnv<Env> + Send + Sync,
    F: Future<Output = Result<(), E>> + Send,
    E: std::error::Error,
{
    let deps: Arc<Deps> = run::start().await?;
    trigger::serve_schedule(|| handle(deps.clone())).await
}
