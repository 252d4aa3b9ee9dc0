//! `/health` and `/health/live` say that something answers; `$default` answers whatever no route matches.

mod unmatched;

use gateway::{FromEnv, MissingVariable, Problem, Request, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// This function touches nothing.
#[derive(Clone)]
pub struct Deps;

impl<Env> FromEnv<Env> for Deps {
    fn from_env(_: &Env) -> Result<Self, MissingVariable> {
        Ok(Self)
    }
}

/// # Errors
/// What the contract says of the route.
#[expect(clippy::unused_async, reason = "every function's handle is async")]
pub async fn handle(_: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /" => Ok(root()),
        "GET /health" => Ok(health()),
        "GET /health/live" => Ok(live()),
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
#[openapi(paths(root, health, live))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    gateway::openapi::document::<Api>(&[
        ("GET /", &[] as &[_]),
        ("GET /health", &[]),
        ("GET /health/live", &[]),
    ])
}
