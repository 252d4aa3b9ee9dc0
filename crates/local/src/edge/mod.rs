//! What API Gateway does: HTTP in, a Lambda event to the function whose route it is, HTTP out.

mod cors;
mod event;
mod problem;
mod routes;
mod server;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::LengthLimitError;
use template::{Cors, Function};
use uuid::Uuid;

use crate::clock::Clock;

pub use event::Facts;
pub use problem::Problem;
pub use server::Listeners;

use cors::Policy;
use routes::Routes;

/// A function: what its binary hands to the Lambda runtime.
pub type Handler = Arc<
    dyn Fn(lambda_http::Request) -> BoxFuture<'static, lambda_http::Response<lambda_http::Body>>
        + Send
        + Sync,
>;

/// Says which origins the tenants have registered. Asked whenever a request has an origin that the template does not name.
pub type OriginSource = Arc<dyn Fn() -> BoxFuture<'static, HashSet<String>> + Send + Sync>;

/// The largest body that API Gateway takes.
pub const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The largest request line and headers that API Gateway takes, all together.
pub const MAX_HEADER_BYTES: usize = 10 * 1024;

/// How long API Gateway waits for a function.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Routes, functions and rules.
pub struct Edge {
    routes: Routes,
    handlers: HashMap<String, Handler>,
    cors: Policy,
    clock: Clock,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

impl Edge {
    /// An edge for the functions of a template. Each must have its handler under its name.
    #[must_use]
    pub fn new(
        functions: &[Function],
        handlers: HashMap<String, Handler>,
        cors: Cors,
        tenant_origins: OriginSource,
        clock: Clock,
    ) -> Self {
        Self {
            routes: Routes::new(functions),
            handlers,
            cors: Policy::new(cors, tenant_origins),
            clock,
        }
    }

    /// Answers a request from outside.
    pub async fn answer(&self, peer: SocketAddr, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Some(preflight) = self.cors.preflight(&parts).await {
            return preflight;
        }
        let request_id = Uuid::new_v4();
        let mut response = match self.receive(peer, request_id, &parts, body).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(request_id),
        };
        self.cors
            .apply(&parts.headers, response.headers_mut())
            .await;
        response
    }

    /// Hands a request to its function. Pages of the platform use the functions in the same way as everybody.
    ///
    /// # Errors
    /// What the edge itself has to say: a request that it does not pass on, a function that failed.
    pub async fn call(
        &self,
        peer: SocketAddr,
        request_id: Uuid,
        parts: &Parts,
        body: &[u8],
    ) -> Result<Response<Body>, Problem> {
        let target = self
            .routes
            .find(&parts.method, parts.uri.path())
            .ok_or(Problem::NOT_FOUND)?;
        let handler = self
            .handlers
            .get(target.function)
            .ok_or(Problem::INTERNAL)?;
        let facts = Facts {
            peer,
            request_id,
            route_key: target.route_key,
            path_parameters: target.path_parameters,
            now: self.clock.now(),
        };
        let request = event::into_request(&event::event(parts, body, &facts)).map_err(|error| {
            tracing::debug!(%error, "a request can't be made into an event");
            Problem::BAD_REQUEST
        })?;
        run(target.function, Arc::clone(handler), request)
            .await
            .map(into_http)
    }

    async fn receive(
        &self,
        peer: SocketAddr,
        request_id: Uuid,
        parts: &Parts,
        body: Body,
    ) -> Result<Response<Body>, Problem> {
        check_head(parts)?;
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES)
            .await
            .map_err(|error| unreadable(&error))?;
        self.call(peer, request_id, parts, &body).await
    }
}

/// Runs a function on a thread of its own: as on Lambda it goes on when the client hangs up, a panic is its own, and so is
/// its CPU. What takes half a second to open a key must not keep the database, which is in this process, from answering.
async fn run(
    name: &str,
    handler: Handler,
    request: lambda_http::Request,
) -> Result<lambda_http::Response<lambda_http::Body>, Problem> {
    let runtime = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || runtime.block_on(handler(request)));
    match tokio::time::timeout(FUNCTION_TIMEOUT, task).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => {
            tracing::error!(function = name, "the function panicked");
            Err(Problem::INTERNAL)
        }
        Err(_) => {
            tracing::error!(function = name, "the function took too long");
            Err(Problem::UNAVAILABLE)
        }
    }
}

/// Refuses what API Gateway never lets through to a function.
fn check_head(parts: &Parts) -> Result<(), Problem> {
    let fields: usize = parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let line = parts.method.as_str().len()
        + parts
            .uri
            .path_and_query()
            .map_or(0, |path| path.as_str().len());
    if fields + line > MAX_HEADER_BYTES {
        return Err(Problem::HEADERS_TOO_LARGE);
    }
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let is_host = url::Url::parse(&format!("http://{host}/")).is_ok_and(|url| {
        // Nothing but a host and a port: what follows must not be read as a user, path or query.
        url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
            && url.fragment().is_none()
    });
    if !is_host || !parts.uri.path().starts_with('/') {
        return Err(Problem::BAD_REQUEST);
    }
    Ok(())
}

fn unreadable(error: &axum::Error) -> Problem {
    tracing::debug!(%error, "a body can't be read");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Problem::BODY_TOO_LARGE;
        }
        cause = error.source();
    }
    Problem::invalid("The body is malformed, or it ends too early.")
}

/// The answer as API Gateway writes it: one value a header, except for cookies.
fn into_http(response: lambda_http::Response<lambda_http::Body>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let body = match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = single_values(&parts.headers);
    response
}

fn single_values(headers: &HeaderMap<HeaderValue>) -> HeaderMap<HeaderValue> {
    let mut single = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        // Lengths and the like are the business of whoever writes the answer.
        if event::is_hop_by_hop(name) || name == header::CONTENT_LENGTH {
            continue;
        }
        if name == header::SET_COOKIE || !single.contains_key(name) {
            single.append(name, value.clone());
        }
    }
    single
}

/// A handler that answers every request with one status and no body.
#[must_use]
pub fn constant(status: StatusCode) -> Handler {
    Arc::new(move |_| {
        let mut response = lambda_http::Response::new(lambda_http::Body::Empty);
        *response.status_mut() = status;
        async move { response }.boxed()
    })
}
