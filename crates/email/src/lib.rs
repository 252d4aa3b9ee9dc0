//! Mails: the words of each, and the ways out.

mod builtin;
mod check;
mod compile;
mod context;
mod error;
mod identity;
mod language;
mod mailer;
mod markup;
mod message;
mod outbox;
mod pace;
mod render;
pub mod sample;
mod ses;
mod smtp;

pub use builtin::builtin;
pub use check::check;
pub use error::Error;
pub use identity::Identity;
pub use mailer::{Mailer, NotSent, Outgoing};
pub use message::{Letter, message};
pub use outbox::Outbox;
pub use render::{Rendered, Renderer};
pub use ses::{EMAIL_TAG, Ses, SesTenant};
pub use smtp::{Smtp, WrongUrl};
