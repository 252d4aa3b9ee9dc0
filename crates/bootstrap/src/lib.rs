//! Environment and AWS clients to the dependencies of a function.
//!
//! Only a function's `main.rs` and the local platform name this crate.

mod certificates;
mod clients;
mod env;
mod events;
mod fetching;
mod http;
mod publishing;
mod resources;
mod run;
mod secrets;
mod waits;

pub use env::Env;
pub use events::{run_batch, run_schedule, run_together};
pub use http::BadBundle;
pub use run::run;
pub use waits::Waits;
