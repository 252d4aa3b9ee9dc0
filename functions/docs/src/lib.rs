//! `GET /openapi.json` and `GET /docs`: what the platform can do, and a page to try it on.

use assets::Asset;
use gateway::{FromEnv, MissingVariable, Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};

/// Generated from the code.
const DOCUMENT: &[u8] = include_bytes!("../openapi.json");

const PAGE: &str = include_str!("../assets/page.html");

const ASSETS: &[Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Everything that the page loads is a file of this function, and it talks to this platform alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    img-src 'self' data:; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// This function touches nothing.
#[derive(Clone)]
pub struct Deps;

impl<Env> FromEnv<Env> for Deps {
    fn from_env(_: &Env) -> Result<Self, MissingVariable> {
        Ok(Self)
    }
}

/// # Errors
/// What the contract says of the route.
#[expect(clippy::unused_async, reason = "every function's handle is async")]
pub async fn handle(_: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /openapi.json" => Ok(document()),
        "GET /docs" => Ok(page()),
        "GET /docs/{asset}" => asset(&request),
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(get, path = "/openapi.json", tag = "documentation", summary = "Get this document",
    responses((status = 200, description = "The document, OpenAPI 3.1", body = Object, content_type = "application/json")))]
fn document() -> Response {
    Response::content(HeaderValue::from_static("application/json"), DOCUMENT)
}

#[utoipa::path(get, path = "/docs", tag = "documentation", summary = "Get a page to try every route on",
    responses((status = 200, description = "The page", body = String, content_type = "text/html",
        headers(("content-security-policy" = String, description = "Files of this platform alone"),
            ("referrer-policy" = String, description = "`no-referrer`")))))]
fn page() -> Response {
    Response::content(HeaderValue::from_static("text/html; charset=utf-8"), PAGE)
        .with_header(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        )
        .with_header(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        )
}

#[utoipa::path(get, path = "/docs/{asset}", tag = "documentation", summary = "Get a file of the page",
    params(("asset" = String, Path, description = "The file's name")),
    responses((status = 200, description = "The file", content(
        (String = "text/javascript"), (String = "text/css"), (String = "image/svg+xml"), (String = "text/plain")))))]
fn asset(request: &Request) -> Result<Response, Problem> {
    let asset = request
        .path_parameter("asset")
        .and_then(|name| ASSETS.iter().find(|asset| asset.name() == name))
        .ok_or_else(|| Problem::not_found("the page has no such file"))?;
    asset
        .response(request.header("accept-encoding"))
        .map_err(Problem::internal)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(document, page, asset))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;

    gateway::openapi::document::<Api>(&[
        ("GET /openapi.json", &[]),
        ("GET /docs", &[]),
        ("GET /docs/{asset}", &[&[Code::NotFound]]),
    ])
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use lambda_http::Body;
    use lambda_http::http::{Response, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test]
    async fn document_is_json() {
        let response = get("/openapi.json", None, "").await;
        assert_eq!(header(&response, "content-type"), "application/json");
        let document: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
    }

    #[tokio::test]
    async fn page_runs_no_script_but_its_files() {
        let response = get("/docs", None, "").await;
        assert_eq!(
            header(&response, "content-type"),
            "text/html; charset=utf-8"
        );
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        let policy = header(&response, "content-security-policy");
        assert!(policy.contains("default-src 'none'; script-src 'self';"));
        assert!(!policy.contains("unsafe"));

        let page = text(&response);
        assert!(page.contains("<title>Cloud Voyages API</title>"));
        assert!(!page.contains("<style") && !page.contains(" style="));
        assert_eq!(
            page.matches("<script").count(),
            page.matches("<script src=\"docs/").count()
        );
    }

    #[tokio::test]
    async fn every_file_of_the_page_is_there() {
        let page = text(&get("/docs", None, "").await);
        let links = page.split("=\"docs/").skip(1);
        let files: Vec<_> = links.filter_map(|rest| rest.split('"').next()).collect();
        assert!(files.len() >= 5, "{files:?}");
        for file in files {
            let response = get("/docs/{asset}", Some(file), "").await;
            assert_eq!(response.status(), StatusCode::OK, "{file}");
        }
    }

    #[tokio::test]
    async fn files_have_their_type() {
        async fn check(file: &str, content_type: &str) {
            let response = get("/docs/{asset}", Some(file), "gzip").await;
            assert_eq!(header(&response, "content-type"), content_type);
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            assert_eq!(header(&response, "cache-control"), "no-store");
        }
        check("swagger-ui-bundle.js", "text/javascript; charset=utf-8").await;
        check("page.js", "text/javascript; charset=utf-8").await;
        check("swagger-ui.css", "text/css; charset=utf-8").await;
        check("favicon.svg", "image/svg+xml").await;
        check("swagger-ui-license.txt", "text/plain; charset=utf-8").await;
    }

    #[tokio::test]
    async fn files_are_compressed_for_who_can_read_it() {
        let plain = get("/docs/{asset}", Some("page.js"), "").await;
        assert_eq!(header(&plain, "content-encoding"), "");
        assert_eq!(header(&plain, "vary"), "accept-encoding");
        assert_eq!(text(&plain), include_str!("../assets/page.js"));

        let compressed = get("/docs/{asset}", Some("page.js"), "gzip, br").await;
        assert_eq!(header(&compressed, "content-encoding"), "gzip");
        assert_eq!(header(&compressed, "vary"), "accept-encoding");
        let mut content = String::new();
        GzDecoder::new(compressed.body().as_ref())
            .read_to_string(&mut content)
            .unwrap();
        assert_eq!(content, text(&plain));
    }

    #[tokio::test]
    async fn every_file_can_be_decompressed() {
        for asset in ASSETS {
            let response = get("/docs/{asset}", Some(asset.name()), "").await;
            assert_eq!(response.status(), StatusCode::OK, "{}", asset.name());
            assert!(!response.body().is_empty(), "{}", asset.name());
        }
    }

    #[tokio::test]
    async fn unknown_file_is_a_problem() {
        for file in ["nothing.js", "", "..%2Fpage.js", "../build.rs", "page.html"] {
            let response = get("/docs/{asset}", Some(file), "gzip").await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{file}");
            assert_eq!(
                header(&response, "content-type"),
                "application/problem+json"
            );
        }
    }

    async fn get(route: &str, asset: Option<&str>, accept_encoding: &str) -> Response<Body> {
        let key = format!("GET {route}");
        let path = asset.map_or_else(|| route.to_owned(), |asset| format!("/docs/{asset}"));
        let event = json!({
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": "",
            "headers": { "host": "localhost", "accept-encoding": accept_encoding },
            "pathParameters": asset.map(|asset| json!({ "asset": asset })).unwrap_or_default(),
            "requestContext": {
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
                "requestId": "request",
                "routeKey": key,
                "stage": "$default",
            },
            "isBase64Encoded": false,
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        gateway::respond(request, |request| handle(&Deps, request)).await
    }

    fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(response: &Response<Body>) -> String {
        String::from_utf8(response.body().to_vec()).unwrap()
    }
}
