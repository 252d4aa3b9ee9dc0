//! Templates, messages and SMTP from the outside.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "in a test a panic is the answer"
)]

mod fixtures;
mod messages;
mod replaced;
mod smtp;
mod templates;
