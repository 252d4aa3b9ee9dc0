//! `POST /auth/register` makes an account; `POST /auth/invites` invites somebody into the caller's family.

mod invite;
mod register;

use domain::{Clock, Random};
use gateway::{Callers, Keys, Problem, Request, Response};
use queue::EmailQueue;
use repository::{AuditLog, OneTimeTokens, Users};

gateway::deps! {
    keys: Keys,
    callers: Callers,
    users: Users,
    tokens: OneTimeTokens,
    audit: AuditLog,
    emails: EmailQueue,
    clock: Clock,
    random: Random,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /auth/register" => register::handle(deps, &request).await,
        "POST /auth/invites" => invite::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(register::handle, invite::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, KEY, USER};

    gateway::openapi::document::<Api>(&[
        (
            "POST /auth/register",
            &[
                BODY,
                KEY,
                &[Code::EmailTaken, Code::UserNameTaken, Code::InviteRequired],
            ] as &[_],
        ),
        (
            "POST /auth/invites",
            &[USER, COOKIE, &[Code::Forbidden]] as &[_],
        ),
    ])
}
