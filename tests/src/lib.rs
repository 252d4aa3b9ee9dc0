//! What starts a function's binary outside AWS: the Lambda Runtime API, and the process that it serves.

mod process;
mod runtime_api;

pub use runtime_api::{Answer, Error, Lambda, Launch};
