//! Mails: the words of each, and the ways out.

mod identity;
mod mailer;
mod outbox;
mod pace;
mod ses;
mod words;

pub use identity::Identity;
pub use mailer::{Mailer, NotSent, Outgoing};
pub use outbox::Outbox;
pub use ses::{EMAIL_TAG, Ses, SesTenant};
pub use words::{Mail, MissingParam, compose};
