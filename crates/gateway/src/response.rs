//! What a function answers.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_http::Body;
use serde::Serialize;
use utoipa::ToSchema;

/// An answer under construction.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

/// An answer that only says that it worked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// For people.
    pub message: &'static str,
}

impl Response {
    /// 200 with JSON.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with JSON.
    pub fn created(body: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    /// 200 with a sentence.
    #[must_use]
    pub fn message(message: &'static str) -> Self {
        Self::ok(&Message { message })
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Body::Empty,
        }
    }

    /// JSON with any status.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Answers are plain structs: a map with keys that aren't text, the one thing that fails here, is not among them.
        let text = serde_json::to_string(body).unwrap_or_default();
        Self::content(HeaderValue::from_static("application/json"), text).with_status(status)
    }

    /// 200 with content of any type.
    pub fn content(content_type: HeaderValue, body: impl Into<Body>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type);
        Self {
            status: StatusCode::OK,
            headers,
            body: body.into(),
        }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header, in place of one of that name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With one more cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: &cookie::Cookie<'_>) -> Self {
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            self.headers.append(header::SET_COOKIE, value);
        }
        self
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer as API Gateway takes it, with the headers that every answer has.
    #[must_use]
    pub(crate) fn finish(mut self, request_id: &str) -> http::Response<Body> {
        let uncacheable = self.headers.contains_key(header::SET_COOKIE)
            || !self.headers.contains_key(header::CACHE_CONTROL);
        if uncacheable {
            self.headers
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        self.headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Ok(id) = HeaderValue::from_str(request_id) {
            self.headers
                .insert(HeaderName::from_static("x-request-id"), id);
        }
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
