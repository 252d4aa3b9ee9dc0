//! The fetcher against hostile names and hostile sites, all on this machine.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

mod addresses;
mod bodies;
mod deliveries;
mod manners;
mod secure;
mod site;
