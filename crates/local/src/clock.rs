//! The platform's clock: the machine's, plus what `/_local/clock` added to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::Error;
use crate::data_dir::write_private;

/// The furthest that the clock may be moved, all moves together: a hundred years.
pub const MAX_OFFSET_SECONDS: i64 = 100 * 365 * 24 * 3600;

/// A clock that can be moved forward. Clones share the offset.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
    kept_in: Option<Arc<PathBuf>>,
}

impl Clock {
    /// A clock whose offset is kept in a file: what happened in moved time must not lie in the future after a restart.
    ///
    /// # Errors
    /// Where the file can't be read or is not one of this clock's.
    pub fn kept_in(path: PathBuf) -> Result<Self, Error> {
        let offset = match std::fs::read_to_string(&path) {
            Ok(text) => text
                .trim()
                .parse()
                .map_err(std::io::Error::other)
                .map_err(Error::file("read", &path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Error::file("read", path)(error)),
        };
        Ok(Self {
            offset_seconds: Arc::new(AtomicI64::new(offset)),
            kept_in: Some(Arc::new(path)),
        })
    }

    /// The platform's time.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the platform's time comes in"
    )]
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(SignedDuration::from_secs(self.offset_seconds()))
            .unwrap_or(now)
    }

    /// By how much the clock is ahead of the machine's.
    #[must_use]
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// The shared offset itself, for a clock of another type.
    #[must_use]
    pub fn offset(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.offset_seconds)
    }

    /// Moves the clock forward; `None`, and nothing moves, when that is further than it may go.
    #[must_use]
    pub fn advance(&self, seconds: u64) -> Option<i64> {
        let add = |offset: i64| {
            offset
                .checked_add_unsigned(seconds)
                .filter(|total| *total <= MAX_OFFSET_SECONDS)
        };
        let before = self
            .offset_seconds
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, add)
            .ok()?;
        let offset = add(before)?;
        if let Some(path) = &self.kept_in
            && let Err(error) = write_private(path, offset.to_string().as_bytes())
        {
            tracing::warn!(%error, "the clock's offset is not kept");
        }
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_outlives_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        let clock = Clock::kept_in(path.clone()).unwrap();
        assert_eq!(clock.advance(3600), Some(3600));
        assert_eq!(Clock::kept_in(path).unwrap().offset_seconds(), 3600);
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the machine's time is what the clock is compared with"
    )]
    fn clones_move_together_and_stop_at_the_end() {
        let clock = Clock::default();
        let other = clock.clone();
        assert_eq!(clock.advance(3600), Some(3600));
        assert_eq!(other.advance(1), Some(3601));
        assert!(other.now() >= Timestamp::now() + SignedDuration::from_secs(3600));

        assert_eq!(clock.advance(u64::MAX), None);
        assert_eq!(clock.advance(MAX_OFFSET_SECONDS.cast_unsigned()), None);
        assert_eq!(other.offset_seconds(), 3601);
    }
}
