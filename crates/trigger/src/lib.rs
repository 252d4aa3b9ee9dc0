//! The event edge: what a queue or a schedule delivers reaches a function's `handle`, and what became of it goes back.
//!
//! SQS delivers a message at least once, and `EventBridge` runs a schedule at least once: a `handle` has to stand being
//! called twice with the same. [`batch`], [`together`] and [`scheduled`] are all that stands between it and AWS, on AWS and on a laptop
//! alike.

mod batch;
mod message;
mod object;
mod schedule;
mod together;

pub use aws_lambda_events::cloudwatch_events::CloudWatchEvent;
pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
pub use batch::{batch, serve_batch};
pub use gateway::{FromEnv, MissingVariable, Provide, deps};
pub use message::{BadMessage, Message};
pub use schedule::{Failed, scheduled, serve_schedule};
pub use together::{Delivery, serve_together, together};

/// A failure with the whole chain of its causes: it is written to the log once, here at the edge.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
