//! What is kept of a site from one time to the next.

use std::io::{Read as _, Write as _};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::{Error, patient};

/// The most bytes that a record takes in the bucket, and what it may come to when it is read.
const MAX_STORED: usize = 64 * 1024 * 1024;
const MAX_RECORD: usize = 256 * 1024 * 1024;

/// A bucket of records. They are caches: who finds one missing or damaged makes a new one.
#[derive(Debug, Clone)]
pub struct BuildBucket {
    client: Client,
    name: String,
}

impl BuildBucket {
    /// The bucket named `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Reads a record; `None` where there is none.
    ///
    /// # Errors
    /// When S3 gives no answer, or what it gives is no record.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let call = self.client.get_object().bucket(&self.name).key(key);
        let call = call.customize().config_override(patient());
        let mut object = match call.send().await {
            Ok(object) => object,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Error::of(key)(error.into())),
        };
        let mut stored = Vec::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| Error::of(key)(error.into()))?;
            if stored.len() + chunk.len() > MAX_STORED {
                return Err(too_large(key, MAX_STORED));
            }
            stored.extend_from_slice(&chunk);
        }
        unpack(key, &stored, MAX_RECORD).map(Some)
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn put(&self, key: &str, record: &[u8]) -> Result<(), Error> {
        let stored = pack(record).map_err(|error| Error::of(key)(error.into()))?;
        if record.len() > MAX_RECORD || stored.len() > MAX_STORED {
            return Err(too_large(key, MAX_RECORD));
        }
        let call = self.client.put_object().bucket(&self.name).key(key);
        let call = call.body(stored.into()).customize();
        let sent = call.config_override(patient()).send().await;
        sent.map(drop).map_err(|error| Error::of(key)(error.into()))
    }

    /// Forgets a record, if there is one.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| Error::of(key)(error.into()))
    }
}

fn too_large(key: &str, max: usize) -> Error {
    Error::TooLarge {
        key: key.to_owned(),
        max: max as u64,
    }
}

fn pack(record: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(record)?;
    packer.finish()
}

fn unpack(key: &str, stored: &[u8], max: usize) -> Result<Vec<u8>, Error> {
    let mut record = Vec::new();
    let limit = (max as u64).saturating_add(1);
    let read = ZlibDecoder::new(stored)
        .take(limit)
        .read_to_end(&mut record);
    read.map_err(|source| Error::Damaged {
        key: key.to_owned(),
        source,
    })?;
    if record.len() > max {
        return Err(too_large(key, max));
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = b"words and words and words".repeat(100);
        let stored = pack(&record).unwrap();
        assert!(stored.len() < record.len() / 10);
        assert_eq!(unpack("a", &stored, record.len()).unwrap(), record);
    }

    #[test]
    fn a_record_is_not_read_when_it_is_damaged_or_swells() {
        let stored = pack(&[0; 10_000]).unwrap();
        assert!(matches!(
            unpack("a", &stored, 9_999),
            Err(Error::TooLarge { max: 9_999, .. })
        ));
        for damaged in [&stored[..stored.len() / 2], b"no record", b""] {
            assert!(matches!(
                unpack("a", damaged, 10_000),
                Err(Error::Damaged { .. })
            ));
        }
    }
}
