//! `/_local/clock`: the platform's time, and moving it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::clock::Clock;
use crate::edge::Problem;
use crate::mail::Inbox;
use crate::schedules::Schedules;

#[derive(Deserialize)]
struct Move {
    advance_seconds: u64,
}

/// The time.
pub(super) async fn show(State(clock): State<Clock>) -> Response {
    Json(json!({"now": clock.now(), "offset_seconds": clock.offset_seconds()})).into_response()
}

/// Moves the clock forward, and runs what has become due. It never goes back: what has expired would live again.
pub(super) async fn advance(
    State(clock): State<Clock>,
    State(schedules): State<Schedules>,
    State(inbox): State<Inbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match move_clock(&clock, &headers, &body) {
        Ok(()) => {
            schedules.run_due().await;
            inbox.store().wake();
            show(State(clock)).await
        }
        Err(problem) => problem.into_response(Uuid::new_v4()),
    }
}

fn move_clock(clock: &Clock, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    // A form of another page cannot send this type.
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type("Send application/json."));
    }
    let Move { advance_seconds } = serde_json::from_slice(body).map_err(|_| {
        Problem::invalid("Send {\"advance_seconds\": n} with a whole number that is not negative.")
    })?;
    match clock.advance(advance_seconds) {
        Some(_) => Ok(()),
        None => Err(Problem::invalid(
            "The clock can't be moved further than a hundred years.",
        )),
    }
}
