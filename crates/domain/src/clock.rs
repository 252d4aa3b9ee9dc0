//! The platform's time, handed to whatever needs it.

use std::fmt;
use std::sync::Arc;

pub use jiff::{SignedDuration, Timestamp};

/// Says what time it is. Cloning shares the same clock.
///
/// Nothing below `bootstrap` reads the system's clock, so that a test or a laptop can move it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `read` for each reading.
    pub fn new(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time now, cut to the milliseconds that are stored.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        to_millisecond((self.0)())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Drops what is finer than a millisecond, so that a time read back from the database equals the one written.
fn to_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
