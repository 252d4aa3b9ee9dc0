//! `GET /.well-known/jwks.json`: the keys that verify this platform's access tokens.

use domain::Clock;
use gateway::{Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};
use serde::Serialize;
use token::KeyRing;
use token::key_set::PublicKey;
use utoipa::ToSchema;

gateway::deps! {
    ring: KeyRing,
    clock: Clock,
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
struct Jwks {
    /// Every key that verifies; a new one is here before it signs.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<PublicKey>,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "keys", summary = "Get the public signing keys",
    responses((status = 200, description = "The keys, cacheable for 5 minutes", body = Jwks,
        headers(("cache-control" = String, description = "`public, max-age=300`")))))]
pub async fn handle(deps: &Deps, _: Request) -> Result<Response, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?.public(now);
    let cacheable = HeaderValue::from_static("public, max-age=300");
    Ok(Response::ok(&Jwks { keys }).with_header(header::CACHE_CONTROL, cacheable))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    gateway::openapi::document::<Api>(&[("GET /.well-known/jwks.json", &[] as &[_])])
}
