//! `/users`: a tenant's own back end makes, changes and reads users with a secret key.

mod write;

use domain::api_key::Scope;
use domain::{Clock, Invalid, Random, UserId};
use gateway::{Keys, Problem, Request, Response, UserBody};
use queue::EmailQueue;
use repository::{AuditLog, OneTimeTokens, Users};
use utoipa::IntoParams;

gateway::deps! {
    keys: Keys,
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
        "GET /users" => show(deps, &request).await,
        "POST /users" => write::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// Which user.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct UserQuery {
    /// `{client_id}#{site_id}#{email}`, percent-encoded.
    user_id: String,
}

#[utoipa::path(get, path = "/users", tag = "users", summary = "Read a user of the tenant", params(UserQuery),
    responses((status = 200, description = "The user", body = UserBody)))]
async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let keyed = deps.keys.tenant_of(request).await?;
    keyed.require(Scope::UsersRead)?;
    let given = request
        .query("user_id")
        .ok_or_else(|| Invalid::new("required", "is required"));
    let id = given
        .and_then(UserId::parse)
        .map_err(|error| Problem::invalid_field("user_id", error))?;
    let unknown = || Problem::not_found("the tenant has no such user");
    if *id.tenant() != keyed.tenant.tenant_id {
        return Err(unknown());
    }
    let user = deps.users.get(&id).await?.ok_or_else(unknown)?;
    Ok(Response::ok(&UserBody::from(user)))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(show, write::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, KEY};

    gateway::openapi::document::<Api>(&[
        (
            "GET /users",
            &[
                KEY,
                &[Code::ValidationFailed, Code::Forbidden, Code::NotFound],
            ] as &[_],
        ),
        (
            "POST /users",
            &[BODY, KEY, &[Code::Forbidden, Code::UserNameTaken]] as &[_],
        ),
    ])
}
