//! Templates, messages and SMTP from the outside.

mod fixtures;
mod messages;
mod replaced;
mod smtp;
mod templates;
