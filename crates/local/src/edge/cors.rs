//! What a page of another origin may do.

use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use template::Cors;

use super::OriginSource;

/// The headers that are the edge's to set: what a function says about them never gets out.
const CORS_HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// The template's rules, for its origins and those of all tenants.
pub(super) struct Policy {
    cors: Cors,
    tenant_origins: OriginSource,
}

impl Policy {
    pub(super) fn new(cors: Cors, tenant_origins: OriginSource) -> Self {
        Self {
            cors,
            tenant_origins,
        }
    }

    /// The answer to a preflight; `None` for every other request.
    pub(super) async fn preflight(&self, parts: &Parts) -> Option<Response<Body>> {
        let is_preflight = parts.method == Method::OPTIONS
            && parts.headers.contains_key(header::ORIGIN)
            && parts
                .headers
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        if self.allow(&parts.headers, headers).await {
            insert_list(
                headers,
                header::ACCESS_CONTROL_ALLOW_METHODS,
                &self.cors.allow_methods,
            );
            insert_list(
                headers,
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                &self.cors.allow_headers,
            );
            if let Some(seconds) = self.cors.max_age_seconds {
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.into());
            }
        }
        Some(response)
    }

    /// Says on an answer who may read it.
    pub(super) async fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        for name in &CORS_HEADERS {
            response.remove(name);
        }
        if self.allow(request, response).await {
            insert_list(
                response,
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                &self.cors.expose_headers,
            );
        }
    }

    async fn allow(&self, request: &HeaderMap, response: &mut HeaderMap) -> bool {
        // Also without an origin, so that a cache never gives one page the answer for another.
        add_vary(response);
        let Some(origin) = request.get(header::ORIGIN) else {
            return false;
        };
        if self.cors.allow_origins.iter().any(|allowed| allowed == "*")
            && !self.cors.allow_credentials
        {
            response.insert(
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            );
            return true;
        }
        let Ok(text) = origin.to_str() else {
            return false;
        };
        let allowed = self
            .cors
            .allow_origins
            .iter()
            .any(|allowed| allowed == text)
            || (self.tenant_origins)().await.contains(text);
        if allowed {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if self.cors.allow_credentials {
                response.insert(
                    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                    HeaderValue::from_static("true"),
                );
            }
        }
        allowed
    }
}

fn insert_list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if let Ok(value) = HeaderValue::try_from(values.join(","))
        && !values.is_empty()
    {
        headers.insert(name, value);
    }
}

fn add_vary(headers: &mut HeaderMap) {
    let names = headers
        .get(header::VARY)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let has_origin = names
        .split(',')
        .any(|name| matches!(name.trim().to_ascii_lowercase().as_str(), "origin" | "*"));
    let vary = match (has_origin, names.is_empty()) {
        (true, _) => return,
        (false, true) => "origin".to_owned(),
        (false, false) => format!("{names}, origin"),
    };
    if let Ok(vary) = HeaderValue::try_from(vary) {
        headers.insert(header::VARY, vary);
    }
}
