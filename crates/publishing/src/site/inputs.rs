//! Names of what something is made of: the same name, the same result.

use domain::Timestamp;
use domain::site::BlobId;

/// Collects what something is made of. Each part has its length before it, so that no two lists are the same bytes.
#[derive(Default)]
pub(crate) struct Inputs(Vec<u8>);

impl Inputs {
    pub(crate) fn of(kind: &str) -> Self {
        Self::default().text(kind)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn id(mut self, id: &BlobId) -> Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: usize) -> Self {
        self.0.extend_from_slice(&(number as u64).to_le_bytes());
        self
    }

    pub(crate) fn maybe(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    pub(crate) fn time(mut self, time: Option<Timestamp>) -> Self {
        let nanoseconds = time.map_or(i128::MIN, Timestamp::as_nanosecond);
        self.0.extend_from_slice(&nanoseconds.to_le_bytes());
        self
    }

    pub(crate) fn each<T>(
        self,
        all: impl IntoIterator<Item = T>,
        add: impl Fn(Self, T) -> Self,
    ) -> Self {
        let mut count = 0;
        let inputs = all.into_iter().fold(self, |inputs, one| {
            count += 1;
            add(inputs, one)
        });
        inputs.number(count)
    }

    pub(crate) fn name(self) -> BlobId {
        BlobId::of(&self.0)
    }
}
