//! A front before a service: it takes the service's own time, and asks `DynamoDB` what a call has consumed.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, routing};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Failure;

/// The operations that read; all others that consume anything write.
const READS: &[&str] = &[
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "TransactGetItems",
];

/// One call of a service.
#[derive(Debug, Clone)]
pub struct Call {
    /// For example `DynamoDB_20120810.GetItem`.
    pub target: String,
    /// When the whole request was here.
    pub began: Instant,
    /// When the answer was.
    pub ended: Instant,
    /// Read request units, as the database reports them.
    pub read_units: f64,
    /// Write request units, as the database reports them.
    pub write_units: f64,
}

impl Call {
    fn is_to_database(&self) -> bool {
        self.target.starts_with("DynamoDB")
    }
}

/// What was called, over all fronts that share it.
#[derive(Debug, Default, Clone)]
pub struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Debug, Default)]
struct Recorded {
    calls: Vec<Call>,
    hold: Duration,
}

impl Recorder {
    /// The calls since the last time this was asked.
    pub fn take(&self) -> Calls {
        Calls(std::mem::take(&mut self.lock().calls))
    }

    /// Keeps every answer back for a while, as a network would, so that calls sent together are under way together.
    pub fn hold_answers(&self, hold: Duration) {
        self.lock().hold = hold;
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calls that one invocation has made.
#[derive(Debug, Clone)]
pub struct Calls(Vec<Call>);

impl Calls {
    /// The moments in which the function waited: calls that overlap share one, and so does the time of each.
    fn moments(&self) -> Vec<(Instant, Instant)> {
        let mut calls: Vec<_> = self.0.iter().map(|call| (call.began, call.ended)).collect();
        calls.sort();
        let mut moments: Vec<(Instant, Instant)> = Vec::new();
        for (began, ended) in calls {
            match moments.last_mut() {
                Some(last) if began <= last.1 => last.1 = last.1.max(ended),
                _ => moments.push((began, ended)),
            }
        }
        moments
    }

    /// How often the function waited.
    pub fn waits(&self) -> usize {
        self.moments().len()
    }

    /// The services' own time.
    pub fn own_time(&self) -> Duration {
        self.moments()
            .iter()
            .map(|(began, ended)| *ended - *began)
            .sum()
    }

    /// Read request units.
    pub fn read_units(&self) -> f64 {
        self.0.iter().fold(0.0, |sum, call| sum + call.read_units)
    }

    /// Write request units.
    pub fn write_units(&self) -> f64 {
        self.0.iter().fold(0.0, |sum, call| sum + call.write_units)
    }

    /// Requests to the queue.
    pub fn queue_requests(&self) -> usize {
        self.0.iter().filter(|call| !call.is_to_database()).count()
    }

    /// The call that a service had first.
    pub fn first(&self) -> Option<Call> {
        self.0.iter().min_by_key(|call| call.began).cloned()
    }
}

/// What passes requests on to the service at `url`.
pub fn router(url: &str, recorder: &Recorder) -> Router {
    let front = Front {
        url: url.into(),
        client: reqwest::Client::new(),
        recorder: recorder.clone(),
    };
    Router::new()
        .route("/", routing::any(pass_on))
        .with_state(front)
}

/// Serves a front on a free loopback port, and tells its address.
pub async fn serve(router: Router) -> Result<String, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

#[derive(Clone)]
struct Front {
    url: Arc<str>,
    client: reqwest::Client,
    recorder: Recorder,
}

async fn pass_on(State(front): State<Front>, headers: HeaderMap, body: Bytes) -> Response {
    let began = Instant::now();
    let Some(target) = text(&headers, "x-amz-target") else {
        // Whoever only opens a connection is no caller of the service.
        return StatusCode::OK.into_response();
    };
    let (status, mut answer) = match front.ask(&target, &headers, body).await {
        Ok(answer) => answer,
        Err(error) => (
            StatusCode::BAD_GATEWAY,
            json!({ "message": error.to_string() }),
        ),
    };
    let units = take_units(&mut answer);
    let (read_units, write_units) = if is_read(&target) {
        (units, 0.0)
    } else {
        (0.0, units)
    };
    let hold = front.recorder.lock().hold;
    if !hold.is_zero() {
        tokio::time::sleep(hold).await;
    }
    let answer = answer.to_string();
    let ended = Instant::now();
    front.recorder.lock().calls.push(Call {
        target,
        began,
        ended,
        read_units,
        write_units,
    });
    (
        status,
        [("content-type", "application/x-amz-json-1.0")],
        answer,
    )
        .into_response()
}

impl Front {
    async fn ask(
        &self,
        target: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, Value), Failure> {
        let mut request: Value = serde_json::from_slice(&body)?;
        if target.starts_with("DynamoDB") {
            request["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        let content_type = text(headers, "content-type").unwrap_or_default();
        let answer = self
            .client
            .post(&*self.url)
            .header("x-amz-target", target)
            .header("content-type", content_type)
            .body(request.to_string())
            .send()
            .await?;
        let status = answer.status();
        Ok((status, serde_json::from_slice(&answer.bytes().await?)?))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn is_read(target: &str) -> bool {
    let operation = target.rsplit('.').next().unwrap_or_default();
    READS.contains(&operation)
}

/// Takes what was consumed out of an answer: the function has not asked for it.
fn take_units(answer: &mut Value) -> f64 {
    let Some(consumed) = answer
        .as_object_mut()
        .and_then(|answer| answer.remove("ConsumedCapacity"))
    else {
        return 0.0;
    };
    let of = |table: &Value| table["CapacityUnits"].as_f64().unwrap_or_default();
    match &consumed {
        Value::Array(tables) => tables.iter().map(of).sum(),
        table => of(table),
    }
}
