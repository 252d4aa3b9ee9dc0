//! The platform on a laptop: every function, `DynamoDB`, S3, queue and inbox in one process.
//!
//! [`Platform::start`] is all of it. The pieces stand in for what AWS gives a function and speak the real protocols, so
//! that the code under test is the code that is deployed: [`dynamodb`] and [`objects`] are embedded servers, [`queues`]
//! hands messages to functions, [`edge`] turns HTTP into the events of API Gateway, and [`pages`] shows under `/_local/`
//! what would otherwise leave the platform: mail, and the passing of time.

pub mod attach;
pub mod cli;
pub mod clock;
pub mod data_dir;
pub mod dynamodb;
pub mod edge;
mod environment;
mod error;
pub mod first_run;
pub mod functions;
pub mod mail;
mod notifications;
pub mod objects;
pub mod operator;
pub mod pages;
pub mod platform;
pub mod queues;
mod samconfig;
mod schedules;
mod service;
pub mod sites;
pub mod wiring;

pub use error::Error;
pub use platform::{Options, Platform, Surroundings};
