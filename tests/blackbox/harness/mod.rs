//! What the flows are written with.

mod answer;
mod backstage;
mod client;
mod contract;
mod document;
mod site;
mod stage;

pub use answer::Answer;
pub use backstage::{Backstage, Mail, subject, text};
pub use client::{Call, Client};
pub use site::{Account, Session, Site};
pub use stage::Stage;
