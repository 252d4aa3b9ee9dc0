//! A function's `main`.

use std::future::Future;
use std::sync::Arc;

use gateway::{FromEnv, Problem, Request, Response};

use crate::Env;
use crate::env::Unprepared;

/// Makes a function's dependencies from the environment, and answers requests until the runtime stops it.
///
/// # Errors
/// When the environment lacks something, or the runtime can't be reached.
pub async fn run<Deps, F>(
    handle: impl Fn(Arc<Deps>, Request) -> F + Sync,
) -> Result<(), lambda_http::Error>
where
    Deps: FromEnv<Env> + Send + Sync,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    let deps: Arc<Deps> = start().await?;
    gateway::serve(|request| handle(deps.clone(), request)).await
}

/// What a function does before anything is asked of it.
pub(crate) async fn start<Deps: FromEnv<Env>>() -> Result<Arc<Deps>, Unprepared> {
    log();
    let env = Env::of_process();
    let deps = Arc::new(Deps::from_env(&env)?);
    env.prepare().await?;
    Ok(deps)
}

/// JSON lines for `CloudWatch`; `RUST_LOG` is a level, without the filters that would double the size of a small binary.
fn log() {
    let level = std::env::var("RUST_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(tracing::Level::INFO)
        .min(tracing::Level::DEBUG);
    // On Lambda each line has its time already.
    tracing_subscriber::fmt()
        .json()
        .with_max_level(level)
        .without_time()
        .with_target(false)
        // The one span there is stands in each line already.
        .with_span_list(false)
        .init();
}
