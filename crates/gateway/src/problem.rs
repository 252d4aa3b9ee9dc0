//! Problem documents (RFC 9457): what a client is told when something went wrong.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Code, Response};

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, or the query parameter.
    pub field: String,
    /// Why, for programs.
    pub code: Cow<'static, str>,
    /// Why, for people.
    pub message: String,
}

/// A problem document as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:cloud-voyages:validation_failed")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// The status, again.
    #[schema(example = 400)]
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The kind of problem, for programs.
    pub code: Code,
    /// Names the request in the logs.
    pub request_id: String,
    /// Every field that was refused, at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// What was checked, where readiness was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub checks: Option<serde_json::Value>,
}

/// A request that is answered with a problem document.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    status: StatusCode,
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    checks: Option<serde_json::Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// A problem with its code, the code's status, and what happened this time.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: code.status(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            checks: None,
            headers: Vec::new(),
            source: None,
        }
    }

    /// 400 for input, with every field that was refused.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let fields = errors
            .iter()
            .map(|e| format!("{} {}", e.field, e.message))
            .collect::<Vec<_>>()
            .join("; ");
        Self {
            errors,
            ..Self::new(Code::ValidationFailed, fields)
        }
    }

    /// 400 for one field.
    #[must_use]
    pub fn invalid_field(field: &str, error: domain::Invalid) -> Self {
        Self::invalid(vec![FieldError {
            field: field.into(),
            code: error.code.into(),
            message: error.message,
        }])
    }

    /// 400 for a body that is not JSON.
    pub fn malformed_json(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::MalformedJson, detail)
    }

    /// 413.
    #[must_use]
    pub fn too_large(limit_bytes: usize) -> Self {
        let detail = format!("a body may have at most {limit_bytes} bytes");
        Self::new(Code::PayloadTooLarge, detail)
    }

    /// 401 for a wrong address or password: the same for an unknown account, a disabled one and another site's.
    #[must_use]
    pub fn credentials_invalid() -> Self {
        Self::new(
            Code::CredentialsInvalid,
            "the e-mail address or the password is wrong",
        )
        .challenge("Bearer realm=\"cloud-voyages\"")
    }

    /// 401 where a token should be.
    #[must_use]
    pub fn token_missing() -> Self {
        Self::new(
            Code::TokenMissing,
            "send an access token as Authorization: Bearer, or the cookie",
        )
        .challenge("Bearer realm=\"cloud-voyages\"")
    }

    /// 401 for a token that is no good, whatever is wrong with it.
    #[must_use]
    pub fn token_invalid() -> Self {
        Self::new(
            Code::TokenInvalid,
            "the token is not valid, or its session has ended",
        )
        .challenge("Bearer realm=\"cloud-voyages\", error=\"invalid_token\"")
    }

    /// 400 for a link that is no good, whatever is wrong with it.
    #[must_use]
    pub fn link_invalid() -> Self {
        let detail = "the link is not valid, was used, or has expired; ask for a new one";
        Self {
            status: StatusCode::BAD_REQUEST,
            ..Self::new(Code::TokenInvalid, detail)
        }
    }

    /// 401 where a key should be.
    #[must_use]
    pub fn api_key_missing() -> Self {
        Self::new(Code::ApiKeyMissing, "send the site's API key as x-api-key")
            .challenge("ApiKey realm=\"cloud-voyages\"")
    }

    /// 401 for a key that is no good.
    pub fn api_key_invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::ApiKeyInvalid, detail).challenge("ApiKey realm=\"cloud-voyages\"")
    }

    /// 403.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Forbidden, detail)
    }

    /// 403 for a cookie from elsewhere.
    #[must_use]
    pub fn origin_not_allowed() -> Self {
        Self::new(
            Code::OriginNotAllowed,
            "cookies are accepted only from the site's own pages",
        )
    }

    /// 410.
    pub fn gone(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Gone, detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// 429 with the seconds to wait.
    pub fn rate_limited(retry_after_seconds: i64, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut problem = Self::new(Code::RateLimited, detail);
        problem.headers.push((
            header::RETRY_AFTER,
            HeaderValue::from(retry_after_seconds.max(1)),
        ));
        problem
    }

    /// 503: something behind is down.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut problem = Self::new(
            Code::Unavailable,
            "something that this needs did not answer; nothing was changed, try again",
        );
        problem
            .headers
            .push((header::RETRY_AFTER, HeaderValue::from_static("2")));
        problem.source = Some(Arc::from(source.into()));
        problem
    }

    /// 503: something behind is down, and nobody knows what it did.
    pub fn in_doubt(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unavailable, detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("2"))
    }

    /// 500, with a source for the log alone.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut problem = Self::new(
            Code::Internal,
            "a mistake on this side; it was written down",
        );
        problem.source = Some(Arc::from(source.into()));
        problem
    }

    /// 500 for a route that the template gives to a function which does not know it.
    #[must_use]
    pub fn unrouted(route: &str) -> Self {
        Self::internal(format!("no such route in this function: {route:?}"))
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds what was checked.
    #[must_use]
    pub fn with_checks(mut self, checks: serde_json::Value) -> Self {
        self.checks = Some(checks);
        self
    }

    fn challenge(self, scheme: &'static str) -> Self {
        self.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme))
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The document.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response {
        let body = ProblemBody {
            kind: format!("urn:cloud-voyages:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code,
            request_id: request_id.into(),
            errors: self.errors,
            checks: self.checks,
        };
        let mut response = Response::json(self.status, &body).with_header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        for (name, value) in self.headers {
            response = response.with_header(name, value);
        }
        response
    }
}

impl From<repository::Error> for Problem {
    fn from(error: repository::Error) -> Self {
        match error {
            repository::Error::Unavailable(_) => Self::unavailable(error),
            repository::Error::Refused(_) | repository::Error::Corrupt(_) => Self::internal(error),
        }
    }
}

impl From<message::Error> for Problem {
    fn from(error: message::Error) -> Self {
        match error {
            // Its owner is signed in, so that this is no 401.
            message::Error::WrongPassphrase => Self {
                errors: vec![FieldError {
                    field: "password".into(),
                    code: "wrong".into(),
                    message: "does not open the message key".into(),
                }],
                ..Self::forbidden("the passphrase is wrong")
            },
            _ => Self::internal(error),
        }
    }
}

impl From<queue::Error> for Problem {
    fn from(error: queue::Error) -> Self {
        Self::unavailable(error)
    }
}

impl From<token::Error> for Problem {
    fn from(error: token::Error) -> Self {
        match error {
            token::Error::Invalid => Self::token_invalid(),
            token::Error::NoSigningKey | token::Error::Unavailable(_) => Self::unavailable(error),
            token::Error::KeySet(_) | token::Error::Replaced => Self::internal(error),
        }
    }
}
