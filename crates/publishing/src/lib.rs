//! Markdown to a site: what a folder holds, as the files that follow from it. Nothing here reads or writes anything.
//!
//! [`document`] makes HTML of one file; [`site`] makes pages, feeds and indexes of all.

pub mod document;
pub mod site;
