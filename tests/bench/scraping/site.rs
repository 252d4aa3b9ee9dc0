//! The site whose pages are looked at. It counts how it has answered.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::page::page;
use crate::Failure;

/// A running site.
#[derive(Debug, Clone)]
pub struct Site {
    address: String,
    shown: Arc<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    version: AtomicUsize,
    pages: AtomicUsize,
    unchanged: AtomicUsize,
}

impl Site {
    /// Starts one. Its robots.txt is missing.
    pub async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let site = Self {
            address: listener.local_addr()?.to_string(),
            shown: Arc::default(),
        };
        let router = Router::new().route("/products/{number}", get(answer));
        let router = router.with_state(Arc::clone(&site.shown));
        // It ends with the benchmark.
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(site)
    }

    /// Where the page of a number is.
    pub fn url(&self, number: usize) -> String {
        format!("http://{}/products/{number}", self.address)
    }

    /// Changes all pages.
    pub fn change(&self) {
        self.shown.version.fetch_add(1, Ordering::Relaxed);
    }

    /// How many pages were given since this was last asked, and how often one was said to be unchanged.
    pub fn take(&self) -> (usize, usize) {
        let Shown {
            pages, unchanged, ..
        } = &*self.shown;
        (
            pages.swap(0, Ordering::Relaxed),
            unchanged.swap(0, Ordering::Relaxed),
        )
    }
}

async fn answer(
    State(shown): State<Arc<Shown>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Response {
    let version = shown.version.load(Ordering::Relaxed);
    let tag = format!("\"{number}-{version}\"");
    let known = headers.get(IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        shown.unchanged.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    shown.pages.fetch_add(1, Ordering::Relaxed);
    let kind = "text/html; charset=utf-8".to_owned();
    ([(CONTENT_TYPE, kind), (ETAG, tag)], page(number, version)).into_response()
}
