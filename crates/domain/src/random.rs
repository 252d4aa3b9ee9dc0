//! Randomness, handed to whatever needs it.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::Timestamp;

/// A source of cryptographic random bytes. Cloning shares the same source.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

/// Fills a buffer with random bytes.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// A source that fills a buffer with `fill`.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` fresh bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A `UUIDv7` ([RFC 9562 §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)): ids sort by the time they were made.
    #[must_use]
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
