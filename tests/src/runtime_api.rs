//! The [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), as much as `provided.al2023`
//! binaries use of it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as Segment, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::{mpsc, oneshot};

/// How long a binary may take to start or to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// The largest answer that Lambda takes is 6 MB.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// What a function says to the API.
#[derive(Debug)]
pub(crate) enum Call {
    Next(Instant, oneshot::Sender<Event>),
    Response(Instant, Bytes),
    Failure(Bytes),
}

/// An event on its way to a function.
#[derive(Debug)]
pub(crate) struct Event {
    pub id: String,
    pub body: String,
}

/// The API, which passes on to `told` what a function says.
pub(crate) fn router(told: mpsc::UnboundedSender<Call>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
        .route("/2018-06-01/runtime/init/error", post(failure))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(told)
}

async fn next(State(told): State<mpsc::UnboundedSender<Call>>) -> Response {
    let (reply, work) = oneshot::channel();
    // Nobody listens and nobody sends once the function is being ended.
    let _ = told.send(Call::Next(Instant::now(), reply));
    let Ok(event) = work.await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", deadline_ms().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:function".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
    ];
    (headers, event.body).into_response()
}

async fn response(
    State(told): State<mpsc::UnboundedSender<Call>>,
    Segment(_): Segment<String>,
    body: Bytes,
) -> StatusCode {
    let _ = told.send(Call::Response(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn failure(State(told): State<mpsc::UnboundedSender<Call>>, body: Bytes) -> StatusCode {
    let _ = told.send(Call::Failure(body));
    StatusCode::ACCEPTED
}

#[expect(
    clippy::disallowed_methods,
    reason = "Lambda tells functions its own time"
)]
fn deadline_ms() -> u128 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    (now + PATIENCE).as_millis()
}
