//! Numbers over time: by day, in words, and as a small picture; no I/O.

mod day;
mod summary;
mod svg;

pub use day::by_day;
pub use summary::summary;
pub use svg::svg;
