//! `GET /drop/{address}`: a page to leave a secret message on, and its files.

use assets::Asset;
use gateway::{FromEnv, MissingVariable, Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};

const PAGE: &str = include_str!("../assets/page.html");

const ASSETS: &[Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page is the same for every address, and its files change with a release alone.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Everything that the page loads is a file of this function, it talks to this platform alone, and no text becomes markup.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
    img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

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
        "GET /drop/{address}" => Ok(page()),
        "GET /drop/assets/{file}" => asset(&request),
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(get, path = "/drop/{address}", tag = "messages", summary = "Get a page to leave a secret message on",
    params(("address" = String, Path, description = "Whose")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
fn page() -> Response {
    Response::content(HeaderValue::from_static("text/html; charset=utf-8"), PAGE)
        .with_header(header::CACHE_CONTROL, CACHEABLE)
        .with_header(header::VARY, HeaderValue::from_static("accept"))
        .with_header(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        )
        .with_header(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        )
}

#[utoipa::path(get, path = "/drop/assets/{file}", tag = "messages", summary = "Get a file of the drop page",
    params(("file" = String, Path, description = "The file's name")),
    responses((status = 200, description = "The file", content(
        (String = "text/javascript"), (String = "text/css"), (String = "image/svg+xml"), (String = "text/plain")))))]
fn asset(request: &Request) -> Result<Response, Problem> {
    let asset = request
        .path_parameter("file")
        .and_then(|name| ASSETS.iter().find(|asset| asset.name() == name))
        .ok_or_else(|| Problem::not_found("the page has no such file"))?;
    asset
        .response(request.header("accept-encoding"))
        .map(|response| response.with_header(header::CACHE_CONTROL, CACHEABLE))
        .map_err(Problem::internal)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(page, asset))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;

    gateway::openapi::document::<Api>(&[
        ("GET /drop/{address}", &[]),
        ("GET /drop/assets/{file}", &[&[Code::NotFound]]),
    ])
}
