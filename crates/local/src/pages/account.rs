//! `/_local/account/`: where the links in mails lead until a tenant has a site of its own.
//!
//! Looking at a page never redeems a link: mail programs look at links before their readers do.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::layout;
use crate::edge::Edge;

const VERIFY: &str = "Confirm your address";
const RESET: &str = "Choose a new password";

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    token: String,
    #[serde(default)]
    new_password: String,
}

pub(super) async fn ask_verify(Query(link): Query<Link>) -> Response {
    layout::page(
        VERIFY,
        &html! {
            form method="post" action="/_local/account/verify-email" {
                input type="hidden" name="token" value=(link.token);
                button { "Confirm" }
            }
        },
    )
}

pub(super) async fn verify(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(link): Form<Link>,
) -> Response {
    let answer = post(
        &edge,
        peer,
        &headers,
        "/auth/verify-email",
        &json!({"token": link.token}),
    )
    .await;
    if answer.status.is_success() {
        return layout::page(VERIFY, &html! { p.good { "Your address is confirmed." } });
    }
    layout::page_with_status(answer.status, VERIFY, &answer.trouble())
}

pub(super) async fn ask_reset(Query(link): Query<Link>) -> Response {
    layout::page(RESET, &password_form(&link.token))
}

pub(super) async fn reset(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<NewPassword>,
) -> Response {
    let body = json!({"token": form.token, "new_password": form.new_password});
    let answer = post(&edge, peer, &headers, "/auth/password-reset/confirm", &body).await;
    if answer.status.is_success() {
        return layout::page(
            RESET,
            &html! { p.good { "Your new password is set, and every session has ended." } },
        );
    }
    // A password that is refused leaves the link as it was.
    layout::page_with_status(
        answer.status,
        RESET,
        &html! { (answer.trouble()) (password_form(&form.token)) },
    )
}

fn password_form(token: &str) -> Markup {
    html! {
        form method="post" action="/_local/account/reset-password" {
            input type="hidden" name="token" value=(token);
            label { "New password" input type="password" name="new_password" autocomplete="new-password" required; }
            button { "Set password" }
        }
    }
}

/// What a function said.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    /// The words of a problem document, with every bad field.
    fn trouble(&self) -> Markup {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let detail = text(&self.body["detail"]).or_else(|| text(&self.body["title"]));
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        html! {
            div.bad role="alert" {
                p { (detail.unwrap_or_else(|| format!("It did not work ({}).", self.status))) }
                @if !errors.is_empty() {
                    ul { @for error in errors { li { (error["message"].as_str().unwrap_or_default()) } } }
                }
            }
        }
    }
}

/// Calls a function of this platform by its route, as anybody would over HTTP.
async fn post(
    edge: &Edge,
    peer: SocketAddr,
    headers: &HeaderMap,
    path: &'static str,
    body: &Value,
) -> Answer {
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(())
        .unwrap_or_default();
    for name in [header::HOST, header::USER_AGENT] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let request_id = Uuid::new_v4();
    let (parts, ()) = request.into_parts();
    let response = match edge
        .call(peer, request_id, &parts, body.to_string().as_bytes())
        .await
    {
        Ok(response) => response,
        Err(problem) => problem.into_response(request_id),
    };
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap_or_default();
    Answer {
        status,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    }
}
