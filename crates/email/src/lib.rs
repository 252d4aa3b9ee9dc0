//! Mails: the words of each, and the way out over SES.

mod mailer;
mod words;

pub use mailer::{Error, Mailer};
pub use words::{Mail, MissingParam, compose};
