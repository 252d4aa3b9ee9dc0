//! `/scrapes`.

use gateway::{Problem, Request, Response};

gateway::deps! {
    clock: domain::Clock,
}

/// Answers that there is nothing.
///
/// # Errors
/// Always.
pub async fn handle(_: &Deps, request: Request) -> Result<Response, Problem> {
    Err(Problem::unrouted(request.route()))
}

#[derive(utoipa::OpenApi)]
#[openapi()]
struct Api;

/// No documentation.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    gateway::openapi::document::<Api>(&[])
}
