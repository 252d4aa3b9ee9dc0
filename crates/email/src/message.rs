//! A mail as bytes: the message that SES, SMTP and files take alike.
//!
pub struct Letter;
pub fn message() {}
