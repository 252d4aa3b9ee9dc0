//! What is kept of a site from one attempt to the next: what makes building quick, and what the last commit was made of. It is a
//! cache: without it the same is published.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::TenantId;

use crate::Deps;
use crate::failure::chain;

/// Files by their paths, with the versions that they had.
pub(crate) type Versions = BTreeMap<String, String>;

/// What is kept of a site.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The files that the last commit was made of.
    pub(crate) published: Versions,
    record: Bytes,
    /// As it is stored.
    stored: Bytes,
}

impl Kept {
    /// Reads what is kept; nothing where it can't be read.
    pub(crate) async fn load(deps: &Deps, tenant: &TenantId) -> Self {
        match deps.records.get(&key(tenant)).await {
            Ok(stored) => stored
                .and_then(|stored| Self::read(stored.into()))
                .unwrap_or_default(),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(%tenant, error, "what is kept of a site can't be read: all of it is built");
                Self::default()
            }
        }
    }

    /// What the site's builder has kept.
    pub(crate) fn record(&self) -> Bytes {
        self.record.clone()
    }

    pub(crate) fn set_record(&mut self, record: Vec<u8>) {
        self.record = record.into();
    }

    /// Keeps it, unless it is kept already.
    pub(crate) async fn store(&mut self, deps: &Deps, tenant: &TenantId) {
        let bytes = self.write();
        if bytes == self.stored {
            return;
        }
        match deps.records.put(&key(tenant), &bytes).await {
            Ok(()) => self.stored = bytes.into(),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(%tenant, error, "nothing is kept of a site: all of it is built the next time");
            }
        }
    }

    /// The length of the first part in eight bytes, the first part, and the record.
    fn write(&self) -> Vec<u8> {
        let published = serde_json::to_vec(&self.published).unwrap_or_default();
        let length = (published.len() as u64).to_be_bytes();
        [&length[..], &published, &self.record].concat()
    }

    fn read(stored: Bytes) -> Option<Self> {
        let (length, rest) = stored.split_first_chunk::<8>()?;
        let length = u64::from_be_bytes(*length).try_into().ok()?;
        let (published, record) = rest.split_at_checked(length)?;
        Some(Self {
            published: serde_json::from_slice(published).ok()?,
            record: stored.slice_ref(record),
            stored,
        })
    }
}

/// Where it is kept.
fn key(tenant: &TenantId) -> String {
    format!("{}/{}/record", tenant.client_id(), tenant.site_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let kept = Kept {
            published: Versions::from([("a.md".to_owned(), "1".to_owned())]),
            record: Bytes::from_static(b"record"),
            stored: Bytes::new(),
        };
        let stored = kept.write();
        let read = Kept::read(stored.clone().into()).unwrap();
        assert_eq!(
            (&read.published, &read.record),
            (&kept.published, &kept.record)
        );
        assert_eq!(read.write(), stored);
    }

    #[test]
    fn what_is_damaged_is_not_read() {
        let stored = Kept::default().write();
        for damaged in [&b""[..], b"1234567", &[255; 20], &stored[..9]] {
            let damaged = Bytes::copy_from_slice(damaged);
            assert_eq!(Kept::read(damaged.clone()), None, "{damaged:?}");
        }
    }
}
