//! `POST /auth/logout` ends the caller's session, or all of them; `POST /auth/token/revoke` ends a refresh token's.

use domain::Clock;
use domain::session::EndReason;
use gateway::{AuthCookies, Callers, Field, Input, Problem, Request, Response};
use repository::{Sessions, Users};
use serde::Deserialize;
use token::KeyRing;
use token::refresh::RefreshToken;
use utoipa::{IntoParams, ToSchema};

gateway::deps! {
    callers: Callers,
    sessions: Sessions,
    users: Users,
    ring: KeyRing,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /auth/logout" => logout(deps, &request).await,
        "POST /auth/token/revoke" => revoke(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// How much ends.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct LogoutQuery {
    /// End every session of the user.
    all: Option<bool>,
}

#[utoipa::path(post, path = "/auth/logout", tag = "auth", summary = "End the session", params(LogoutQuery),
    responses((status = 200, description = "The session is over, its access tokens too; cookies are cleared", body = gateway::Message,
        headers(("set-cookie" = String, description = "Clears `auth_token` and `refresh_token`")))))]
async fn logout(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let all = match request.query("all") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            let error = domain::Invalid::new("invalid", "must be true or false");
            return Err(Problem::invalid_field("all", error));
        }
    };
    let claims = deps.callers.claims(request).await?;
    let now = deps.clock.now();
    let ended = if all {
        deps.sessions
            .revoke_all(&deps.users, claims.sid, claims.generation, &claims.sub, now)
            .await?
    } else {
        let revoked = deps
            .sessions
            .revoke(claims.sid, &claims.sub, EndReason::Logout, now);
        let (session, user) = futures::try_join!(revoked, deps.users.get(&claims.sub))?;
        session
            .zip(user)
            .is_some_and(|(session, user)| session.speaks_for(&user, now))
    };
    if !ended {
        return Err(Problem::token_invalid());
    }
    Ok(AuthCookies::clear(Response::message(
        "Logged out successfully",
    )))
}

/// What is revoked.
#[derive(Default, Deserialize, ToSchema)]
struct RevokeBody {
    /// The refresh token; a browser sends its cookie instead.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    refresh_token: Field<String>,
}

#[utoipa::path(post, path = "/auth/token/revoke", tag = "auth", summary = "End the session of a refresh token (RFC 7009)",
    request_body = Option<RevokeBody>,
    responses((status = 200, description = "If it was a refresh token, its session is over", body = gateway::Message)))]
async fn revoke(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: RevokeBody = request.json_or_default()?;
    let cookie = AuthCookies::refresh_token(request);
    let mut input = Input::new();
    let text = match cookie.clone().filter(|_| !body.refresh_token.is_given()) {
        Some(text) => Some(text),
        None => input.required("refresh_token", body.refresh_token),
    };
    let text = input.finish(text)?;
    let from_cookie = cookie.is_some_and(|cookie| cookie == text);
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    if let Ok(token) = RefreshToken::verify(&keys, &text, now)
        && !deps
            .callers
            .has_key_of_another(request, token.user_id.tenant())
            .await?
    {
        if from_cookie {
            deps.callers
                .check_origin(request, token.user_id.tenant())
                .await?;
        }
        deps.sessions
            .revoke(token.session_id, &token.user_id, EndReason::Revoked, now)
            .await?;
    }
    let response = Response::message("Token revoked");
    Ok(if from_cookie {
        AuthCookies::clear(response)
    } else {
        response
    })
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(logout, revoke))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, USER};

    gateway::openapi::document::<Api>(&[
        (
            "POST /auth/logout",
            &[USER, COOKIE, &[Code::ValidationFailed]] as &[_],
        ),
        ("POST /auth/token/revoke", &[BODY, COOKIE] as &[_]),
    ])
}
