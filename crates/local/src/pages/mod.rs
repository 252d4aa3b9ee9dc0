//! `/_local/`: what a person needs to see and do on a laptop, and what no deployed platform has.

mod account;
mod clock;
mod guard;
mod layout;
mod mail;
mod sites;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRef, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Router, middleware, routing};
use http::{Request, header};
use maud::html;
use uuid::Uuid;

use crate::Surroundings;
use crate::clock::Clock;
use crate::edge::{Edge, Problem};
use crate::mail::{Inbox, Transport};
use crate::schedules::Schedules;

pub(crate) use sites::Sites;

/// What the pages show and move.
#[derive(Clone)]
struct Pages {
    base_url: Arc<str>,
    edge: Arc<Edge>,
    clock: Clock,
    inbox: Inbox,
    transport: Transport,
    schedules: Schedules,
    sites: Sites,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl FromRef<Pages> for Arc<Edge> {
    fn from_ref(pages: &Pages) -> Self {
        Arc::clone(&pages.edge)
    }
}

impl FromRef<Pages> for Clock {
    fn from_ref(pages: &Pages) -> Self {
        pages.clock.clone()
    }
}

impl FromRef<Pages> for Inbox {
    fn from_ref(pages: &Pages) -> Self {
        pages.inbox.clone()
    }
}

impl FromRef<Pages> for Transport {
    fn from_ref(pages: &Pages) -> Self {
        pages.transport.clone()
    }
}

impl FromRef<Pages> for Sites {
    fn from_ref(pages: &Pages) -> Self {
        pages.sites.clone()
    }
}

impl FromRef<Pages> for Schedules {
    fn from_ref(pages: &Pages) -> Self {
        pages.schedules.clone()
    }
}

/// The pages, and the functions for everything that is no page.
pub(crate) fn router(
    edge: Arc<Edge>,
    surroundings: &Surroundings,
    inbox: Inbox,
    schedules: Schedules,
    sites: Sites,
) -> Router {
    let pages = Pages {
        base_url: surroundings.base_url.as_str().into(),
        edge: Arc::clone(&edge),
        clock: surroundings.clock.clone(),
        inbox,
        transport: surroundings.mail.clone(),
        schedules,
        sites,
    };
    Router::new()
        .route(
            "/_local",
            routing::get(|| async { Redirect::permanent("/_local/") }),
        )
        .route("/_local/", routing::get(index))
        .route("/_local/style.css", routing::get(style))
        .route("/_local/mail", routing::get(mail::list))
        .route("/_local/mail/live", routing::get(mail::live))
        .route("/_local/mail/live.js", routing::get(mail::script))
        .route("/_local/mail/{id}", routing::get(mail::show))
        .route("/_local/mail/{id}/html", routing::get(mail::html))
        .route("/_local/mail/{id}/raw", routing::get(mail::raw))
        .route(
            "/_local/clock",
            routing::get(clock::show).post(clock::advance),
        )
        .route(
            "/_local/account/verify-email",
            routing::get(account::ask_verify).post(account::verify),
        )
        .route(
            "/_local/account/reset-password",
            routing::get(account::ask_reset).post(account::reset),
        )
        .route("/_local/sites/{client}/{site}", routing::get(sites::root))
        .route("/_local/sites/{client}/{site}/", routing::get(sites::home))
        .route(
            "/_local/sites/{client}/{site}/{*path}",
            routing::get(sites::file),
        )
        .route("/_local/{*rest}", routing::any(nothing))
        .route_layer(middleware::from_fn(guard::check))
        .with_state(pages)
        .fallback(through)
        .with_state(edge)
}

/// Everything that is no page.
async fn through(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    edge.answer(peer, request).await
}

async fn nothing() -> Response {
    Problem::NOT_FOUND.into_response(Uuid::new_v4())
}

async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("style.css"),
    )
        .into_response()
}

async fn index(State(pages): State<Pages>) -> Response {
    let entries = [
        (
            "/_local/mail",
            "Mail",
            "Every mail that went out, with its links.",
        ),
        (
            "/docs",
            "Documentation",
            "Every route of the API, to try out.",
        ),
        ("/openapi.json", "OpenAPI", "The same as a document."),
        (
            "/health/ready",
            "Health",
            "Whether everything behind the functions answers.",
        ),
    ];
    layout::page(
        "This platform",
        &html! {
            ul.cards {
                @for (link, name, what) in entries {
                    li { a href=(link) { strong { (name) } span { (what) } } }
                }
            }
            (pages.sites.overview())
            h2 { "Clock" }
            p { "It is " time { (pages.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")) } ", " (pages.clock.offset_seconds()) " s ahead of this machine." }
            p { "To try what expires, move it: " }
            pre { "curl -H 'content-type: application/json' -d '{\"advance_seconds\": 3600}' \\\n  " (pages.base_url) "/_local/clock" }
        },
    )
}
