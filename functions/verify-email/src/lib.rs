//! `POST /auth/verify-email` redeems a verification link; `POST /auth/verify-email/resend` mails a new one.

use domain::one_time::Kind;
use domain::{Clock, Email};
use gateway::{Field, Input, Keys, LinkMailer, Message, Problem, Request, Response};
use repository::{OneTimeTokens, Users};
use serde::Deserialize;
use token::one_time::OneTimeToken;
use utoipa::ToSchema;

gateway::deps! {
    keys: Keys,
    users: Users,
    tokens: OneTimeTokens,
    links: LinkMailer,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /auth/verify-email" => verify(deps, &request).await,
        "POST /auth/verify-email/resend" => resend(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// A link's token.
#[derive(Default, Deserialize, ToSchema)]
struct VerifyBody {
    /// As it stands in the link.
    #[schema(value_type = String, required)]
    #[serde(default)]
    token: Field<String>,
}

#[utoipa::path(post, path = "/auth/verify-email", tag = "auth", summary = "Prove an e-mail address",
    request_body = VerifyBody, responses((status = 200, description = "The address is verified", body = Message)))]
async fn verify(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let body: VerifyBody = request.json()?;
    let mut input = Input::new();
    let token = input.required("token", body.token);
    let token = input.finish(token)?;
    let token = OneTimeToken::parse(Kind::Verify, &token).map_err(|_| Problem::link_invalid())?;
    if deps
        .keys
        .is_anothers(request, token.user_id().tenant())
        .await?
    {
        return Err(Problem::link_invalid());
    }
    let now = deps.clock.now();
    let verified = deps
        .users
        .verify_email(&deps.tokens, &token.hash(), token.user_id(), now)
        .await?;
    if verified {
        Ok(Response::message("Email verified"))
    } else {
        Err(Problem::link_invalid())
    }
}

/// Whose address.
#[derive(Default, Deserialize, ToSchema)]
struct ResendBody {
    /// The account's address.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    email: Field<Email>,
}

#[utoipa::path(post, path = "/auth/verify-email/resend", tag = "auth", summary = "Ask for a new verification link",
    request_body = ResendBody, responses((status = 200, description = "The same for any address. At most 3 links an hour are mailed to an account; each works once, for 24 h, and replaces those before", body = Message)))]
async fn resend(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let tenant = deps.keys.tenant_of(request).await?.tenant;
    let body: ResendBody = request.json()?;
    let mut input = Input::new();
    let email = input.required("email", body.email);
    let email = input.finish(email)?;
    deps.links.verify(request, &tenant, email).await?;
    Ok(Response::message(
        "If the address needs it, a verification email was sent",
    ))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(verify, resend))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, KEY};

    gateway::openapi::document::<Api>(&[
        (
            "POST /auth/verify-email",
            &[BODY, &[Code::TokenInvalid]] as &[_],
        ),
        ("POST /auth/verify-email/resend", &[BODY, KEY] as &[_]),
    ])
}
