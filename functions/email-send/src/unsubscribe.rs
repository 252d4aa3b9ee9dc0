//! Where the links in mails lead that stop mail of their kind.
//!
//! Mail programs look at links before their readers do, so that a GET only asks; a mail program that offers to unsubscribe
//! sends the POST by itself ([RFC 8058](https://www.rfc-editor.org/rfc/rfc8058)).

use domain::mail::SuppressionReason;
use gateway::{Message, Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};
use maud::{DOCTYPE, Markup, html};
use token::Unsubscription;
use utoipa::IntoParams;

use crate::Deps;

const DONE: &str = "You will get no more mail of this kind.";

/// Nothing is loaded, and the form leads back here.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The link's token.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct UnsubscribeQuery {
    /// From the link in a mail.
    token: String,
}

#[utoipa::path(get, path = "/emails/unsubscribe", tag = "emails", summary = "Get a page that asks whether to unsubscribe",
    params(UnsubscribeQuery), security(()),
    responses((status = 200, description = "The page; nothing has changed yet", body = String, content_type = "text/html")))]
pub fn ask(request: &Request) -> Response {
    let token = request.query("token").unwrap_or_default();
    page(&html! {
        p { "Do you want no more mail of this kind?" }
        form method="post" action=(format!("/emails/unsubscribe?token={}", escaped(token))) {
            button { "Unsubscribe" }
        }
    })
}

#[utoipa::path(post, path = "/emails/unsubscribe", tag = "emails", summary = "Stop mail of a kind to an address",
    params(UnsubscribeQuery), security(()),
    responses((status = 200, description = "No more mail of this kind goes to this address; for a browser, a page that says so", body = Message)))]
pub async fn act(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let token = request.query("token").unwrap_or_default();
    let Unsubscription {
        tenant,
        email,
        template,
    } = Unsubscription::open(&keys, token, now).map_err(|_| Problem::link_invalid())?;
    let reason = SuppressionReason::Unsubscribed(template);
    deps.suppressions.add(&tenant, &email, reason, now).await?;
    let is_browser = request
        .header("accept")
        .is_some_and(|types| types.contains("text/html"));
    Ok(if is_browser {
        page(&html! { p { (DONE) } })
    } else {
        Response::message(DONE)
    })
}

/// A token as it can stand in a query; what no token has goes.
fn escaped(token: &str) -> String {
    let is_of_a_token = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    token.chars().filter(is_of_a_token).collect()
}

fn page(content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Unsubscribe" }
            }
            body {
                main {
                    h1 { "Unsubscribe" }
                    (content)
                }
            }
        }
    };
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    Response::content(html, page.into_string())
        .with_header(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        )
        .with_header(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        )
}
