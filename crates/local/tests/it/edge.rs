//! The edge, with functions of the test's own.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, Response, StatusCode};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use local::clock::Clock;
use local::edge::{Edge, Handler};
use serde_json::{Value, json};

use crate::{handler, platform};

const PEER: ([u8; 4], u16) = ([127, 0, 0, 1], 9);

fn edge(handler: Handler) -> Edge {
    let template = template::Template::parse(
        "{Resources: {
            Api: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfiguration: {
                AllowOrigins: ['https://stack.example'], AllowCredentials: true, AllowMethods: [GET, POST],
                AllowHeaders: [content-type], ExposeHeaders: [x-request-id], MaxAge: 60}}},
            Echo: {Type: AWS::Serverless::Function, Properties: {Events: {
                One: {Type: HttpApi, Properties: {Method: ANY, Path: '/echo/{id}'}},
                Rest: {Type: HttpApi}}}}}}",
    )
    .unwrap();
    let origins = || HashSet::from(["https://tenant.example".to_owned()]);
    Edge::new(
        template.functions(),
        HashMap::from([("echo".to_owned(), handler)]),
        template.cors(&template::Context::default()).unwrap(),
        Arc::new(move || Box::pin(async move { origins() })),
        Clock::default(),
    )
}

fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:3000");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// What the function saw, as it tells.
async fn seen(request: Request<Body>) -> Value {
    let tell = handler(|request| {
        let RequestContext::ApiGatewayV2(context) = request.request_context() else {
            panic!("an HTTP API")
        };
        let headers: HashMap<_, _> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let told = json!({
            "method": request.method().as_str(),
            "path": request.raw_http_path(),
            "query": request.query_string_parameters().all("a"),
            "id": request.path_parameters().first("id"),
            "route": context.route_key,
            "ip": context.http.source_ip,
            "headers": headers,
            "body": request.body().to_vec(),
        });
        lambda_http::Response::new(told.to_string().into())
    });
    let response = edge(tell).answer(SocketAddr::from(PEER), request).await;
    assert_eq!(response.status(), 200);
    json_body(response).await
}

async fn json_body(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

async fn status(request: Request<Body>) -> StatusCode {
    edge(local::edge::constant(StatusCode::OK))
        .answer(SocketAddr::from(PEER), request)
        .await
        .status()
}

#[tokio::test]
async fn a_function_sees_the_request_as_on_lambda() {
    let headers = [
        ("x-two", "a"),
        ("X-Two", "b"),
        ("cookie", "c=1"),
        ("cookie", "d=2; e=3"),
    ];
    let told = seen(request(
        "PUT",
        "/echo/a%20b?a=1&a=%C3%A4",
        &headers,
        vec![0xff, 0x00, 0x7b],
    ))
    .await;
    assert_eq!(told["method"], "PUT");
    assert_eq!(told["id"], "a b");
    assert_eq!(told["query"], json!(["1", "ä"]));
    assert_eq!(told["route"], "ANY /echo/{id}");
    assert_eq!(told["ip"], "127.0.0.1");
    assert_eq!(told["headers"]["x-two"], "a,b");
    assert_eq!(told["headers"]["cookie"], "c=1; d=2; e=3");
    assert_eq!(told["body"], json!([0xff, 0x00, 0x7b]));

    let told = seen(request("GET", "/nowhere", &[], "ä")).await;
    assert_eq!(
        (&told["route"], &told["path"]),
        (&json!("$default"), &json!("/nowhere"))
    );
    assert_eq!(told["body"], json!("ä".as_bytes()));
}

#[tokio::test]
async fn odd_requests_do_not_reach_a_function() {
    assert_eq!(status(request("GET", "/echo/1", &[], "")).await, 200);
    for host in [
        "",
        "a b",
        "x/y",
        "u@h",
        "h:99999",
        "[::",
        "a?b",
        "1.2.3.999",
    ] {
        assert_eq!(
            status(request("GET", "/", &[("host", host)], "")).await,
            400,
            "{host}"
        );
    }
    assert_eq!(status(request("OPTIONS", "*", &[], "")).await, 400);
    let long = "x".repeat(11 * 1024);
    assert_eq!(
        status(request("GET", "/", &[("x-long", &long)], "")).await,
        431
    );
    assert_eq!(
        status(request("GET", &format!("/?{long}"), &[], "")).await,
        431
    );
    assert_eq!(
        status(request("POST", "/", &[], vec![b'x'; 10 * 1024 * 1024])).await,
        200
    );

    let too_large = request("POST", "/", &[], vec![b'x'; 10 * 1024 * 1024 + 1]);
    let response = edge(local::edge::constant(StatusCode::OK))
        .answer(SocketAddr::from(PEER), too_large)
        .await;
    assert_eq!(response.status(), 413);
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let problem = json_body(response).await;
    assert_eq!(
        (&problem["code"], &problem["request_id"]),
        (&json!("payload_too_large"), &json!(id))
    );
}

#[tokio::test]
async fn a_broken_body_is_not_a_large_one() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let platform = platform().await;
    let address = platform.base_url().trim_start_matches("http://");
    for chunk in ["ZZ\r\nx\r\n0\r\n\r\n", "5\r\nab\r\n0\r\n\r\n"] {
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let head =
            "POST /auth/login HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(chunk.as_bytes()).await.unwrap();
        // Nothing more comes.
        socket.shutdown().await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{chunk:?}: {answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing() {
    let panics = edge(handler(|_| panic!("a secret")));
    let response = panics
        .answer(SocketAddr::from(PEER), request("GET", "/", &[], ""))
        .await;
    assert_eq!(response.status(), 500);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let problem = json_body(response).await;
    assert_eq!(problem["code"], "internal");
    assert!(!problem.to_string().contains("secret"));
}

#[tokio::test]
async fn an_answer_comes_out_as_the_function_gave_it() {
    let answers = edge(handler(|_| {
        lambda_http::Response::builder()
            .status(201)
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("vary", "accept")
            .header("access-control-allow-origin", "*")
            .body(lambda_http::Body::Binary(vec![0xff, 0x00]))
            .unwrap()
    }));
    let response = answers
        .answer(SocketAddr::from(PEER), request("GET", "/", &[], ""))
        .await;
    assert_eq!(response.status(), 201);
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.headers()["vary"], "accept, origin");
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    assert_eq!(
        to_bytes(response.into_body(), 9).await.unwrap().as_ref(),
        [0xff, 0x00]
    );
}

async fn cors_headers(request: Request<Body>) -> (StatusCode, HeaderMap) {
    let response = edge(local::edge::constant(StatusCode::OK))
        .answer(SocketAddr::from(PEER), request)
        .await;
    (response.status(), response.headers().clone())
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_function() {
    let edge = edge(handler(|_| panic!("not to be called")));
    for origin in ["https://stack.example", "https://tenant.example"] {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
        ];
        let response = edge
            .answer(
                SocketAddr::from(PEER),
                request("OPTIONS", "/any", &headers, ""),
            )
            .await;
        assert_eq!(response.status(), 204);
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert_eq!(headers["access-control-allow-methods"], "GET,POST");
        assert_eq!(headers["access-control-allow-headers"], "content-type");
        assert_eq!(headers["access-control-max-age"], "60");
        assert_eq!(headers["vary"], "origin");
    }
    let headers = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
    ];
    let response = edge
        .answer(
            SocketAddr::from(PEER),
            request("OPTIONS", "/any", &headers, ""),
        )
        .await;
    assert_eq!(response.status(), 204);
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn an_answer_names_the_origin_that_may_read_it() {
    let (_, headers) = cors_headers(request(
        "GET",
        "/",
        &[("origin", "https://tenant.example")],
        "",
    ))
    .await;
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://tenant.example"
    );
    assert_eq!(headers["access-control-expose-headers"], "x-request-id");
    for origin in [
        "https://evil.example",
        "null",
        "https://stack.example.evil.example",
    ] {
        let (status, headers) = cors_headers(request("GET", "/", &[("origin", origin)], "")).await;
        assert_eq!(status, 200);
        assert!(
            !headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
    // An OPTIONS that is no preflight is a request like any other.
    let (status, _) = cors_headers(request(
        "OPTIONS",
        "/",
        &[("origin", "https://evil.example")],
        "",
    ))
    .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn the_platform_answers_on_both_names_of_this_machine() {
    let platform = platform().await;
    let port = platform.base_url().rsplit(':').next().unwrap();
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/_local/clock"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    platform.stop().await;
}
