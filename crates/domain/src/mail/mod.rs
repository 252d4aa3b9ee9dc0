//! Mail: which there are, what each must be told, what stops it, and what became of it.

mod job;
mod params;
mod record;
mod source;
mod suppression;
mod template;

pub use job::EmailJob;
pub use params::{Link, Params, overrides_direction};
pub use record::{EmailRecord, Status};
pub use source::TemplateSource;
pub use suppression::{Suppression, SuppressionReason};
pub use template::{Class, Kind, Parameter, Template};

use crate::clock::SignedDuration;

/// How many mails of a tenant are accepted in a day (UTC), where the tenant has no number of its own.
pub const DAILY_BUDGET: u32 = 1_000;
/// How far ahead a mail can be scheduled.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long what became of a mail is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
