//! What starts a function's binary outside AWS: the Lambda Runtime API, and the process that it serves.

mod lambda;
mod last_words;
mod process;
mod runtime_api;

pub use lambda::{Answer, Error, Lambda, Launch};
