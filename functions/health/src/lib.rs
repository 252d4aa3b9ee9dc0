//! `/health` and below say whether the platform works; `$default` answers whatever no route matches.

mod ready;
mod sites;
mod unmatched;

use domain::Clock;
use gateway::{Callers, Problem, Request, Response};
use repository::Tenants;
use serde::Serialize;
use token::KeyRing;
use utoipa::ToSchema;

gateway::deps! {
    callers: Callers,
    tenants: Tenants,
    ring: KeyRing,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /" => Ok(root()),
        "GET /health" => Ok(health()),
        "GET /health/live" => Ok(live()),
        "GET /health/ready" => ready::handle(deps, &request).await,
        _ => unmatched::handle(&request),
    }
}

/// That something answers.
#[derive(Serialize, ToSchema)]
struct Root {
    ok: bool,
}

/// How it is.
#[derive(Serialize, ToSchema)]
struct Status {
    status: &'static str,
}

#[utoipa::path(get, path = "/", tag = "health", summary = "Say hello", responses((status = 200, description = "It answers", body = Root)))]
fn root() -> Response {
    Response::ok(&Root { ok: true })
}

#[utoipa::path(get, path = "/health", tag = "health", summary = "Say whether it works", responses((status = 200, description = "It works", body = Status)))]
fn health() -> Response {
    Response::ok(&Status { status: "ok" })
}

#[utoipa::path(get, path = "/health/live", tag = "health", summary = "Say whether it lives, touching nothing", responses((status = 200, description = "It lives", body = Status)))]
fn live() -> Response {
    Response::ok(&Status { status: "live" })
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(root, health, live, ready::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{USER, document};

    document::<Api>(&[
        ("GET /", &[] as &[_]),
        ("GET /health", &[]),
        ("GET /health/live", &[]),
        // The sites are an admin's business; without `sites` nobody needs to sign in.
        ("GET /health/ready", &[USER, &[Code::Forbidden]]),
    ])
}
