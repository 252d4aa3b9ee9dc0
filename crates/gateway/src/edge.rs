//! Where a function meets API Gateway.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use lambda_http::Body;

use crate::{Problem, Request, Response};

/// Answers one request: whatever happens inside, even a panic, a client gets an answer with the headers of the contract.
/// A failure is written to the log once, here, with the whole chain of its causes.
pub async fn respond<F>(
    request: lambda_http::Request,
    handle: impl FnOnce(Request) -> F,
) -> http::Response<Body>
where
    F: Future<Output = Result<Response, Problem>>,
{
    let request = Request::from(request);
    let (id, route) = (request.id().to_owned(), request.route().to_owned());
    let outcome = AssertUnwindSafe(async { handle(request).await })
        .catch_unwind()
        .await;
    let outcome = outcome.unwrap_or_else(|_| Err(Problem::internal("the function panicked")));
    let response = match outcome {
        Ok(response) => {
            tracing::info!(route, status = response.status().as_u16(), request_id = id);
            response
        }
        Err(problem) => {
            log(&problem, &route, &id);
            problem.into_response(&id)
        }
    };
    response.finish(&id)
}

fn log(problem: &Problem, route: &str, id: &str) {
    let (status, code) = (problem.status().as_u16(), problem.code().as_str());
    if problem.status().is_server_error() {
        let mut chain = problem.to_string();
        let mut cause = std::error::Error::source(problem);
        while let Some(error) = cause {
            chain = format!("{chain}: {error}");
            cause = error.source();
        }
        tracing::error!(route, status, code, request_id = id, error = chain);
    } else {
        tracing::info!(route, status, code, request_id = id);
    }
}

/// Runs a function under the Lambda Runtime API until it is told to stop.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<F>(handle: impl Fn(Request) -> F + Sync) -> Result<(), lambda_http::Error>
where
    F: Future<Output = Result<Response, Problem>> + Send,
{
    let handle = &handle;
    lambda_http::run(lambda_http::service_fn(|request| async move {
        Ok::<_, std::convert::Infallible>(respond(request, handle).await)
    }))
    .await
}
