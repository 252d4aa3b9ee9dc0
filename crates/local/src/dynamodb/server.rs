//! `DynamoDB`'s protocol over HTTP: one route, JSON in, JSON out.
//!
//! The engine brings a server of its own, which is not used: it answers every preflight with `*` and checks no
//! signature, so any web page that guesses the port could read and change the whole database. This one lets no page in.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, middleware, routing};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::refuse_pages;

/// The largest request that `DynamoDB` takes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What is before the operation in the header that names it.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

const UNKNOWN_OPERATION: &str =
    r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;

/// The database as a server.
pub(super) fn router(database: Database) -> Router {
    Router::new()
        .route("/", routing::post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(refuse_pages))
        .with_state(database)
}

async fn answer(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target");
    let operation = target
        .and_then(|value| value.to_str().ok()?.strip_prefix(TARGET_PREFIX))
        .unwrap_or_default()
        .to_owned();
    // The engine waits for the disk.
    let work = tokio::task::spawn_blocking(move || {
        let answer = perform(&database, &operation, &body);
        if let Some(Err(error)) = &answer
            && error.status_code() >= 500
        {
            tracing::error!(operation, %error, "DynamoDB failed");
        }
        answer
    });
    let answer = work
        .await
        .unwrap_or_else(|error| Some(Err(DynoxideError::InternalServerError(error.to_string()))));
    let (status, body) = match answer {
        Some(Ok(body)) => (StatusCode::OK, body),
        Some(Err(error)) => (
            StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST),
            error.to_json(),
        ),
        None => (StatusCode::BAD_REQUEST, UNKNOWN_OPERATION.to_owned()),
    };
    let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, json, body).into_response()
}

/// The operations there are, each with the engine's method for it.
macro_rules! operations {
    ($($operation:literal => $method:ident),+ $(,)?) => {
        /// Does what is asked; `None` for an operation that is not known.
        fn perform(
            database: &Database,
            operation: &str,
            body: &[u8],
        ) -> Option<dynoxide::Result<String>> {
            match operation {
                $($operation => Some(run(body, |request| database.$method(request))),)+
                _ => None,
            }
        }
    };
}

operations! {
    "BatchGetItem" => batch_get_item,
    "BatchWriteItem" => batch_write_item,
    "CreateTable" => create_table,
    "DeleteItem" => delete_item,
    "DeleteTable" => delete_table,
    "DescribeTable" => describe_table,
    "DescribeTimeToLive" => describe_time_to_live,
    "GetItem" => get_item,
    "ListTables" => list_tables,
    "PutItem" => put_item,
    "Query" => query,
    "Scan" => scan,
    "TransactGetItems" => transact_get_items,
    "TransactWriteItems" => transact_write_items,
    "UpdateItem" => update_item,
    "UpdateTable" => update_table,
    "UpdateTimeToLive" => update_time_to_live,
}

fn run<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    method: impl FnOnce(Request) -> dynoxide::Result<Answer>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let answer = method(request)?;
    serde_json::to_string(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's request types check themselves as they are read, and say before their words which refusal it is.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    match message.split_once(':') {
        Some((kind, words)) if kind.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(words.to_owned())
        }
        Some((kind, words)) if kind.starts_with("SERIALIZATION") => {
            DynoxideError::SerializationException(words.to_owned())
        }
        _ => DynoxideError::SerializationException(message),
    }
}
