//! Mails: the words of each, and the ways out.

mod mailer;
mod pace;
mod ses;
mod words;

pub use mailer::{Mailer, NotSent, Outgoing};
pub use ses::{EMAIL_TAG, Ses};
pub use words::{Mail, MissingParam, compose};
