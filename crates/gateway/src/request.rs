//! What a client asked.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use domain::audit::{AuditEvent, Event};
use domain::client::ClientAddress;
use domain::{IdempotencyKey, Timestamp, UserId};
use http::{HeaderMap, Method, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use serde::de::DeserializeOwned;

use crate::{Input, Problem};

/// The largest body of JSON that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// A request as API Gateway hands it over.
pub struct Request {
    method: Method,
    path: String,
    route_key: String,
    id: String,
    source_ip: IpAddr,
    headers: HeaderMap,
    query: HashMap<String, String>,
    path_parameters: HashMap<String, String>,
    body: Body,
}

/// Names the request and nothing of what it carries: passwords, tokens and cookies are in there.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("route", &self.route_key)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl From<lambda_http::Request> for Request {
    fn from(request: lambda_http::Request) -> Self {
        let path = request.raw_http_path().to_owned();
        let pairs = |map: lambda_http::aws_lambda_events::query_map::QueryMap| {
            map.iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect()
        };
        let (query, path_parameters) = (
            pairs(request.query_string_parameters()),
            pairs(request.path_parameters()),
        );
        let context = request.request_context_ref().map(|context| {
            let RequestContext::ApiGatewayV2(context) = context else {
                return <_>::default();
            };
            (
                context.route_key.clone(),
                context.request_id.clone(),
                context.http.source_ip.clone(),
            )
        });
        let (route_key, id, source_ip) = context.unwrap_or_default();
        let (parts, body) = request.into_parts();
        Self {
            method: parts.method,
            path,
            route_key: route_key.unwrap_or_default(),
            id: id.unwrap_or_default(),
            source_ip: source_ip
                .and_then(|ip| ip.parse().ok())
                .unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
            headers: parts.headers,
            query,
            path_parameters,
            body,
        }
    }
}

impl Request {
    /// The route that matched, as the template writes it: `POST /auth/login`, or `$default`.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route_key
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Names the request in the logs, in the answer and in the audit log.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address that API Gateway saw: no header can change it.
    #[must_use]
    pub fn ip(&self) -> String {
        self.source_ip.to_string()
    }

    /// The network that it is in.
    #[must_use]
    pub fn network(&self) -> String {
        domain::client::network(self.source_ip).to_string()
    }

    /// The same, cut to what failures are counted by.
    #[must_use]
    pub fn client_address(&self) -> ClientAddress {
        ClientAddress::new(self.source_ip)
    }

    /// A header's text, where it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether there is a header, readable or not.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// What the audit log says of something that this request did to an account.
    #[must_use]
    pub fn audit(&self, event: Event, user_id: &UserId, now: Timestamp) -> AuditEvent {
        let tenant = user_id.tenant();
        AuditEvent::new(
            event,
            tenant,
            Some(user_id.clone()),
            &self.ip(),
            &self.id,
            now,
        )
    }

    /// What the client calls itself.
    #[must_use]
    pub fn user_agent(&self) -> String {
        self.header("user-agent").unwrap_or_default().to_owned()
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The names in the query, sorted.
    pub(crate) fn query_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.query.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// A variable part of the path.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// A cookie's value.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let values = self
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| cookie::Cookie::split_parse(value.to_owned()).filter_map(Result::ok))
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// What makes a repeated request the same request, where the client says so.
    #[must_use]
    pub fn idempotency_key(&self, input: &mut Input) -> Option<IdempotencyKey> {
        let name = "idempotency-key";
        let key = self.has_header(name).then(|| {
            // What can't be read is not visible ASCII.
            IdempotencyKey::parse(self.header(name).unwrap_or_default())
        });
        key.transpose().unwrap_or_else(|error| {
            input.refuse("Idempotency-Key", error);
            None
        })
    }

    /// A body of any kind of at most `max_bytes`.
    ///
    /// # Errors
    /// 413.
    pub fn bytes_within(&self, max_bytes: usize) -> Result<&[u8], Problem> {
        if self.body.len() > max_bytes {
            return Err(Problem::too_large(max_bytes));
        }
        Ok(self.body.as_ref())
    }

    /// What the body is said to be, without parameters such as `charset`, in lower case; nothing where nothing is said.
    #[must_use]
    pub fn media_type(&self) -> String {
        let given = self.header("content-type").unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    /// Whether there is no body.
    #[must_use]
    pub fn is_bodyless(&self) -> bool {
        self.body.is_empty()
    }

    /// The body as a JSON object. Fields decide for themselves what they take: see [`crate::Field`].
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.json_within(MAX_BODY)
    }

    /// The body as [`Request::json`] reads it, of at most `max_bytes`.
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn json_within<T: DeserializeOwned>(&self, max_bytes: usize) -> Result<T, Problem> {
        self.json_of(&["application/json"], max_bytes)
    }

    /// The body as a JSON merge patch of an object ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)), which may be sent as
    /// plain JSON as well.
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn merge_patch(&self) -> Result<serde_json::Value, Problem> {
        self.json_of(
            &["application/merge-patch+json", "application/json"],
            MAX_BODY,
        )
    }

    fn json_of<T: DeserializeOwned>(
        &self,
        media_types: &[&str],
        max_bytes: usize,
    ) -> Result<T, Problem> {
        let body = self.bytes_within(max_bytes)?;
        if body.is_empty() {
            return Err(Problem::malformed_json(
                "a JSON object is required as the body",
            ));
        }
        self.check_media_type(media_types)?;
        let text = std::str::from_utf8(body).map_err(|error| {
            Problem::malformed_json(format!("not UTF-8 from byte {} on", error.valid_up_to()))
        })?;
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            let what = if error.is_eof() {
                "ends too early"
            } else {
                "is not JSON"
            };
            Problem::malformed_json(format!(
                "the body {what} (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if !value.is_object() {
            return Err(Problem::malformed_json("the body must be a JSON object"));
        }
        serde_json::from_value(value).map_err(|_| Problem::malformed_json("the body can't be read"))
    }

    /// The body as [`Request::json`] reads it, or what an empty object would be where there is no body.
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.is_bodyless() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    fn check_media_type(&self, media_types: &[&str]) -> Result<(), Problem> {
        let given = self.header("content-type").unwrap_or_default();
        let charset = given
            .split(';')
            .skip(1)
            .filter_map(|p| p.trim().split_once('='));
        let utf8 = charset
            .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .all(|(_, value)| value.trim_matches('"').eq_ignore_ascii_case("utf-8"));
        if media_types.contains(&self.media_type().as_str()) && utf8 {
            return Ok(());
        }
        let media_types = media_types.join(" or ");
        Err(Problem::new(
            crate::Code::UnsupportedMediaType,
            format!("send the body as Content-Type: {media_types}, in UTF-8"),
        ))
    }
}
