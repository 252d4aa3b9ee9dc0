//! Who may see the pages: programs and browsers on this machine, and no page of another origin in them.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use uuid::Uuid;

use crate::edge::Problem;
use crate::service::is_for_this_machine;

/// Nothing but this page's own style and forms.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through to the pages, and says on the answer how it may be used.
pub(super) async fn check(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = if is_own(peer, request.method(), request.headers()) {
        as_problem(next.run(request).await)
    } else {
        Problem::FORBIDDEN.into_response(Uuid::new_v4())
    };
    let headers = response.headers_mut();
    // A page that shows what others wrote says more of itself.
    let policy = headers.entry(header::CONTENT_SECURITY_POLICY);
    policy.or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    for (name, value) in [
        // Links with tokens are shown here.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_DNS_PREFETCH_CONTROL, "off"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = headers.entry("cross-origin-resource-policy");
    policy.or_insert(HeaderValue::from_static("same-origin"));
    if !headers.contains_key("x-request-id")
        && let Ok(id) = HeaderValue::try_from(Uuid::new_v4().to_string())
    {
        headers.insert("x-request-id", id);
    }
    response
}

fn is_own(peer: SocketAddr, method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if !is_for_this_machine(headers) || !peer.ip().to_canonical().is_loopback() {
        return false;
    }
    if method == Method::GET || method == Method::HEAD {
        return true;
    }
    // A form on a page without a referrer says `Origin: null`, and only the browser itself writes `Sec-Fetch-Site`.
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => text("host").is_some_and(|host| origin == format!("http://{host}")),
        (None, None) => true,
    }
}

/// A refusal as a problem document: what the framework refuses by itself comes as a line of text or as nothing.
fn as_problem(refusal: Response) -> Response {
    let media_type = refusal.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| !media_type.starts_with("text/plain")) {
        return refusal;
    }
    let problem = match refusal.status() {
        StatusCode::METHOD_NOT_ALLOWED => Problem::invalid("This page does not take the method.")
            .with(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Method not allowed",
            ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::invalid("The body is larger than this page takes.").with(
                StatusCode::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "Payload too large",
            )
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::unsupported_media_type("Send application/x-www-form-urlencoded.")
        }
        status if status.is_client_error() => {
            Problem::invalid("The query or the body is malformed.")
        }
        _ => return refusal,
    };
    let mut response = problem.into_response(Uuid::new_v4());
    if let Some(allow) = refusal.headers().get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: bool, method: &Method, headers: &[(&str, &str)]) {
        let map = headers
            .iter()
            .map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()))
            .collect();
        let peer = SocketAddr::from(([127, 0, 0, 1], 5000));
        assert_eq!(is_own(peer, method, &map), expected, "{method} {headers:?}");
    }

    #[test]
    fn the_host_must_be_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:3000",
        ] {
            check(true, &Method::GET, &[("host", host)]);
        }
        for host in [
            "",
            "evil.example",
            "evil.example:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "10.0.0.1",
            "localhost:x",
        ] {
            check(false, &Method::GET, &[("host", host)]);
        }
        check(false, &Method::GET, &[]);
    }

    #[test]
    fn the_peer_must_be_this_machine() {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("localhost"))]);
        assert!(is_own(
            "[::ffff:127.0.0.1]:1".parse().unwrap(),
            &Method::GET,
            &headers
        ));
        assert!(!is_own(
            "192.168.0.2:1".parse().unwrap(),
            &Method::GET,
            &headers
        ));
    }

    #[test]
    fn a_write_comes_from_here() {
        let host = ("host", "localhost:3000");
        check(true, &Method::POST, &[host]);
        check(
            true,
            &Method::POST,
            &[host, ("origin", "http://localhost:3000")],
        );
        check(
            true,
            &Method::POST,
            &[host, ("origin", "null"), ("sec-fetch-site", "same-origin")],
        );
        check(false, &Method::POST, &[host, ("origin", "null")]);
        check(
            false,
            &Method::POST,
            &[host, ("origin", "http://localhost:5173")],
        );
        check(
            false,
            &Method::POST,
            &[
                host,
                ("origin", "http://localhost:3000"),
                ("sec-fetch-site", "cross-site"),
            ],
        );
        check(
            false,
            &Method::POST,
            &[host, ("sec-fetch-site", "same-site")],
        );
    }
}
