//! A client of the platform.

use std::future::{Future, IntoFuture};
use std::net::{Ipv4Addr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use super::{Answer, contract, document::Document};

/// Someone who sends requests, from an address that is no other client's.
#[derive(Clone)]
pub struct Client {
    base_url: String,
    http: reqwest::Client,
    document: Arc<Document>,
}

/// A request that is sent when it is awaited.
#[must_use = "a request that is not awaited is not sent"]
pub struct Call {
    request: RequestBuilder,
    document: Arc<Document>,
}

impl Client {
    /// A client that comes from an address of its own, where the platform is on this machine.
    pub fn new(base_url: &str, document: Arc<Document>) -> Self {
        let address = own_address().filter(|_| is_this_machine(base_url));
        let http = http(base_url).local_address(address.map(Into::into));
        Self {
            base_url: base_url.to_owned(),
            http: http.build().expect("a client can be made"),
            document,
        }
    }

    /// The same platform for somebody else, at another address.
    pub fn elsewhere(&self) -> Self {
        let can = is_this_machine(&self.base_url) && own_address().is_some();
        assert!(
            can,
            "this needs addresses of 127.0.0.0/8 to come from; on macOS make aliases of lo0"
        );
        Self::new(&self.base_url, self.document.clone())
    }

    /// A request.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            request: self
                .http
                .request(method, format!("{}{path}", self.base_url)),
            document: self.document.clone(),
        }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST without a body.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }
}

impl Call {
    /// With a header; the same one twice is sent twice.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With the key of a site.
    pub fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    /// With an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a cookie.
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header("cookie", &format!("{name}={value}"))
    }

    /// From a page of that origin.
    pub fn origin(self, origin: &str) -> Self {
        self.header("origin", origin)
    }

    /// With a parameter of the query.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        // Only what has to be is escaped, so that what a test writes is what is sent.
        let value = value
            .replace('%', "%25")
            .replace('#', "%23")
            .replace('&', "%26")
            .replace('+', "%2B");
        let (client, request) = self.request.build_split();
        let mut request = request.expect("a request can be made");
        let query = match request.url().query() {
            Some(before) => format!("{before}&{name}={value}"),
            None => format!("{name}={value}"),
        };
        request.url_mut().set_query(Some(&query));
        self.request = RequestBuilder::from_parts(client, request);
        self
    }

    /// With a body of JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With any body.
    pub fn body(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    async fn send(self) -> Answer {
        let (client, request) = self.request.build_split();
        let request = request.expect("a request can be made");
        let (method, path) = (
            request.method().to_string(),
            request.url().path().to_owned(),
        );
        let response = client.execute(request).await;
        let response =
            response.unwrap_or_else(|error| panic!("{method} {path} got no answer: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await;
        let bytes = bytes.unwrap_or_else(|error| panic!("{method} {path} broke off: {error}"));
        let answer = Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.into(),
            method,
            path,
        };
        contract::check(&answer);
        self.document.check(&answer);
        answer
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A client without habits: it follows nowhere and, on this machine, needs neither proxies nor certificates.
pub(super) fn http(base_url: &str) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if is_this_machine(base_url) {
        builder.no_proxy().tls_certs_only([])
    } else {
        builder
    }
}

/// An address of this machine that nobody else has come from, where the system lets a program choose one.
fn own_address() -> Option<Ipv4Addr> {
    let [a, b, c, ..] = Uuid::new_v4().into_bytes();
    let address = Ipv4Addr::new(127, a, b, c.clamp(1, 254));
    TcpListener::bind((address, 0)).is_ok().then_some(address)
}

fn is_this_machine(base_url: &str) -> bool {
    base_url.starts_with("http://localhost:") || base_url.starts_with("http://127.0.0.1:")
}
