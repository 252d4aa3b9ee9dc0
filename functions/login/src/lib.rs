//! `POST /auth/login`: a password for a session.

mod sign_in;

use domain::audit::Event;
use domain::password::Password;
use domain::session::Session;
use domain::{Clock, Email, Random, Tenant, User, UserId};
use gateway::password::{Guess, Right};
use gateway::{AuthCookies, Code, Field, Input, Keys, Problem, Request, Response, UserSummary};
use queue::EmailQueue;
use repository::{AuditLog, Guessed, LoginAttempts, Sessions, Users};
use serde::{Deserialize, Serialize};
use token::refresh::RefreshToken;
use token::{AccessTokens, KeyRing};
use utoipa::ToSchema;

use crate::sign_in::NewSignIn;

gateway::deps! {
    keys: Keys,
    users: Users,
    attempts: LoginAttempts,
    sessions: Sessions,
    audit: AuditLog,
    emails: EmailQueue,
    ring: KeyRing,
    access_tokens: AccessTokens,
    clock: Clock,
    random: Random,
}

/// Who logs in.
#[derive(Default, Deserialize, ToSchema)]
pub struct LoginBody {
    /// The account's address.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    email: Field<Email>,
    /// Its password.
    #[schema(value_type = String, format = Password, required, example = "S3cur3Pass!")]
    #[serde(default)]
    password: Field<Password>,
}

/// A new session.
#[derive(Serialize, ToSchema)]
pub struct LoginAnswer {
    /// The access token, a JWT.
    token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// Trades for the next access token.
    refresh_token: String,
    user: UserSummary,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(post, path = "/auth/login", tag = "auth", summary = "Log in",
    request_body = LoginBody, responses((status = 200, description = "A session; with the site's own Origin, also as cookies", body = LoginAnswer,
        headers(("set-cookie" = Option<String>, description = "`auth_token` and `refresh_token`, when `Origin` is the tenant's")))))]
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    let tenant = deps.keys.tenant_of(&request).await?.tenant;
    let body: LoginBody = request.json()?;
    let mut input = Input::new();
    let email = input.required("email", body.email);
    let password = input.required("password", body.password);
    let (email, password) = input.finish((email, password))?;

    let now = deps.clock.now();
    let user_id = UserId::new(tenant.tenant_id.clone(), email);
    let account = async { Ok(deps.users.get(&user_id).await?) };
    let (user, guess) = futures::try_join!(
        account,
        Guess::begin(
            &deps.attempts,
            &request,
            user_id.clone(),
            Guessed::Password,
            now
        )
    )?;
    let user = user.filter(User::is_enabled);
    let hash = user.as_ref().and_then(|user| user.password_hash.as_ref());
    let right = guess
        .check(&deps.attempts, &deps.audit, &request, || {
            password.verify(hash)
        })
        .await?;
    let user = user.ok_or_else(Problem::credentials_invalid)?;
    if tenant.require_verified_email && user.email_verified_at.is_none() {
        right.forgive(&deps.attempts).await?;
        return Err(Problem::new(
            Code::EmailUnverified,
            "follow the link in the mail that was sent to this address first",
        ));
    }
    start_session(deps, &request, &tenant, &user, &password, right).await
}

/// Everything that a successful login writes, in one wait.
async fn start_session(
    deps: &Deps,
    request: &Request,
    tenant: &Tenant,
    user: &User,
    password: &Password,
    right: Right,
) -> Result<Response, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let session_id = deps.random.uuid(now);
    let token = deps
        .access_tokens
        .sign(&keys, user, session_id, &deps.random, now)?;
    let refresh_token = RefreshToken {
        session_id,
        user_id: user.user_id.clone(),
        counter: 0,
    }
    .sign(&keys, now)?;

    let session = Session::new(session_id, user, request.ip(), &request.user_agent(), now);
    let renewed = user
        .password_hash
        .as_ref()
        .and_then(|hash| hash.renewed(password, &deps.random));
    let event = request.audit(Event::Login, &user.user_id, now);
    let new = NewSignIn::of(request, user, &session, now);
    let known = new.as_ref().map(|new| new.known.as_slice());
    let tell = async {
        match &new {
            Some(new) => new.tell(deps, request).await,
            None => true,
        }
    };
    let (created, forgiven, noted, recorded, told) = futures::join!(
        deps.sessions.create(&session),
        right.forgive(&deps.attempts),
        deps.users.logged_in(user, renewed.as_ref(), known, now),
        deps.audit.record(&event),
        tell,
    );
    created?;
    forgiven?;
    noted?;
    recorded?;
    if !told {
        // It stays new, so that the next login from there tells.
        deps.users.forget_sign_in(user).await?;
    }

    let answer = LoginAnswer {
        token,
        token_type: "Bearer",
        expires_in: token::access::LIFETIME.as_secs(),
        refresh_token,
        user: user.into(),
    };
    let response = Response::ok(&answer);
    let from_own_page = request
        .header("origin")
        .is_some_and(|origin| tenant.owns_origin(origin));
    Ok(if from_own_page {
        AuthCookies::set(response, &answer.token, Some(&answer.refresh_token))
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
    use gateway::Code;
    use gateway::openapi::{BODY, KEY, PASSWORD};

    gateway::openapi::document::<Api>(&[(
        "POST /auth/login",
        &[BODY, KEY, PASSWORD, &[Code::EmailUnverified]] as &[_],
    )])
}
