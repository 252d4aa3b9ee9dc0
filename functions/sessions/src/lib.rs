//! `GET /auth/sessions` lists the caller's sessions; `DELETE /auth/sessions/{id}` ends one of them.

use domain::Clock;
use domain::session::EndReason;
use gateway::{Callers, Page, Paging, Problem, Request, Response, SessionView};
use repository::Sessions;
use token::KeyRing;
use utoipa::IntoParams;
use uuid::Uuid;

gateway::deps! {
    callers: Callers,
    sessions: Sessions,
    ring: KeyRing,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /auth/sessions" => list(deps, &request).await,
        "DELETE /auth/sessions/{id}" => end(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct PageQuery {
    /// How many, 1 to 100; 20 unless told.
    limit: Option<u8>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/auth/sessions", tag = "sessions", summary = "List one's sessions", params(PageQuery),
    responses((status = 200, description = "Live sessions, newest first", body = Page<SessionView>)))]
async fn list(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let claims = deps.callers.claims(request).await?;
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let name = format!("sessions of {}", claims.sub);
    let paging = Paging::of(request, &keys, &name, now)?;
    let after = paging
        .after
        .and_then(|position| Uuid::parse_str(&position).ok());
    let rows = async {
        Ok(deps
            .sessions
            .of_user(&claims.sub, after, paging.limit, now)
            .await?)
    };
    let caller = deps.callers.still_signed_in(request, &claims);
    let (caller, (rows, more)) = futures::try_join!(caller, rows)?;

    let last = rows
        .last()
        .map(|session| session.session_id.to_string())
        .filter(|_| more);
    let next_cursor = last
        .map(|position| token::cursor::seal(&keys, &name, &position, now))
        .transpose()?;
    let live = rows
        .into_iter()
        .filter(|session| session.speaks_for(&caller.user, now));
    let items = live
        .map(|session| SessionView::new(session, caller.session.session_id))
        .collect();
    Ok(Response::ok(&Page { items, next_cursor }))
}

#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "sessions", summary = "End one of one's sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 204, description = "The session is over")))]
async fn end(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let caller = deps.callers.signed_in(request).await?;
    let unknown = || Problem::not_found("you have no such session");
    let id = request
        .path_parameter("id")
        .and_then(|id| Uuid::parse_str(id).ok())
        .ok_or_else(unknown)?;
    let ended = deps
        .sessions
        .revoke(
            id,
            &caller.user.user_id,
            EndReason::Revoked,
            deps.clock.now(),
        )
        .await?;
    ended.map(|_| Response::no_content()).ok_or_else(unknown)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(list, end))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{COOKIE, USER};

    gateway::openapi::document::<Api>(&[
        (
            "GET /auth/sessions",
            &[USER, &[Code::ValidationFailed]] as &[_],
        ),
        (
            "DELETE /auth/sessions/{id}",
            &[USER, COOKIE, &[Code::NotFound]] as &[_],
        ),
    ])
}
