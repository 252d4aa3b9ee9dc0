//! What the queues say, as types.

use serde_norway::Value;

use crate::{Context, Error, Resource, Template, resolve, resources};

/// What the names of FIFO queues end with, and no others
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html>).
pub(crate) const FIFO_SUFFIX: &str = ".fifo";

/// What SQS takes where a queue says nothing.
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS: u32 = 30;

/// An `AWS::SQS::Queue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in SQS.
    pub name: String,
    /// For how long a message that was received is nobody else's.
    pub visibility_timeout_seconds: u32,
    /// Where messages go that can't be handled.
    pub redrive: Option<Redrive>,
    /// Whether it keeps the order of its message groups.
    pub fifo: bool,
    /// Whether it knows a message that is sent again within its message group only.
    pub deduplicates_by_group: bool,
}

/// The `RedrivePolicy` of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The name in SQS of the dead-letter queue.
    pub dead_letter_queue: String,
    /// How often a message is received before it goes there.
    pub max_receive_count: u32,
}

pub(crate) fn queue(
    template: &Template,
    resource: &Resource,
    context: &Context,
) -> Result<Queue, Error> {
    let place = resource.place();
    let name = template.physical_name(resource, context)?;
    let fifo = fifo(resource, &name)?;
    let redrive = match &resource.properties["RedrivePolicy"] {
        Value::Null => None,
        policy => {
            let place = format!("{place}.RedrivePolicy");
            let target = &policy["deadLetterTargetArn"];
            let dead_letter_queue = template.name_of_arn(target, context, &place)?;
            if dead_letter_queue.ends_with(FIFO_SUFFIX) != fifo {
                return Err(Error::new(
                    place,
                    "the dead-letter queue of a FIFO queue must be a FIFO queue, that of any other must not",
                ));
            }
            Some(Redrive {
                dead_letter_queue,
                max_receive_count: resources::number(&policy["maxReceiveCount"], &place)?
                    .ok_or_else(|| Error::new(place, "it has no maxReceiveCount"))?,
            })
        }
    };
    let timeout = &resource.properties["VisibilityTimeout"];
    Ok(Queue {
        logical_id: resource.logical_id.clone(),
        name,
        visibility_timeout_seconds: resources::number(
            timeout,
            &format!("{place}.VisibilityTimeout"),
        )?
        .unwrap_or(DEFAULT_VISIBILITY_TIMEOUT_SECONDS),
        redrive,
        fifo,
        deduplicates_by_group: fifo && deduplicates_by_group(resource)?,
    })
}

/// Whether a queue is a FIFO queue. Of the ways to know a message again, only the one by its own id is understood.
fn fifo(resource: &Resource, name: &str) -> Result<bool, Error> {
    let fifo = is_fifo(resource)?;
    if fifo != name.ends_with(FIFO_SUFFIX) {
        let message =
            format!("the name {name} must end in {FIFO_SUFFIX} exactly where FifoQueue is true");
        return Err(Error::new(resource.place(), message));
    }
    if flag(resource, "ContentBasedDeduplication")? {
        return Err(Error::new(
            resource.place(),
            "ContentBasedDeduplication is not understood here: send a MessageDeduplicationId",
        ));
    }
    Ok(fifo)
}

/// Whether the `DeduplicationScope` of a FIFO queue is its message groups, and not the whole queue.
fn deduplicates_by_group(resource: &Resource) -> Result<bool, Error> {
    match resource.properties["DeduplicationScope"].as_str() {
        None | Some("queue") => Ok(false),
        Some("messageGroup") => Ok(true),
        Some(scope) => Err(Error::new(
            resource.place(),
            format!("there is no DeduplicationScope {scope}, only queue and messageGroup"),
        )),
    }
}

pub(crate) fn is_fifo(resource: &Resource) -> Result<bool, Error> {
    flag(resource, "FifoQueue")
}

/// A property that is true or false, and false where nothing is written.
fn flag(resource: &Resource, property: &str) -> Result<bool, Error> {
    let value = resolve::scalar(&resource.properties[property]);
    value.map_or(Ok(false), |text| {
        text.parse().map_err(|_| {
            let place = format!("{}.{property}", resource.place());
            Error::new(place, "it must be true or false")
        })
    })
}
