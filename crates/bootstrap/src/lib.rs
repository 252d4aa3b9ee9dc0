//! Environment and AWS clients to the dependencies of a function.
//!
//! Only a function's `main.rs` and the local platform name this crate.

mod clients;
mod env;
mod http;
mod resources;
mod run;
mod secrets;
mod waits;

pub use env::Env;
pub use http::BadBundle;
pub use run::run;
pub use waits::Waits;
