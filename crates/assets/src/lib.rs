//! The files of a page, which come with a function's binary, compressed: a build script embeds them, the function serves them.
//!
//! ```text
//! // build.rs
//! assets::build::Embed::new()?.file("page.css")?.finish()?;
//!
//! // src/lib.rs
//! const ASSETS: &[assets::Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));
//! ```

pub mod build;
#[cfg(feature = "serve")]
mod serve;

#[cfg(feature = "serve")]
pub use crate::serve::Asset;
