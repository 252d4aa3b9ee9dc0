//! Whom to encrypt to: for a program the recipient, for a browser a page that encrypts there.

use assets::Asset;
use gateway::{Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

const PAGE: &str = include_str!("../assets/page.html");
const ASSETS: &[Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Everything that the page loads is a file of this function, and it talks to this platform alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// Whom to encrypt to.
#[derive(Serialize, ToSchema)]
struct RecipientBody {
    /// An X25519 recipient of age.
    #[schema(example = "age1…")]
    recipient: String,
}

/// What a client would like to get.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Text,
    Json,
}

#[utoipa::path(get, path = "/drop/{address}", tag = "messages", summary = "Get whom to encrypt a message to",
    description = "An address that nobody has gives a recipient as well.",
    params(("address" = String, Path, description = "Where messages to somebody are left")), security(()),
    responses((status = 200, description = "The recipient, or for a browser a page that encrypts there",
        content((String = "text/html"), (String = "text/plain"), (RecipientBody = "application/json")),
        headers(("cache-control" = String, description = "`public, max-age=300`"), ("vary" = String, description = "`accept`")))))]
pub async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let response = match kind(request.header("accept").unwrap_or_default()) {
        Kind::Page => page(),
        kind => {
            let address = crate::address(request)?;
            // The decoy is made for every address, so that a known one takes no less time.
            let keys = deps.ring.current(deps.clock.now()).await?;
            let decoy = message::decoy(&keys.lasting("decoy recipient", address.as_str())?);
            let recipient = deps.keys.recipient(&address).await?.unwrap_or(decoy);
            match kind {
                Kind::Json => Response::ok(&RecipientBody { recipient }),
                _ => Response::content(
                    HeaderValue::from_static("text/plain; charset=utf-8"),
                    format!("{recipient}\n"),
                ),
            }
        }
    };
    Ok(cached(response).with_header(header::VARY, HeaderValue::from_static("accept")))
}

/// The page, which is the same for every address, and says itself where there can be no such address.
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

/// What to answer a client that accepts these types: the first that there is, since browsers, `fetch` and libraries name
/// first what they want most. Only a browser asks for a page; `curl` without more gets what `age -r` takes.
fn kind(accept: &str) -> Kind {
    let kinds = accept.split(',').filter_map(|range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        match range.to_ascii_lowercase().as_str() {
            "text/html" => Some(Kind::Page),
            "text/plain" | "*/*" => Some(Kind::Text),
            "application/json" => Some(Kind::Json),
            _ => None,
        }
    });
    kinds.into_iter().next().unwrap_or(Kind::Text)
}

#[utoipa::path(get, path = "/drop/assets/{asset}", tag = "messages", summary = "Get a file of the page",
    params(("asset" = String, Path, description = "The file's name")), security(()),
    responses((status = 200, description = "The file", content(
        (String = "text/javascript"), (String = "text/css"), (String = "image/svg+xml"), (String = "text/plain")),
        headers(("cache-control" = String, description = "`public, max-age=300`")))))]
pub fn asset(request: &Request) -> Result<Response, Problem> {
    let name = request.path_parameter("asset").unwrap_or_default();
    let mut assets = ASSETS.iter();
    let asset = assets
        .find(|asset| asset.name() == name)
        .ok_or_else(|| Problem::not_found("the page has no such file"))?;
    let response = asset.response(request.header("accept-encoding"));
    Ok(cached(response.map_err(Problem::internal)?))
}

fn cached(response: Response) -> Response {
    response.with_header(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_names_first() {
        #[track_caller]
        fn check(accept: &str, expected: Kind) {
            assert!(kind(accept) == expected, "{accept:?}");
        }
        check("text/plain", Kind::Text);
        check("Text/Plain; q=0.9, text/html", Kind::Text);
        check("application/json, text/plain, */*", Kind::Json);
        check("image/png, application/json", Kind::Json);

        check(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            Kind::Page,
        );
        check("*/*", Kind::Text);
        check("", Kind::Text);
        check("image/png", Kind::Text);
    }
}
