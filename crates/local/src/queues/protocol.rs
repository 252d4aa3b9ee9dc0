//! The operations of SQS, in its JSON protocol
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>).

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Store;
use super::message::Received;
use super::refusal::{Refusal, number, unavailable};
use crate::clock::Clock;
use crate::platform::{ACCOUNT_ID, REGION};

/// The longest that a message may be kept by a receiver: 12 hours.
const MAX_VISIBILITY_SECONDS: u32 = 43_200;

/// The longest that a receiver may wait for a message.
const MAX_WAIT_SECONDS: u32 = 20;

/// What the operations work on.
#[derive(Debug, Clone)]
pub(super) struct Sqs {
    url: String,
    pub(super) store: Store,
    pub(super) clock: Clock,
}

pub(super) async fn answer(State(sqs): State<Sqs>, headers: HeaderMap, body: Bytes) -> Response {
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
    pub(super) fn new(url: String, store: Store, clock: Clock) -> Self {
        Self { url, store, clock }
    }

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
            "ReceiveMessage" => self.receive(self.queue(&request)?, &request).await,
            "DeleteMessage" => {
                let (queue, receipt) = (self.queue(&request)?, receipt(&request)?);
                let deleted = self.store.delete(queue, receipt);
                deleted.map_err(|error| unavailable(&error))?;
                Ok(json!({}))
            }
            "ChangeMessageVisibility" => self.hold(self.queue(&request)?, &request),
            "GetQueueUrl" => {
                let queue = self.known(request["QueueName"].as_str().unwrap_or_default())?;
                Ok(json!({"QueueUrl": format!("{}/{ACCOUNT_ID}/{queue}", self.url)}))
            }
            "GetQueueAttributes" => Ok(self.attributes(self.queue(&request)?, &request)),
            _ => Err(Refusal::client(
                "UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
                format!("The local platform does not know the operation {operation}."),
            )),
        }
    }

    /// Waits for messages as long as the request says, or gives what there is.
    async fn receive(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
        let of_queue = self.store.queue(queue);
        let of_queue = of_queue.map_or(0, |queue| queue.visibility_timeout_seconds);
        let seconds = number(request, "VisibilityTimeout", MAX_VISIBILITY_SECONDS)?;
        let count = number(request, "MaxNumberOfMessages", 10)?.unwrap_or(1);
        if count == 0 {
            return Err(Refusal::invalid("MaxNumberOfMessages is from 1 to 10."));
        }
        let wait = number(request, "WaitTimeSeconds", MAX_WAIT_SECONDS)?.unwrap_or_default();
        let take = || {
            let seconds = seconds.unwrap_or(of_queue);
            self.store.receive(queue, count as usize, Some(seconds))
        };
        let received = async {
            let mut changes = self.store.changes();
            loop {
                let received = take();
                if !received.is_empty() || changes.changed().await.is_err() {
                    return received;
                }
            }
        };
        let received = tokio::time::timeout(Duration::from_secs(wait.into()), received).await;
        let received = received.unwrap_or_else(|_| take());
        let messages = received.iter().map(received_json);
        Ok(json!({"Messages": messages.collect::<Vec<_>>()}))
    }

    fn hold(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
        let seconds = number(request, "VisibilityTimeout", MAX_VISIBILITY_SECONDS)?;
        let seconds = seconds.unwrap_or_default();
        if self.store.hold(queue, receipt(request)?, seconds) {
            Ok(json!({}))
        } else {
            Err(Refusal::client(
                "MessageNotInflight",
                "AWS.SimpleQueueService.MessageNotInflight",
                "Nobody has the message.",
            ))
        }
    }

    /// The attributes that are asked for.
    fn attributes(&self, name: &str, request: &Value) -> Value {
        let counts = self.store.counts(name);
        let arn = |queue: &str| format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}");
        let queue = self.store.queue(name);
        let redrive = queue.and_then(|queue| queue.redrive.as_ref());
        let redrive = redrive.map(|redrive| {
            json!({
                "deadLetterTargetArn": arn(&redrive.dead_letter_queue),
                "maxReceiveCount": redrive.max_receive_count,
            })
        });
        let seconds = queue.map_or(0, |queue| queue.visibility_timeout_seconds);
        let fifo = queue.is_some_and(|queue| queue.fifo);
        let all = [
            (
                "ApproximateNumberOfMessages",
                Some(counts.visible.to_string()),
            ),
            (
                "ApproximateNumberOfMessagesNotVisible",
                Some(counts.in_flight.to_string()),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                Some(counts.delayed.to_string()),
            ),
            ("FifoQueue", fifo.then(|| "true".to_owned())),
            ("QueueArn", Some(arn(name))),
            ("RedrivePolicy", redrive.map(|policy| policy.to_string())),
            ("VisibilityTimeout", Some(seconds.to_string())),
        ];
        let wanted = request["AttributeNames"].as_array();
        let is_wanted = |name: &str| {
            let mut wanted = wanted.into_iter().flatten();
            wanted.any(|wanted| wanted == "All" || wanted == name)
        };
        let attributes = all.into_iter().filter(|(name, _)| is_wanted(name));
        let attributes =
            attributes.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        json!({"Attributes": attributes.collect::<Map<_, _>>()})
    }

    /// The queue that a request names by its URL.
    fn queue<'a>(&self, request: &'a Value) -> Result<&'a str, Refusal> {
        let url = request["QueueUrl"].as_str().unwrap_or_default();
        self.known(url.rsplit('/').next().unwrap_or_default())
    }

    fn known<'a>(&self, queue: &'a str) -> Result<&'a str, Refusal> {
        if self.store.queue(queue).is_some() {
            Ok(queue)
        } else {
            Err(Refusal::no_queue())
        }
    }
}

/// A message as a receiver gets it.
fn received_json(received: &Received) -> Value {
    let Received {
        message, receipt, ..
    } = received;
    json!({
        "MessageId": message.message_id,
        "ReceiptHandle": receipt,
        "MD5OfBody": md5(&message.body),
        "Body": message.body,
        "Attributes": received.system_attributes(),
        "MessageAttributes": message.attributes,
    })
}

pub(super) fn md5(body: &str) -> String {
    data_encoding::HEXLOWER.encode(&Md5::digest(body))
}

fn receipt(request: &Value) -> Result<Uuid, Refusal> {
    let receipt = request["ReceiptHandle"].as_str().unwrap_or_default();
    receipt.parse().map_err(|_| {
        Refusal::client(
            "ReceiptHandleIsInvalid",
            "ReceiptHandleIsInvalid",
            "The receipt handle is not one of this queue's.",
        )
    })
}
