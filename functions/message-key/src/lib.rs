//! `/messages/key`: the key that secret messages to a user are encrypted to, sealed under a passphrase of its own.

mod create;
mod delete;
mod reseal;

use domain::message::MessageKey;
use domain::{Clock, Random};
use gateway::{Callers, Keys, MessageKeyView, Problem, Request, Response, SignedIn};
use repository::{AuditLog, LoginAttempts, MessageKeys, Messages, Users};

gateway::deps! {
    callers: Callers,
    tenants: Keys,
    users: Users,
    keys: MessageKeys,
    messages: Messages,
    attempts: LoginAttempts,
    audit: AuditLog,
    clock: Clock,
    random: Random,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /messages/key" => create::handle(deps, &request).await,
        "GET /messages/key" => show(deps, &request).await,
        "DELETE /messages/key" => delete::handle(deps, &request).await,
        "PUT /messages/key/password" => reseal::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(get, path = "/messages/key", tag = "messages", summary = "Get one's message key",
    responses((status = 200, description = "The key; its identity is sealed under the passphrase", body = MessageKeyView)))]
async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let (_, key) = signed_in(deps, request).await?;
    let key = key.ok_or_else(no_key)?;
    Ok(Response::ok(&MessageKeyView::from(key)))
}

/// Who asks, and the key of whoever that is. One wait.
async fn signed_in(
    deps: &Deps,
    request: &Request,
) -> Result<(SignedIn, Option<MessageKey>), Problem> {
    let claims = deps.callers.claims(request).await?;
    let key = async { Ok(deps.keys.of_user(&claims.sub).await?) };
    futures::try_join!(deps.callers.still_signed_in(request, &claims), key)
}

fn no_key() -> Problem {
    Problem::not_found("you have no message key; make one by POST /messages/key")
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(create::handle, show, delete::handle, reseal::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, PASSPHRASE, PASSWORD, USER};

    gateway::openapi::document::<Api>(&[
        (
            "POST /messages/key",
            &[BODY, USER, COOKIE, &[Code::MessageKeyExists]] as &[_],
        ),
        ("GET /messages/key", &[USER, &[Code::NotFound]] as &[_]),
        (
            "DELETE /messages/key",
            &[BODY, USER, COOKIE, PASSWORD, &[Code::NotFound]] as &[_],
        ),
        (
            "PUT /messages/key/password",
            &[BODY, USER, COOKIE, PASSPHRASE, &[Code::NotFound]] as &[_],
        ),
    ])
}
