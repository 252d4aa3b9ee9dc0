//! `POST /auth/password-reset`: mails a link that sets a new password.

use domain::Email;
use gateway::{Field, Input, Keys, LinkMailer, Message, Problem, Request, Response};
use serde::Deserialize;
use utoipa::ToSchema;

gateway::deps! {
    keys: Keys,
    links: LinkMailer,
}

/// Whose password.
#[derive(Default, Deserialize, ToSchema)]
pub struct ResetBody {
    /// The account's address.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    email: Field<Email>,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(post, path = "/auth/password-reset", tag = "auth", summary = "Ask for a link that sets a new password",
    request_body = ResetBody, responses((status = 200, description = "The same for any address. At most 3 links an hour are mailed to an account; each works once, for 30 min", body = Message)))]
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    let tenant = deps.keys.tenant_of(&request).await?.tenant;
    let body: ResetBody = request.json()?;
    let mut input = Input::new();
    let email = input.required("email", body.email);
    let email = input.finish(email)?;
    deps.links.reset(&request, &tenant, email).await?;
    Ok(Response::message("If account exists, reset email sent"))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::openapi::{BODY, KEY};

    gateway::openapi::document::<Api>(&[("POST /auth/password-reset", &[BODY, KEY] as &[_])])
}
