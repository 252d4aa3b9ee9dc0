//! `/messages`: one's secret messages, to list, read and delete.

mod list;
mod read;

use domain::Clock;
use gateway::{Callers, Problem, Request, Response};
use repository::messages::NotTaken;
use repository::{AuditLog, LoginAttempts, MessageKeys, Messages};
use token::KeyRing;
use uuid::Uuid;

gateway::deps! {
    callers: Callers,
    keys: MessageKeys,
    messages: Messages,
    attempts: LoginAttempts,
    audit: AuditLog,
    ring: KeyRing,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /messages" => list::handle(deps, &request).await,
        "POST /messages/{id}/read" => read::plaintext(deps, &request).await,
        "POST /messages/{id}/ciphertext" => read::ciphertext(deps, &request).await,
        "DELETE /messages/{id}" => delete(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(delete, path = "/messages/{id}", tag = "messages", summary = "Delete one of one's messages",
    params(("id" = Uuid, Path, description = "The message")),
    responses((status = 204, description = "The message is gone")))]
async fn delete(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let id = id(request)?;
    let claims = deps.callers.claims(request).await?;
    let key = async { Ok(deps.keys.of_user(&claims.sub).await?) };
    let (_, key) = futures::try_join!(deps.callers.still_signed_in(request, &claims), key)?;
    let key = key.ok_or_else(unknown)?;
    let now = deps.clock.now();
    let deleted = deps.messages.delete(&key.drop_address, id, now).await?;
    deleted.map_err(not_taken)?;
    Ok(Response::no_content())
}

/// The message that is asked for; what can't be one's id is unknown like any other.
fn id(request: &Request) -> Result<Uuid, Problem> {
    let id = request.path_parameter("id");
    id.and_then(|id| Uuid::parse_str(id).ok())
        .ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::not_found("you have no such message")
}

fn not_taken(why: NotTaken) -> Problem {
    match why {
        NotTaken::Unknown => unknown(),
        NotTaken::Gone => Problem::gone("the message has expired, or it was burnt by its reader"),
        NotTaken::InDoubt => Problem::in_doubt(
            "no answer came from the database: the message may have been given out, and one that burns is gone then",
        ),
        NotTaken::Burns => Problem::invalid_field(
            "keep",
            domain::Invalid::new("burns", "can't be: the message burns when it is read"),
        ),
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(list::handle, read::plaintext, read::ciphertext, delete))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, PASSPHRASE, USER};

    const MESSAGE: &[Code] = &[Code::NotFound, Code::Gone];
    gateway::openapi::document::<Api>(&[
        ("GET /messages", &[USER, &[Code::ValidationFailed]] as &[_]),
        (
            "POST /messages/{id}/read",
            &[BODY, USER, COOKIE, PASSPHRASE, MESSAGE] as &[_],
        ),
        (
            "POST /messages/{id}/ciphertext",
            &[USER, COOKIE, MESSAGE, &[Code::ValidationFailed]] as &[_],
        ),
        ("DELETE /messages/{id}", &[USER, COOKIE, MESSAGE] as &[_]),
    ])
}
