//! What the protocol refuses, and how it says so.

use axum::http::StatusCode;
use serde_json::Value;

/// A refusal of the protocol: its code, the code of the older protocol that SDKs also look for, and words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) query_code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn client(
        code: &'static str,
        query_code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            query_code,
            message: message.into(),
        }
    }

    pub(super) fn invalid(reason: impl std::fmt::Display) -> Self {
        let message = format!("One or more parameters are invalid. Reason: {reason}");
        Self::client("InvalidParameterValue", "InvalidParameterValue", message)
    }

    pub(super) fn missing(message: &str) -> Self {
        Self::client("MissingParameter", "MissingParameter", message)
    }

    pub(super) fn no_queue() -> Self {
        Self::client(
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        )
    }
}

/// A number of a request, where there is one.
pub(super) fn number(request: &Value, name: &str, most: u32) -> Result<Option<u32>, Refusal> {
    let value = &request[name];
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    let number = number.filter(|number| *number <= most);
    let wrong = || Refusal::invalid(format_args!("{name} is from 0 to {most}."));
    number.map(Some).ok_or_else(wrong)
}

pub(super) fn unavailable(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "the queue can't be written");
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "ServiceUnavailable",
        query_code: "ServiceUnavailable",
        message: "The queue can't be written.".to_owned(),
    }
}
