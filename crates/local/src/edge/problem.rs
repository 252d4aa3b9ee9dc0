//! The few answers that API Gateway would give itself, in the shape of the contract.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

/// An answer that no function gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: &'static str,
}

impl Problem {
    /// The request is not one that can be passed on.
    pub const BAD_REQUEST: Self = Self {
        status: StatusCode::BAD_REQUEST,
        code: "validation_failed",
        title: "Bad request",
        detail: "The request line or a header is malformed.",
    };
    /// More body than API Gateway takes.
    pub const BODY_TOO_LARGE: Self = Self {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "payload_too_large",
        title: "Payload too large",
        detail: "The body is larger than 10 MB.",
    };
    /// More headers than API Gateway takes.
    pub const HEADERS_TOO_LARGE: Self = Self {
        status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        code: "payload_too_large",
        title: "Request header fields too large",
        detail: "The request line and headers are larger than 10 KB.",
    };
    /// Not for this caller.
    pub const FORBIDDEN: Self = Self {
        status: StatusCode::FORBIDDEN,
        code: "forbidden",
        title: "Forbidden",
        detail: "This part of the platform answers this machine's own programs and pages only.",
    };
    /// No route, in a template without a default one.
    pub const NOT_FOUND: Self = Self {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        title: "Not found",
        detail: "There is nothing here.",
    };
    /// The function failed.
    pub const INTERNAL: Self = Self {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "internal",
        title: "Internal server error",
        detail: "Something went wrong on our side.",
    };
    /// The function did not answer.
    pub const UNAVAILABLE: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "unavailable",
        title: "Service unavailable",
        detail: "The service can't answer at the moment.",
    };

    /// A 400 with words of its own.
    #[must_use]
    pub const fn invalid(detail: &'static str) -> Self {
        Self {
            detail,
            ..Self::BAD_REQUEST
        }
    }

    /// A 415 that says what to send instead.
    #[must_use]
    pub const fn unsupported_media_type(detail: &'static str) -> Self {
        Self::invalid(detail).with(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
        )
    }

    /// The problem with another status and code.
    #[must_use]
    pub const fn with(self, status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            ..self
        }
    }

    /// The answer.
    #[must_use]
    pub fn into_response(self, request_id: Uuid) -> Response<Body> {
        let body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "request_id": request_id,
            "code": self.code,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Ok(id) = HeaderValue::try_from(request_id.to_string()) {
            headers.insert("x-request-id", id);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
