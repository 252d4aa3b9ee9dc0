//! `/_local/mail`: the mail that went out, as its reader gets it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::Stream;
use http::{HeaderMap, HeaderValue, header};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{layout, nothing};
use crate::edge::Problem;
use crate::mail::{DeadLetter, Inbox, Mail, Transport, pieces, with_pictures};

/// How many mails the page lists; a program gets all.
const LISTED: usize = 200;

/// What the list may load besides what every page may: its own script, which asks for the list again.
const LIST_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the page of a mail may load: the mail's HTML in a frame.
const MAIL_POLICY: &str = "default-src 'none'; frame-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the HTML of a mail may do: be looked at. Its links open in a new window; nothing is loaded, sent or run.
const HTML_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// The same where a person has asked for what the mail loads from elsewhere.
const REMOTE_HTML_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline' http: https:; img-src data: http: https:; font-src data: http: https:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// Whether what a mail loads from elsewhere is shown.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    remote: bool,
}

/// The mail, newest first, for a browser or a program. A program asks right after what it did, so that it waits for what is
/// being sent; a person sees it come.
pub(super) async fn list(
    State(inbox): State<Inbox>,
    State(transport): State<Transport>,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(header::ACCEPT);
    let accept = accept
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_program = accept.contains("application/json") && !accept.contains("text/html");
    if is_program {
        inbox.until_handled().await;
    }
    let mails = match inbox.mails().await {
        Ok(mails) => mails,
        Err(error) => return unreadable(&error),
    };
    if is_program {
        return Json(mails).into_response();
    }
    let content = html! {
        div #inbox aria-live="polite" {
            @if let Some(elsewhere) = transport.elsewhere() {
                p { "Mail goes to " strong { (elsewhere) } ", as " code { "MAIL_TRANSPORT" } " says; what is here went out before." }
            }
            (on_the_way(&inbox).await)
            @if mails.is_empty() {
                p { "No mail yet. Register somebody, and it will be here." }
            }
            @for mail in mails.iter().take(LISTED) { (entry(mail)) }
            @if mails.len() > LISTED {
                p.quiet { "These are the newest " (LISTED) " of " (mails.len()) " mails." }
            }
        }
        script src="/_local/mail/live.js" defer {}
    };
    with_policy(layout::page("Mail", &content), LIST_POLICY)
}

/// Says to the list that something has changed, until the platform stops.
pub(super) async fn live(
    State(inbox): State<Inbox>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = futures::stream::unfold(inbox.changes(), |mut changes| async {
        changes.next().await?;
        Some((Ok(Event::default().data("changed")), changes))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// What listens to that.
pub(super) async fn script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("live.js")).into_response()
}

/// One mail.
pub(super) async fn show(
    State(inbox): State<Inbox>,
    Path(id): Path<Uuid>,
    Query(shown): Query<Shown>,
) -> Response {
    match inbox.mail(id).await {
        Ok(Some((mail, _))) => with_policy(
            layout::page(title(&mail), &whole(&mail, shown)),
            MAIL_POLICY,
        ),
        Ok(None) => nothing().await,
        Err(error) => unreadable(&error),
    }
}

/// The HTML of a mail, for the frame on its page.
pub(super) async fn html(
    State(inbox): State<Inbox>,
    Path(id): Path<Uuid>,
    Query(shown): Query<Shown>,
) -> Response {
    let html = match inbox.mail(id).await {
        Ok(Some((mail, _))) => {
            let html = mail.html.as_deref().map(opening_elsewhere);
            html.map(|html| with_pictures(&html, &mail.pictures))
        }
        Ok(None) => None,
        Err(error) => return unreadable(&error),
    };
    let Some(html) = html else {
        return nothing().await;
    };
    let policy = if shown.remote {
        REMOTE_HTML_POLICY
    } else {
        HTML_POLICY
    };
    with_policy(axum::response::Html(html).into_response(), policy)
}

/// A mail as it was sent, to keep.
pub(super) async fn raw(State(inbox): State<Inbox>, Path(id): Path<Uuid>) -> Response {
    let raw = match inbox.mail(id).await {
        Ok(Some((_, file))) => tokio::task::spawn_blocking(|| std::fs::read(file)).await,
        Ok(None) => return nothing().await,
        Err(error) => return unreadable(&error),
    };
    let Ok(Ok(raw)) = raw else {
        return nothing().await;
    };
    let headers = [
        (header::CONTENT_TYPE, "message/rfc822".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{id}.eml\""),
        ),
    ];
    (headers, raw).into_response()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the outbox can't be read");
    Problem::INTERNAL.into_response(Uuid::new_v4())
}

fn with_policy(mut response: Response, policy: &'static str) -> Response {
    let policy = HeaderValue::from_static(policy);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn title(mail: &Mail) -> &str {
    if mail.subject.is_empty() {
        "No subject"
    } else {
        &mail.subject
    }
}

/// What has not gone out.
async fn on_the_way(inbox: &Inbox) -> Markup {
    let counts = inbox.counts();
    let (now, later) = (counts.visible + counts.in_flight, counts.delayed);
    let (letters, given_up) = inbox.dead_letters().await;
    html! {
        @if now > 0 { p.quiet { (mails(now)) " on the way." } }
        @if later > 0 { p.quiet { (mails(later)) " to be tried again or sent later." } }
        @if given_up > 0 {
            section {
                h2.bad { (mails(given_up)) " given up" }
                p { "The log has the details. Once the cause is gone, have them sent: " code { "just emails redrive" } "." }
                @for letter in &letters { (dead_letter(letter)) }
            }
        }
    }
}

fn mails(count: usize) -> String {
    if count == 1 {
        "1 mail".to_owned()
    } else {
        format!("{count} mails")
    }
}

fn dead_letter(letter: &DeadLetter) -> Markup {
    let template = letter.job.as_ref().and_then(|job| job.template);
    let template = template.and_then(|template| serde_json::to_value(template).ok());
    html! {
        p.quiet {
            @match &letter.job {
                Some(job) => { "to " (job.to) " · " (template.as_ref().and_then(|name| name.as_str()).unwrap_or("no mail")) }
                None => { "no job of a mail" }
            }
            " · queued " (time(letter.message.sent_at))
            @if let Some(reason) = &letter.reason { " · " (reason) }
        }
    }
}

fn time(time: jiff::Timestamp) -> Markup {
    html! { time datetime=(time) { (time.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
}

fn entry(mail: &Arc<Mail>) -> Markup {
    html! {
        article {
            h2 { a href={ "/_local/mail/" (mail.id) } { (title(mail)) } }
            p.quiet { "to " (mail.to) " · from " (mail.from) " · " (time(mail.created_at)) }
            @for link in &mail.links { p { (anchor(link)) } }
        }
    }
}

fn whole(mail: &Mail, shown: Shown) -> Markup {
    let frame = format!("/_local/mail/{}/html?remote={}", mail.id, shown.remote);
    html! {
        p.quiet { "to " (mail.to) " · from " (mail.from) " · " (time(mail.created_at)) }
        @if mail.html.is_some() {
            iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src=(frame) title="The mail's HTML" referrerpolicy="no-referrer" {}
            p.quiet {
                @if shown.remote { "What the mail loads from elsewhere is shown. " a href="?remote=false" { "Hide it" } }
                @else { "What the mail would load from elsewhere is not. " a href="?remote=true" { "Load it" } }
            }
        }
        h2 { "Text" }
        pre { @for (piece, is_link) in pieces(&mail.text) { @if is_link { (anchor(piece)) } @else { (piece) } } }
        @if !mail.links.is_empty() {
            h2 { "Links" }
            ul { @for link in &mail.links { li { (anchor(link)) } } }
        }
        h2 { "Headers" }
        dl { @for (name, value) in &mail.headers { dt { (name) } dd { (value) } } }
        p { a href={ "/_local/mail/" (mail.id) "/raw" } download { "Download the message" } }
    }
}

fn anchor(link: &str) -> Markup {
    html! { a href=(link) rel="noreferrer" { (link) } }
}

/// HTML whose links open in a window of their own: the frame may show nothing else. A `base` of the mail's own comes too
/// late, and a comment before it does no harm.
fn opening_elsewhere(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    let head = html.to_ascii_lowercase().find("<head");
    let end = head.and_then(|start| html[start..].find('>').map(|end| start + end + 1));
    let (before, after) = html.split_at(end.unwrap_or(0));
    format!("{before}{BASE}{after}")
}
