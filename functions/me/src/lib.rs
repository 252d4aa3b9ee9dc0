//! `/user/me`: the caller's own account, to read, rename, export and delete.

mod delete;
mod export;

use domain::user::{Name, UserName};
use domain::{Clock, Invalid};
use gateway::{Callers, Code, Field, Input, Problem, Request, Response, UserBody};
use queue::EmailQueue;
use repository::users::{Changes, NotChanged};
use repository::{AuditLog, LoginAttempts, MessageKeys, Messages, OneTimeTokens, Sessions, Users};
use serde::Deserialize;
use utoipa::ToSchema;

gateway::deps! {
    callers: Callers,
    users: Users,
    sessions: Sessions,
    attempts: LoginAttempts,
    tokens: OneTimeTokens,
    audit: AuditLog,
    message_keys: MessageKeys,
    messages: Messages,
    emails: EmailQueue,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /user/me" => show(deps, &request).await,
        "PATCH /user/me" => rename(deps, &request).await,
        "DELETE /user/me" => delete::handle(deps, &request).await,
        "GET /user/me/export" => export::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(get, path = "/user/me", tag = "account", summary = "Read one's account",
    responses((status = 200, description = "The account", body = UserBody)))]
async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let caller = deps.callers.signed_in(request).await?;
    Ok(Response::ok(&UserBody::from(caller.user)))
}

/// What changes.
#[derive(Default, Deserialize, ToSchema)]
struct RenameBody {
    /// What the person is called.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Field<Name>,
    /// The handle, unique within the family.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    user_name: Field<UserName>,
}

#[utoipa::path(patch, path = "/user/me", tag = "account", summary = "Change one's names",
    request_body = RenameBody, responses((status = 200, description = "The account as it is now", body = UserBody)))]
async fn rename(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: RenameBody = request.json()?;
    let mut input = Input::new();
    if !body.name.is_given() && !body.user_name.is_given() {
        input.refuse("name", Invalid::new("required", "or user_name is required"));
    }
    let name = input.optional("name", body.name);
    let user_name = input.optional("user_name", body.user_name);
    input.finish(())?;
    let user = deps.callers.signed_in(request).await?.user;
    let changes = Changes {
        name,
        user_name,
        password_hash: None,
    };
    let now = deps.clock.now();
    match deps
        .users
        .change(&deps.tokens, &user, &changes, now)
        .await?
    {
        Ok(()) => {}
        Err(NotChanged::UserNameTaken) => {
            return Err(Problem::new(
                Code::UserNameTaken,
                "the family has a member of this name",
            ));
        }
        Err(NotChanged::Gone) => {
            return Err(Problem::unavailable(
                "the account was changed at the same time",
            ));
        }
    }
    let name = changes.name.unwrap_or(user.name);
    let user_name = changes.user_name.or(user.user_name);
    Ok(Response::ok(&UserBody::from(domain::User {
        name,
        user_name,
        ..user
    })))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(show, rename, delete::handle, export::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, PASSWORD, USER};

    gateway::openapi::document::<Api>(&[
        ("GET /user/me", &[USER] as &[_]),
        (
            "PATCH /user/me",
            &[BODY, USER, COOKIE, &[Code::UserNameTaken]] as &[_],
        ),
        ("DELETE /user/me", &[BODY, USER, COOKIE, PASSWORD] as &[_]),
        ("GET /user/me/export", &[USER] as &[_]),
    ])
}
