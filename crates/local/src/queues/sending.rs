//! The operations that send
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).

use serde_json::{Value, json};

use super::message::{Fifo, Message, sequence_number};
use super::protocol::{Sqs, md5};
use super::refusal::{Refusal, number, unavailable};

/// The largest message, as of SQS when queues were made for this platform.
pub(super) const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The most messages of one request.
const MAX_BATCH: usize = 10;

/// The longest delay of a message: 15 minutes.
const MAX_DELAY_SECONDS: u32 = 900;

/// The longest id of a group, and of a message for deduplication, in characters.
const MAX_FIFO_ID: usize = 128;

impl Sqs {
    pub(super) async fn send(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
        let body = request["MessageBody"].as_str().unwrap_or_default();
        if body.is_empty() {
            return Err(Refusal::missing("The message has no body."));
        }
        if body.len() > MAX_MESSAGE_BYTES {
            return Err(Refusal::invalid(format_args!(
                "Message must be shorter than {MAX_MESSAGE_BYTES} bytes."
            )));
        }
        let delay_seconds = number(request, "DelaySeconds", MAX_DELAY_SECONDS)?;
        let delay_seconds = delay_seconds.unwrap_or_default();
        let is_fifo = self.store.queue(queue).is_some_and(|queue| queue.fifo);
        let fifo = if is_fifo {
            Some(fifo(request, delay_seconds)?)
        } else {
            refuse_deduplication(request)?;
            None
        };
        let message = Message {
            delay_seconds,
            attributes: request["MessageAttributes"].clone(),
            fifo,
            ..Message::new(body.to_owned(), self.clock.now())
        };
        let id = self.store.put(queue, message).await;
        let id = id.map_err(|error| unavailable(&error))?;
        let mut sent = json!({"MessageId": id, "MD5OfMessageBody": md5(body)});
        if is_fifo {
            sent["SequenceNumber"] = json!(sequence_number(id));
        }
        Ok(sent)
    }

    pub(super) async fn send_batch(&self, queue: &str, request: &Value) -> Result<Value, Refusal> {
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
}

/// What a message of a FIFO queue must be sent with.
fn fifo(request: &Value, delay_seconds: u32) -> Result<Fifo, Refusal> {
    if delay_seconds > 0 {
        return Err(Refusal::invalid(
            "A message of a FIFO queue has no DelaySeconds of its own.",
        ));
    }
    let group_id = fifo_id(request, "MessageGroupId")?.ok_or_else(|| {
        Refusal::missing("The request must contain the parameter MessageGroupId.")
    })?;
    let deduplication_id = fifo_id(request, "MessageDeduplicationId")?.ok_or_else(|| {
        Refusal::invalid("A message of a FIFO queue must have a MessageDeduplicationId.")
    })?;
    Ok(Fifo {
        group_id,
        deduplication_id,
    })
}

/// Other queues take the id of a group, by which SQS shares receivers out fairly, which matters to nobody here; but none
/// for deduplication.
fn refuse_deduplication(request: &Value) -> Result<(), Refusal> {
    fifo_id(request, "MessageGroupId")?;
    if request["MessageDeduplicationId"].is_null() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "MessageDeduplicationId is for FIFO queues.",
    ))
}

/// An id of letters, digits and punctuation, where there is one.
fn fifo_id(request: &Value, name: &str) -> Result<Option<String>, Refusal> {
    let value = &request[name];
    if value.is_null() {
        return Ok(None);
    }
    let id = value.as_str().filter(|id| {
        (1..=MAX_FIFO_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let wrong = || {
        Refusal::invalid(format_args!(
            "{name} is 1 to {MAX_FIFO_ID} letters, digits and punctuation of ASCII."
        ))
    };
    id.map(|id| Some(id.to_owned())).ok_or_else(wrong)
}
