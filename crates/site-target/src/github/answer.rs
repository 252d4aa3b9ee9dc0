//! One request to GitHub, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// The version of the API that is asked for (<https://docs.github.com/en/rest/about-the-rest-api/api-versions>).
const VERSION: &str = "2022-11-28";
/// The most bytes of an answer: a tree has at most 7 MB, and a list of 5,000 files with the longest names as much.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The longest that GitHub is left alone.
const LONGEST_REST: Duration = Duration::from_hours(1);
/// How long when it does not say: what its documentation asks for.
const REST: Duration = Duration::from_mins(1);
/// How much of what GitHub says is passed on, in characters.
const MAX_MESSAGE: usize = 300;

/// A request.
pub(super) struct Asked {
    method: Method,
    path: String,
    accept: &'static str,
    body: Vec<u8>,
}

impl Asked {
    pub(super) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            accept: "application/vnd.github+json",
            body: Vec::new(),
        }
    }

    /// For the bytes of a blob, not a description of it.
    pub(super) fn raw(mut self) -> Self {
        self.accept = "application/vnd.github.raw+json";
        self
    }

    pub(super) fn json(mut self, body: &impl serde::Serialize) -> Result<Self, Error> {
        self.body = serde_json::to_vec(body).map_err(failed)?;
        Ok(self)
    }
}

impl Clone for Asked {
    fn clone(&self) -> Self {
        Self {
            method: self.method.clone(),
            path: self.path.clone(),
            accept: self.accept,
            body: self.body.clone(),
        }
    }
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

#[derive(Deserialize)]
struct Said {
    message: String,
    #[serde(default)]
    errors: serde_json::Value,
}

impl Answer {
    /// Asks within a time.
    pub(super) async fn of(
        client: &Octocrab,
        asked: Asked,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let mut request = Request::builder()
            .method(asked.method)
            .uri(asked.path)
            .header(ACCEPT, asked.accept)
            .header("x-github-api-version", VERSION);
        if !asked.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(asked.body).map_err(failed)?;
        let answer = async {
            let answer = client.execute(request).await.map_err(of_octocrab)?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, MAX_BYTES).collect().await;
            Ok(Self {
                status: parts.status,
                headers: parts.headers,
                body: body.map_err(Error::Unavailable)?.to_bytes(),
            })
        };
        let answer = tokio::time::timeout(timeout, answer).await;
        answer.map_err(failed)?
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(failed)
    }

    /// What GitHub says of an error, with all that it says of its parts.
    pub(super) fn message(&self) -> String {
        let Ok(said) = serde_json::from_slice::<Said>(&self.body) else {
            return format!("status {}", self.status.as_u16());
        };
        if said.errors.is_null() {
            said.message
        } else {
            format!("{} {}", said.message, said.errors)
        }
    }

    /// What an answer that is no success means, where a caller knows no better.
    pub(super) fn error(&self, now: Timestamp) -> Error {
        let message = self.message();
        if let Some(limited) = self.limited(&message, now) {
            return limited;
        }
        match self.status.as_u16() {
            401 => refused(
                "token_refused",
                said("does not take the credential", &message),
            ),
            301 | 302 | 307 | 308 => refused(
                "repository_moved",
                "GitHub says that the repository has moved: set the site to its new name",
            ),
            404 => refused(
                "repository_missing",
                "GitHub has no such repository or branch, or the credential may not see it",
            ),
            409 => Error::Moved,
            413 => refused("too_large", said("takes no file of that size", &message)),
            403 | 422 if is_protection(&message) => protected(&message),
            403 => refused(
                "token_refused",
                said("does not let the credential do it", &message),
            ),
            400..=499 => refused("refused", said("refuses it", &message)),
            _ => failed(format!(
                "GitHub answered {}: {}",
                self.status,
                short(&message)
            )),
        }
    }

    /// Whether it asks to be left alone
    /// (<https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
    pub(super) fn limited(&self, message: &str, now: Timestamp) -> Option<Error> {
        let is_secondary = message
            .to_ascii_lowercase()
            .contains("secondary rate limit");
        let number = |name: &str| {
            let value = self.headers.get(name)?.to_str().ok()?;
            value.trim().parse::<i64>().ok()
        };
        let is_spent = number("x-ratelimit-remaining") == Some(0);
        let after = number(RETRY_AFTER.as_str());
        let may_be = matches!(self.status.as_u16(), 403 | 429);
        let is_it = self.status == StatusCode::TOO_MANY_REQUESTS
            || may_be && (is_secondary || is_spent || after.is_some());
        is_it.then(|| self.rest(now))
    }

    /// For how long to leave it alone.
    pub(super) fn rest(&self, now: Timestamp) -> Error {
        let number = |name: &str| {
            let value = self.headers.get(name)?.to_str().ok()?;
            value.trim().parse::<i64>().ok()
        };
        let reset = number("x-ratelimit-reset")
            .filter(|_| number("x-ratelimit-remaining") == Some(0))
            .map(|at| at.saturating_sub(now.as_second()).saturating_add(1));
        let seconds = number(RETRY_AFTER.as_str()).or(reset);
        let asked = seconds.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        let retry_after = asked.unwrap_or(REST);
        Error::Limited {
            retry_after: retry_after.clamp(Duration::from_secs(1), LONGEST_REST),
        }
    }
}

/// Whether GitHub says that the branch is protected, in one of its ways: classic protection, rulesets, push protection.
pub(super) fn is_protection(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "protected branch",
        "rule violation",
        "through a pull request",
        "branch protection",
        "gh006",
        "gh013",
    ]
    .iter()
    .any(|words| message.contains(words))
}

pub(super) fn protected(message: &str) -> Error {
    let message = said(
        "does not let the branch be written to, because it is protected",
        message,
    );
    refused("branch_protected", message)
}

/// What octocrab says when it could not get a token for a request.
pub(super) fn of_octocrab(error: octocrab::Error) -> Error {
    let octocrab::Error::GitHub { source, .. } = &error else {
        return failed(error);
    };
    match source.status_code.as_u16() {
        401 | 403 | 404 | 422 => {
            let message = said("gives the App no token for the repository", &source.message);
            refused("token_refused", message)
        }
        429 => Error::Limited { retry_after: REST },
        _ => failed(error),
    }
}

pub(super) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unavailable(error.into())
}

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::Refused {
        code,
        message: message.into(),
    }
}

pub(super) fn said(what: &str, message: &str) -> String {
    format!("GitHub {what}: {}", short(message))
}

fn short(message: &str) -> String {
    let words: Vec<_> = message.split_whitespace().collect();
    words.join(" ").chars().take(MAX_MESSAGE).collect()
}
