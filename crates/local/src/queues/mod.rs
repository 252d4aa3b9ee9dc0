//! SQS: what a sender needs of it, in the protocol that the real SDK speaks.
//!
//! A message is accepted once it is a file on disk; `store` has the files.

mod store;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, middleware, routing};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use template::Queue;

use crate::Error;
use crate::clock::Clock;
use crate::data_dir::DataDir;
use crate::service::{Service, bind_loopback, refuse_pages};

pub use store::{Message, Store};

/// The largest message, as of SQS when queues were made for this platform.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The largest batch.
const MAX_BATCH: usize = 10;

/// Running queues.
#[derive(Debug)]
pub struct Queues {
    url: String,
    store: Store,
    server: Service,
}

impl Queues {
    /// Serves the queues on a free loopback port.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub async fn start(data: &DataDir, queues: &[Queue], clock: Clock) -> Result<Self, Error> {
        let store = Store::open(data, queues)?;
        let (listener, url) = bind_loopback().await?;
        let sqs = Sqs {
            url: url.clone(),
            store: store.clone(),
            clock,
        };
        let router = Router::new()
            .route("/", routing::post(answer))
            // A batch, with what escaping in JSON adds.
            .layer(DefaultBodyLimit::max(8 * MAX_MESSAGE_BYTES))
            .layer(middleware::from_fn(refuse_pages))
            .with_state(sqs);
        let server = Service::spawn(|stopped| async move {
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped.wait())
                .await
            {
                tracing::error!(%error, "SQS has stopped");
            }
        });
        Ok(Self { url, store, server })
    }

    /// The endpoint for an SDK, and the beginning of every queue's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Finishes what it is doing.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

#[derive(Debug, Clone)]
struct Sqs {
    url: String,
    store: Store,
    clock: Clock,
}

/// A refusal of the protocol: its code, the code of the older protocol that SDKs also look for, and words.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    query_code: &'static str,
    message: String,
}

impl Refusal {
    fn client(code: &'static str, query_code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            query_code,
            message: message.into(),
        }
    }

    fn no_queue() -> Self {
        Self::client(
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        )
    }
}

async fn answer(State(sqs): State<Sqs>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let operation = target
        .strip_prefix("AmazonSQS.")
        .unwrap_or_default()
        .to_owned();
    let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    match sqs.perform(&operation, &body).await {
        Ok(answer) => (json, answer.to_string()).into_response(),
        Err(refusal) => {
            let fault = if refusal.status.is_server_error() {
                "Receiver"
            } else {
                "Sender"
            };
            let query_error = [(
                "x-amzn-query-error",
                format!("{};{fault}", refusal.query_code),
            )];
            let body = json!({"__type": format!("com.amazonaws.sqs#{}", refusal.code), "message": refusal.message});
            (refusal.status, json, query_error, body.to_string()).into_response()
        }
    }
}

impl Sqs {
    async fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        let request: Value = serde_json::from_slice(body).map_err(|_| {
            Refusal::client(
                "SerializationException",
                "MalformedInput",
                "The body is not JSON.",
            )
        })?;
        match operation {
            "SendMessage" => self.send(self.queue(&request)?, &request).await,
            "SendMessageBatch" => self.send_batch(self.queue(&request)?, &request).await,
            "GetQueueUrl" => {
                let queue = self.known(request["QueueName"].as_str().unwrap_or_default())?;
                Ok(
                    json!({"QueueUrl": format!("{}/{}/{queue}", self.url, crate::platform::ACCOUNT_ID)}),
                )
            }
            "GetQueueAttributes" => {
                let count = self
                    .store
                    .count(self.queue(&request)?)
                    .map_err(|error| unavailable(&error))?;
                Ok(json!({"Attributes": {"ApproximateNumberOfMessages": count.to_string()}}))
            }
            _ => Err(Refusal::client(
                "UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
                format!("The local platform does not know the operation {operation}."),
            )),
        }
    }

    async fn send(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
        let body = request["MessageBody"].as_str().unwrap_or_default();
        if body.is_empty() {
            return Err(Refusal::client(
                "MissingParameter",
                "MissingParameter",
                "The message has no body.",
            ));
        }
        if body.len() > MAX_MESSAGE_BYTES {
            return Err(Refusal::client(
                "InvalidParameterValue",
                "InvalidParameterValue",
                format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {MAX_MESSAGE_BYTES} bytes."
                ),
            ));
        }
        let message = Message::new(
            body.to_owned(),
            request["MessageAttributes"].clone(),
            self.clock.now(),
        );
        let id = message.message_id;
        let md5 = data_encoding::HEXLOWER.encode(&Md5::digest(body));
        self.store
            .put(queue, message)
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(json!({"MessageId": id, "MD5OfMessageBody": md5}))
    }

    async fn send_batch(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
        let entries = request["Entries"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if entries.is_empty() || entries.len() > MAX_BATCH {
            return Err(Refusal::client(
                "TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                format!("A batch has 1 to {MAX_BATCH} entries."),
            ));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.send(queue, entry).await {
                Ok(mut sent) => {
                    sent["Id"] = entry["Id"].clone();
                    successful.push(sent);
                }
                Err(refusal) => failed.push(json!({
                    "Id": entry["Id"],
                    "Code": refusal.code,
                    "Message": refusal.message,
                    "SenderFault": refusal.status.is_client_error(),
                })),
            }
        }
        Ok(json!({"Successful": successful, "Failed": failed}))
    }

    /// The queue that a request names by its URL.
    fn queue<'a>(&self, request: &'a Value) -> Result<&'a str, Refusal> {
        let url = request["QueueUrl"].as_str().unwrap_or_default();
        self.known(url.rsplit('/').next().unwrap_or_default())
    }

    fn known<'a>(&self, queue: &'a str) -> Result<&'a str, Refusal> {
        if self.store.has(queue) {
            Ok(queue)
        } else {
            Err(Refusal::no_queue())
        }
    }
}

fn unavailable(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "a message can't be kept");
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "ServiceUnavailable",
        query_code: "ServiceUnavailable",
        message: "The queue can't be written.".to_owned(),
    }
}
