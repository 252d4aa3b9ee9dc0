//! A web site on this machine that changes, and remembers who asked for what.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

/// A page as it is now.
#[derive(Clone)]
pub(super) struct Page {
    status: u16,
    kind: &'static str,
    body: String,
    etag: Option<&'static str>,
    retry_after: Option<u32>,
}

impl Page {
    /// A page of HTML.
    pub(super) fn html(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            kind: "text/html",
            body: body.into(),
            etag: None,
            retry_after: None,
        }
    }

    /// A shop's page with a price.
    pub(super) fn price(price: &str) -> Self {
        Self::html(format!(
            "<h1>Lamp</h1><p class=price>{price}</p><p class=stock>in stock</p>"
        ))
    }

    /// No page.
    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::html("")
        }
    }

    pub(super) fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn etag(self, etag: &'static str) -> Self {
        Self {
            etag: Some(etag),
            ..self
        }
    }

    pub(super) fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

#[derive(Default)]
struct Shown {
    pages: HashMap<String, Page>,
    asked: Vec<(String, HeaderMap)>,
}

/// The site.
#[derive(Clone)]
pub(super) struct Web {
    address: String,
    shown: Arc<Mutex<Shown>>,
}

impl Web {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let web = Self {
            address: listener.local_addr().expect("an address").to_string(),
            shown: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(web.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        web
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn show(&self, path: &str, page: Page) {
        self.shown().pages.insert(path.to_owned(), page);
    }

    /// The headers of all that asked for a page.
    pub(super) fn asked(&self, path: &str) -> Vec<HeaderMap> {
        let shown = self.shown();
        let asked = shown.asked.iter().filter(|(asked, _)| asked == path);
        asked.map(|(_, headers)| headers.clone()).collect()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().expect("nobody panicked")
    }
}

async fn answer(State(web): State<Web>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().to_owned();
    let page = web.shown().pages.get(&path).cloned();
    let page = page.unwrap_or_else(|| Page::status(404));
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let is_known = page.etag.is_some_and(|etag| known == Some(etag));
    web.shown().asked.push((path, headers));
    if is_known {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let status = StatusCode::from_u16(page.status).expect("a status");
    let mut response = (status, [(CONTENT_TYPE, page.kind)], page.body).into_response();
    if let Some(etag) = page.etag {
        let etag = etag.parse().expect("a tag");
        response.headers_mut().insert(ETAG, etag);
    }
    if let Some(seconds) = page.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}
