//! `POST /auth/password-reset/confirm`: a link and a new password for the account.

use domain::audit::Event;
use domain::mail::{EmailJob, Template};
use domain::one_time::Kind;
use domain::password::{NewPassword, PasswordHash};
use domain::{Clock, Invalid, Random, User};
use gateway::{Field, Input, Keys, Message, Problem, Request, Response};
use queue::EmailQueue;
use repository::users::PasswordReset;
use repository::{AuditLog, LoginAttempts, OneTimeTokens, Users};
use serde::Deserialize;
use token::one_time::OneTimeToken;
use utoipa::ToSchema;

gateway::deps! {
    keys: Keys,
    users: Users,
    attempts: LoginAttempts,
    tokens: OneTimeTokens,
    audit: AuditLog,
    emails: EmailQueue,
    clock: Clock,
    random: Random,
}

/// A link's token and the password to set.
#[derive(Default, Deserialize, ToSchema)]
pub struct ConfirmBody {
    /// As it stands in the link.
    #[schema(value_type = String, required)]
    #[serde(default)]
    token: Field<String>,
    /// 8 to 256 characters that are not easily guessed, and not the old password.
    #[schema(value_type = String, format = Password, required, min_length = 8, max_length = 256, example = "N3wPassw0rd!")]
    #[serde(default)]
    new_password: Field<NewPassword>,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(post, path = "/auth/password-reset/confirm", tag = "auth", summary = "Set a new password with a link",
    request_body = ConfirmBody, responses((status = 200, description = "The password is set, every session has ended, and a notice is queued. A password that is refused leaves the link as it was", body = Message)))]
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    let body: ConfirmBody = request.json()?;
    let mut input = Input::new();
    let token = input.required("token", body.token);
    let password = input.required("new_password", body.new_password);
    let (token, password) = input.finish((token, password))?;
    let token = OneTimeToken::parse(Kind::Reset, &token).map_err(|_| Problem::link_invalid())?;
    if deps
        .keys
        .is_anothers(&request, token.user_id().tenant())
        .await?
    {
        return Err(Problem::link_invalid());
    }

    let now = deps.clock.now();
    let tenant = deps.keys.tenant(token.user_id().tenant());
    let found = async {
        Ok(deps
            .users
            .with_link(&deps.tokens, &token.hash(), Kind::Reset, token.user_id())
            .await?)
    };
    let (tenant, found) = futures::try_join!(tenant, found)?;
    let usable = found.filter(|(link, user)| {
        link.is_newest
            && link.token.is_usable(Kind::Reset, token.user_id(), now)
            && user.is_enabled()
    });
    let (_, user) = usable.ok_or_else(Problem::link_invalid)?;
    let site = tenant.map(|tenant| tenant.name.clone()).unwrap_or_default();
    let hash = accept(deps, &user, &site, &password)?;
    set(deps, &request, &token.hash(), &user, &hash).await?;
    Ok(Response::message("Password reset successful"))
}

/// The new password's hash, if it may be set.
fn accept(
    deps: &Deps,
    user: &User,
    site: &str,
    password: &NewPassword,
) -> Result<PasswordHash, Problem> {
    let refuse = |error| Problem::invalid_field("new_password", error);
    let known = gateway::password::known_about(&user.user_id, user.name.as_str(), site);
    password.check_strength(&known).map_err(refuse)?;
    if password.as_password().verify(user.password_hash.as_ref()) {
        return Err(refuse(Invalid::new(
            "unchanged",
            "must differ from the password that it replaces",
        )));
    }
    password.hash(&deps.random).map_err(refuse)
}

/// Sets the password and queues the notice, in one wait; neither happens alone.
async fn set(
    deps: &Deps,
    request: &Request,
    link_hash: &str,
    user: &User,
    hash: &PasswordHash,
) -> Result<(), Problem> {
    let now = deps.clock.now();
    let tenant = user.user_id.tenant();
    let event = request.audit(Event::PasswordReset, &user.user_id, now);
    let reset = PasswordReset {
        user,
        link_hash,
        hash,
        event: &event,
    };
    let notice = EmailJob::new(
        user.email.clone(),
        Some(Template::PasswordChanged),
        [("name", user.name.as_str().to_owned())],
        tenant.clone(),
        &format!("password-changed:{link_hash}"),
    );
    let written = deps
        .users
        .reset_password(&deps.attempts, &deps.tokens, &deps.audit, &reset, now);
    let (written, told) = futures::join!(written, deps.emails.send(&notice));
    if !written? {
        return Err(Problem::link_invalid());
    }
    if let Err(error) = told {
        if let Err(error) = deps.users.undo_reset(&deps.tokens, &reset).await {
            tracing::error!(%error, request_id = request.id(), "a password was set without telling its user");
        }
        return Err(error.into());
    }
    Ok(())
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::BODY;

    gateway::openapi::document::<Api>(&[(
        "POST /auth/password-reset/confirm",
        &[BODY, &[Code::TokenInvalid]] as &[_],
    )])
}
