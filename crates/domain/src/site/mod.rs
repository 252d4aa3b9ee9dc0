//! Sites that are made of Markdown: where each goes, what it looks like, and what became of it.

mod blob;
mod job;
mod local;
mod path;
mod setup;
mod status;

pub use blob::BlobId;
pub use job::SiteJob;
pub use local::LocalSites;
pub use path::{FileName, SitePath};
pub use setup::{Branch, Folder, Link, Repository, Setup, Target, Theme};
pub use status::{Published, Report, Status, Trouble, Waiting};
