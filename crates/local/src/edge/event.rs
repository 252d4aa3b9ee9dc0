//! The event that API Gateway makes of a request, payload format 2.0.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use data_encoding::BASE64;
use http::request::Parts;
use http::{HeaderName, header};
use jiff::Timestamp;
use lambda_http::RequestExt as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What an event says besides the request itself.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// The request's name in logs and answers.
    pub request_id: Uuid,
    /// The route that matched.
    pub route_key: &'a str,
    /// The values of the route's `{parameters}`.
    pub path_parameters: BTreeMap<String, String>,
    /// The platform's time.
    pub now: Timestamp,
}

/// The event of a request.
pub(super) fn event(parts: &Parts, body: &[u8], facts: &Facts<'_>) -> Value {
    let headers = headers(parts, facts);
    let text = |name: &str| headers.get(name).cloned().unwrap_or(Value::Null);
    let domain = text("host");
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": facts.route_key,
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {
            "accountId": crate::platform::ACCOUNT_ID,
            "apiId": "local",
            "domainPrefix": domain.as_str().unwrap_or_default().split(['.', ':']).next(),
            "domainName": domain,
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": facts.peer.ip().to_canonical(),
                "userAgent": text("user-agent"),
            },
            "requestId": facts.request_id,
            "routeKey": facts.route_key,
            "stage": "$default",
            "time": facts.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": facts.now.as_millisecond(),
        },
        "headers": headers,
        "isBase64Encoded": false,
    });
    let cookies = cookies(parts);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query_parameters(query));
    }
    if !facts.path_parameters.is_empty() {
        event["pathParameters"] = json!(facts.path_parameters);
    }
    if !body.is_empty() {
        if let Ok(text) = std::str::from_utf8(body) {
            event["body"] = json!(text);
        } else {
            event["body"] = json!(BASE64.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// The request that a function gets, made by the very code that reads events on Lambda.
pub(super) fn into_request(event: &Value) -> Result<lambda_http::Request, serde_json::Error> {
    let request = lambda_http::request::from_str(&event.to_string())?;
    Ok(request.with_lambda_context(lambda_http::Context::default()))
}

/// Whether a header speaks of the connection and not of the message.
pub(super) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Names in small letters, duplicates joined by a comma, and who the request comes from.
fn headers(parts: &Parts, facts: &Facts<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    for name in parts.headers.keys() {
        if is_hop_by_hop(name) || name == header::COOKIE {
            continue;
        }
        headers.insert(
            name.as_str().to_owned(),
            Value::String(joined(parts, name, ",")),
        );
    }
    let peer = facts.peer.ip().to_canonical().to_string();
    let forwarded = match headers.get("x-forwarded-for").and_then(Value::as_str) {
        Some(claimed) => format!("{claimed}, {peer}"),
        None => peer,
    };
    headers.insert("x-forwarded-for".to_owned(), forwarded.into());
    headers.insert("x-forwarded-proto".to_owned(), "http".into());
    headers
}

fn joined(parts: &Parts, name: &HeaderName, separator: &str) -> String {
    let values = parts.headers.get_all(name).iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect::<Vec<_>>()
        .join(separator)
}

/// Cookies leave the headers for a list of their own.
fn cookies(parts: &Parts) -> Vec<String> {
    let all = joined(parts, &header::COOKIE, ";");
    all.split(';')
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Decoded, with duplicates joined by a comma.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts<'static> {
        Facts {
            peer: SocketAddr::from(([127, 0, 0, 1], 4000)),
            request_id: Uuid::nil(),
            route_key: "GET /users/{id}",
            path_parameters: BTreeMap::from([("id".to_owned(), "7".to_owned())]),
            now: Timestamp::from_second(1_700_000_000).unwrap(),
        }
    }

    fn parts(headers: &[(&str, &[u8])]) -> Parts {
        let mut request = http::Request::builder().uri("/users/7?a=1&a=2%20&b=%26");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_request_is_in_the_event() {
        let event = event(
            &parts(&[("host", b"localhost:3000"), ("user-agent", b"curl")]),
            b"",
            &facts(),
        );
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["routeKey"], "GET /users/{id}");
        assert_eq!(event["rawPath"], "/users/7");
        assert_eq!(event["rawQueryString"], "a=1&a=2%20&b=%26");
        assert_eq!(
            event["queryStringParameters"],
            json!({"a": "1,2 ", "b": "&"})
        );
        assert_eq!(event["pathParameters"], json!({"id": "7"}));
        let context = &event["requestContext"];
        assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
        assert_eq!(context["http"]["userAgent"], "curl");
        assert_eq!(context["http"]["protocol"], "HTTP/1.1");
        assert_eq!(context["time"], "14/Nov/2023:22:13:20 +0000");
        assert_eq!(context["timeEpoch"], 1_700_000_000_000_i64);
        assert_eq!(event["body"], Value::Null);
    }

    #[test]
    fn duplicated_headers_are_joined_and_cookies_are_apart() {
        let parts = parts(&[
            ("host", b"localhost"),
            ("X-Api-Key", b"one"),
            ("x-api-key", b"two"),
            ("cookie", b"a=1; b=2"),
            ("cookie", b"c=3"),
            ("x-forwarded-for", b"9.9.9.9"),
            ("connection", b"keep-alive"),
        ]);
        let event = event(&parts, b"", &facts());
        assert_eq!(event["headers"]["x-api-key"], "one,two");
        assert_eq!(event["headers"]["x-forwarded-for"], "9.9.9.9, 127.0.0.1");
        assert_eq!(event["headers"]["connection"], Value::Null);
        assert_eq!(event["headers"]["cookie"], Value::Null);
        assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));

        let request = into_request(&event).unwrap();
        assert_eq!(request.headers()["cookie"], "a=1; b=2; c=3");
        assert_eq!(request.path_parameters().first("id"), Some("7"));
        assert_eq!(request.uri().path(), "/users/7");
    }

    #[test]
    fn a_body_is_text_or_base64() {
        let parts = parts(&[("host", b"localhost"), ("x-odd", b"\xff")]);
        let text = event(&parts, "{\"ä\":1}".as_bytes(), &facts());
        assert_eq!(
            (&text["body"], &text["isBase64Encoded"]),
            (&json!("{\"ä\":1}"), &json!(false))
        );

        let bytes = event(&parts, b"\xff\x00", &facts());
        assert_eq!(
            (&bytes["body"], &bytes["isBase64Encoded"]),
            (&json!("/wA="), &json!(true))
        );
        assert_eq!(
            into_request(&bytes).unwrap().into_body().to_vec(),
            b"\xff\x00"
        );
    }
}
