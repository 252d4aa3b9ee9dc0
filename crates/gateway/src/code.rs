//! The codes of problems, with the status and the title of each: the one place where what went wrong becomes a status.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for programs. Codes are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// A field, a parameter or a cursor is not acceptable; `errors` says which.
    ValidationFailed,
    /// The body is not of a media type that the route reads.
    UnsupportedMediaType,
    /// The body is larger than the route reads.
    PayloadTooLarge,
    /// The route needs an `x-api-key`.
    ApiKeyMissing,
    /// The key is unknown, expired or revoked.
    ApiKeyInvalid,
    /// The address or the password is wrong.
    CredentialsInvalid,
    /// The route needs an access or a refresh token.
    TokenMissing,
    /// The token or the link is not valid, was used, or has expired.
    TokenInvalid,
    /// The tenant wants the address to be verified first.
    EmailUnverified,
    /// The caller is known but may not do this.
    Forbidden,
    /// A cookie came from a page that is not the tenant's.
    OriginNotAllowed,
    /// There is no such thing, or it is not the caller's.
    NotFound,
    /// The path exists, with other methods.
    MethodNotAllowed,
    /// There is an account with that address.
    EmailTaken,
    /// The family has a member of that name.
    UserNameTaken,
    /// The user has a message key.
    MessageKeyExists,
    /// The family is joined by invitation only.
    InviteRequired,
    /// The same idempotency key came with another body.
    IdempotencyConflict,
    /// It was changed by somebody else at the same time, and is as they left it.
    Conflict,
    /// There are as many of these as there may be.
    LimitReached,
    /// Too many of these; `Retry-After` says when the next one may come.
    RateLimited,
    /// It existed, and is gone for good.
    Gone,
    /// Something behind the platform is down; `Retry-After` says when to try again.
    Unavailable,
    /// A mistake on this side. The log knows more, under the request's id.
    Internal,
}

impl Code {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::MalformedJson => "The body is not JSON",
            Self::ValidationFailed => "Some input is not valid",
            Self::UnsupportedMediaType => "The media type is not supported",
            Self::PayloadTooLarge => "The body is too large",
            Self::ApiKeyMissing => "An API key is required",
            Self::ApiKeyInvalid => "The API key is not valid",
            Self::CredentialsInvalid => "The e-mail address or the password is wrong",
            Self::TokenMissing => "A token is required",
            Self::TokenInvalid => "The token is not valid",
            Self::EmailUnverified => "The e-mail address is not verified",
            Self::Forbidden => "Not allowed",
            Self::OriginNotAllowed => "The origin is not allowed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "The method is not allowed",
            Self::EmailTaken => "The e-mail address is taken",
            Self::UserNameTaken => "The user name is taken",
            Self::MessageKeyExists => "There is a message key",
            Self::InviteRequired => "An invitation is required",
            Self::IdempotencyConflict => "The idempotency key was used for something else",
            Self::Conflict => "Changed at the same time",
            Self::LimitReached => "There are as many as there may be",
            Self::RateLimited => "Too many attempts",
            Self::Gone => "Gone",
            Self::Unavailable => "Temporarily unavailable",
            Self::Internal => "Internal error",
        }
    }

    /// The status that it comes with; `token_invalid` is a 400 where the token is a link's.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson | Self::ValidationFailed => StatusCode::BAD_REQUEST,
            Self::ApiKeyMissing
            | Self::ApiKeyInvalid
            | Self::CredentialsInvalid
            | Self::TokenMissing
            | Self::TokenInvalid => StatusCode::UNAUTHORIZED,
            Self::EmailUnverified
            | Self::Forbidden
            | Self::OriginNotAllowed
            | Self::InviteRequired => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::EmailTaken
            | Self::UserNameTaken
            | Self::MessageKeyExists
            | Self::IdempotencyConflict
            | Self::Conflict
            | Self::LimitReached => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name that is written in a document.
    #[must_use]
    pub fn as_str(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}
