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
const NOT_VALID: &str = "This link is not valid, or too old. A newer mail has one that works.";

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
    responses((status = 200, description = "The page; nothing has changed yet. Of a link that is not valid it says so", body = String, content_type = "text/html")))]
pub async fn ask(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let token = request.query("token").unwrap_or_default();
    let Some(Unsubscription {
        email, template, ..
    }) = read(deps, token).await?
    else {
        return Ok(page(&html! { p { (NOT_VALID) } }));
    };
    Ok(page(&html! {
        p { "Do you want no more mail of the kind " b { (template.as_str()) } " to " b { (email) } "?" }
        form method="post" action=(format!("/emails/unsubscribe?token={token}")) {
            button { "Unsubscribe" }
        }
    }))
}

/// What a link says; `None` where it is not valid.
async fn read(deps: &Deps, token: &str) -> Result<Option<Unsubscription>, Problem> {
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    Ok(Unsubscription::open(&keys, token, now).ok())
}

#[utoipa::path(post, path = "/emails/unsubscribe", tag = "emails", summary = "Stop mail of a kind to an address",
    params(UnsubscribeQuery), security(()),
    responses((status = 200, description = "No more mail of this kind goes to this address; for a browser, a page that says so, or that the link is not valid", body = Message)))]
pub async fn act(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let is_browser = request
        .header("accept")
        .is_some_and(|types| types.contains("text/html"));
    let token = request.query("token").unwrap_or_default();
    let Some(Unsubscription {
        tenant,
        email,
        template,
    }) = read(deps, token).await?
    else {
        return if is_browser {
            Ok(page(&html! { p { (NOT_VALID) } }))
        } else {
            Err(Problem::link_invalid())
        };
    };
    let now = deps.clock.now();
    let reason = SuppressionReason::Unsubscribed(template);
    deps.suppressions.add(&tenant, &email, reason, now).await?;
    Ok(if is_browser {
        page(&html! { p { (DONE) } })
    } else {
        Response::message(DONE)
    })
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
