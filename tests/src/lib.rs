//! What a function's binary needs outside AWS: the Lambda Runtime API, the process that it serves, and SES.

mod lambda;
mod last_words;
mod process;
mod runtime_api;
pub mod ses;

pub use lambda::{Answer, Error, Lambda, Launch};
