//! `POST /auth/token/refresh`: the next access token of a session.

mod theft;

use domain::session::{Session, Stale};
use domain::{Clock, Random, User};
use gateway::{AuthCookies, Callers, Field, Input, Keys, Problem, Request, Response};
use queue::EmailQueue;
use repository::sessions::Rotation;
use repository::{AuditLog, Sessions, Users};
use serde::{Deserialize, Serialize};
use token::refresh::RefreshToken;
use token::{AccessTokens, KeyRing};
use utoipa::ToSchema;

gateway::deps! {
    keys: Keys,
    callers: Callers,
    sessions: Sessions,
    users: Users,
    audit: AuditLog,
    emails: EmailQueue,
    ring: KeyRing,
    access_tokens: AccessTokens,
    clock: Clock,
    random: Random,
}

/// What is traded in.
#[derive(Default, Deserialize, ToSchema)]
pub struct RefreshBody {
    /// The current refresh token; a browser sends its cookie instead. Without either, a valid access token gives another
    /// one of the same session.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    refresh_token: Field<String>,
}

/// The next tokens.
#[derive(Serialize, ToSchema)]
pub struct RefreshAnswer {
    /// The access token, a JWT.
    token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// The successor of the refresh token that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(post, path = "/auth/token/refresh", tag = "auth", summary = "Get the next access token",
    request_body = Option<RefreshBody>, security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "New tokens. A repeated rotation gets the same successor for 10 s; an older token ends the session", body = RefreshAnswer,
        headers(("set-cookie" = Option<String>, description = "The new tokens, where the old one came as a cookie")))))]
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    let body: RefreshBody = request.json_or_default()?;
    let mut input = Input::new();
    let given = input.optional("refresh_token", body.refresh_token);
    input.finish(())?;
    match (given, AuthCookies::refresh_token(&request)) {
        (Some(text), _) => rotate(deps, &request, &text, false).await,
        (None, Some(text)) => rotate(deps, &request, &text, true).await,
        (None, None) => renew(deps, &request).await,
    }
}

/// Trades a refresh token. One wait: the session moves on while the user is read.
async fn rotate(
    deps: &Deps,
    request: &Request,
    text: &str,
    from_cookie: bool,
) -> Result<Response, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let token = RefreshToken::verify(&keys, text, now)?;
    if from_cookie {
        deps.callers
            .check_origin(request, token.user_id.tenant())
            .await?;
    }
    if deps
        .keys
        .is_anothers(request, token.user_id.tenant())
        .await?
    {
        return Err(Problem::token_invalid());
    }
    let rotation = deps
        .sessions
        .rotate(token.session_id, &token.user_id, token.counter, now);
    let (rotation, user) = futures::try_join!(rotation, deps.users.get(&token.user_id))?;
    let user = user.ok_or_else(Problem::token_invalid)?;
    let session = match rotation {
        Rotation::Rotated(session) => session,
        Rotation::Stale(None) => return Err(Problem::token_invalid()),
        Rotation::Stale(Some(session)) => match session.judge(token.counter, now) {
            Stale::Repeated => session,
            Stale::Ended => return Err(Problem::token_invalid()),
            Stale::Theft => return Err(theft::end(deps, request, &session, &user).await),
        },
    };
    if !session.speaks_for(&user, now) {
        return Err(Problem::token_invalid());
    }
    let successor = RefreshToken {
        counter: session.refresh_counter,
        ..token
    }
    .sign(&keys, now)?;
    answer(deps, &session, &user, Some(successor), from_cookie).await
}

/// Gives the bearer of a valid access token another one.
async fn renew(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let caller = deps.callers.signed_in(request).await?;
    let from_cookie = request.header("authorization").is_none();
    answer(deps, &caller.session, &caller.user, None, from_cookie).await
}

async fn answer(
    deps: &Deps,
    session: &Session,
    user: &User,
    refresh_token: Option<String>,
    as_cookies: bool,
) -> Result<Response, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let token = deps
        .access_tokens
        .sign(&keys, user, session.session_id, &deps.random, now)?;
    let answer = RefreshAnswer {
        token,
        token_type: "Bearer",
        expires_in: token::access::LIFETIME.as_secs(),
        refresh_token,
    };
    let response = Response::ok(&answer);
    Ok(if as_cookies {
        AuthCookies::set(response, &answer.token, answer.refresh_token.as_deref())
    } else {
        response
    })
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::openapi::{BODY, COOKIE, USER};

    gateway::openapi::document::<Api>(&[(
        "POST /auth/token/refresh",
        &[BODY, USER, COOKIE] as &[_],
    )])
}
