//! What the flows are written with.

mod answer;
mod client;
mod contract;
mod document;
mod local;
mod site;
mod stage;

pub use answer::Answer;
pub use client::{Call, Client};
pub use local::{Local, text};
pub use site::{Account, Session, Site};
pub use stage::Stage;
