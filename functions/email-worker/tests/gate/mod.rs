//! A gate before the database that can hold a call.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What never arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The request.
    Request,
    /// The answer to it.
    Answer,
}

pub struct Gate {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    behind: String,
    http: reqwest::Client,
    stop: Mutex<Option<(&'static str, Stop)>>,
    stopped: Notify,
}

impl Gate {
    pub async fn before(behind: &str) -> Self {
        let shared = Arc::new(Shared {
            behind: behind.to_owned(),
            http: reqwest::Client::new(),
            stop: Mutex::default(),
            stopped: Notify::new(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(pass).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the next call of an operation.
    pub fn stop_at(&self, operation: &'static str, stop: Stop) {
        *self.shared.stop.lock().expect("nobody panicked") = Some((operation, stop));
    }

    /// Waits until a call was stopped.
    pub async fn stopped(&self) {
        self.shared.stopped.notified().await;
    }

    /// Moves the end of a mail's claim into the past, as if its time had gone by.
    pub async fn end_claim(&self, table: &str, job: &Value) {
        let update = json!({
            "TableName": table, "Key": {"email_id": {"S": job["email_id"]}},
            "UpdateExpression": "SET claimed_until = :past", "ConditionExpression": "attribute_exists(claimed_until)",
            "ExpressionAttributeValues": {":past": {"N": "1"}},
        });
        let call = self.shared.http.post(&self.shared.behind);
        let call = call
            .header("x-amz-target", "DynamoDB_20120810.UpdateItem")
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
            .body(update.to_string());
        // What has no claim, has none that could be over.
        let answer = call.send().await.expect("an answer");
        assert!(
            answer.status().is_success() || answer.status() == 400,
            "{answer:?}"
        );
    }
}

async fn pass(State(gate): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let stop = {
        let mut stop = gate.stop.lock().expect("nobody panicked");
        let is_it = stop.is_some_and(|(stopped, _)| stopped == operation);
        if is_it { stop.take() } else { None }
    };
    let stop = stop.map(|(_, stop)| stop);
    if stop == Some(Stop::Request) {
        hold(&gate).await;
    }
    let call = gate.http.post(&gate.behind).headers(headers).body(body);
    let Ok(answer) = call.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap_or_default();
    if stop == Some(Stop::Answer) {
        hold(&gate).await;
    }
    (status, headers, body).into_response()
}

async fn hold(gate: &Shared) {
    gate.stopped.notify_one();
    std::future::pending::<()>().await;
}
