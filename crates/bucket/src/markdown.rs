//! Where authors put Markdown and all that goes with it.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::types::{EncodingType, Object};
use percent_encoding::percent_decode_str;

use crate::{Error, patient};

/// How often an object is asked for whose bytes broke off on the way. The client itself tries again only until they begin.
const READS: u32 = 3;
/// How long is waited before the second of them; before the third twice that.
const PAUSE: Duration = Duration::from_millis(200);

/// A bucket of Markdown.
#[derive(Debug, Clone)]
pub struct MarkdownBucket {
    client: Client,
    name: String,
}

/// An object as the bucket lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Names its content: as long as it is the same, so is the content.
    pub etag: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// An object as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Names this content, as in [`Listed`].
    pub etag: String,
}

impl MarkdownBucket {
    /// The bucket named `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// All objects whose keys begin so, in the order of their keys; but not what only marks a folder.
    ///
    /// # Errors
    /// When S3 gives no answer, or [`Error::TooMany`] when there are more than `max`.
    pub async fn list(&self, prefix: &str, max: usize) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        let mut next = None;
        loop {
            let call = self.client.list_objects_v2().bucket(&self.name);
            // XML has no way to write some characters that a key can have.
            let call = call.prefix(prefix).encoding_type(EncodingType::Url);
            let page = call.set_continuation_token(next).send().await?;
            let is_encoded = page.encoding_type == Some(EncodingType::Url);
            let objects = page.contents.unwrap_or_default().into_iter();
            let objects = objects.filter_map(|object| read(object, is_encoded));
            listed.extend(objects.filter(|object| !object.key.ends_with('/')));
            if listed.len() > max {
                return Err(Error::TooMany {
                    prefix: prefix.to_owned(),
                    max,
                });
            }
            next = page.next_continuation_token;
            if page.is_truncated != Some(true) || next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// When S3 gives no answer, [`Error::Unreadable`] when it doesn't give this one, or [`Error::TooLarge`] when it has more than
    /// `max` bytes.
    pub async fn get(&self, key: &str, max: u64) -> Result<Option<Stored>, Error> {
        let mut pause = PAUSE;
        for _ in 1..READS {
            match self.try_get(key, max).await {
                Err(error @ Error::Object { .. }) if is_broken_off(&error) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                read => return read,
            }
        }
        self.try_get(key, max).await
    }

    async fn try_get(&self, key: &str, max: u64) -> Result<Option<Stored>, Error> {
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
            Err(error) if is_kept_back(&error) => {
                return Err(Error::Unreadable {
                    key: key.to_owned(),
                    source: error.into(),
                });
            }
            Err(error) => return Err(Error::of(key)(error.into())),
        };
        let too_large = || Error::TooLarge {
            key: key.to_owned(),
            max,
        };
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| Error::of(key)(BrokenOff(error.into()).into()))?;
            if bytes.len() + chunk.len() > max {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        let etag = object.e_tag.unwrap_or_default();
        Ok(Some(Stored { bytes, etag }))
    }

    /// Writes an object.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let call = call.body(bytes.into()).customize();
        let sent = call.config_override(patient()).send().await;
        sent.map(drop).map_err(|error| Error::of(key)(error.into()))
    }

    /// Removes an object, if there is one.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| Error::of(key)(error.into()))
    }
}

/// The bytes of an object did not come to their end.
#[derive(Debug, thiserror::Error)]
#[error("the bytes broke off")]
struct BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Whether it is for reasons of this object that S3 doesn't give it
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>): another key's encryption, or an archive.
fn is_kept_back(error: &impl ProvideErrorMetadata) -> bool {
    let code = error.code().unwrap_or_default();
    matches!(
        code,
        "AccessDenied" | "InvalidObjectState" | "InvalidRequest"
    ) || code.starts_with("KMS.")
}

fn is_broken_off(error: &Error) -> bool {
    matches!(error, Error::Object { source, .. } if source.is::<BrokenOff>())
}

/// An object of a listing. One without a key is none; one without an `ETag` has no version, and is read each time.
fn read(object: Object, is_encoded: bool) -> Option<Listed> {
    let key = object.key?;
    let key = if is_encoded {
        // As in a form, `+` is a space.
        let key = key.replace('+', " ");
        percent_decode_str(&key).decode_utf8().ok()?.into_owned()
    } else {
        key
    };
    Some(Listed {
        key,
        etag: object.e_tag.unwrap_or_default(),
        bytes: object
            .size
            .and_then(|size| size.try_into().ok())
            .unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;

    use super::*;

    #[test]
    fn what_is_kept_back_is_told_from_what_fails() {
        let is_kept_back = |code| is_kept_back(&ErrorMetadata::builder().code(code).build());
        for code in [
            "AccessDenied",
            "InvalidObjectState",
            "KMS.DisabledException",
        ] {
            assert!(is_kept_back(code), "{code}");
        }
        for code in [
            "ExpiredToken",
            "RequestTimeTooSkewed",
            "SlowDown",
            "InternalError",
        ] {
            assert!(!is_kept_back(code), "{code}");
        }
    }

    fn listed(key: &str, is_encoded: bool) -> String {
        let object = Object::builder().key(key).size(3).e_tag("\"a\"").build();
        read(object, is_encoded).unwrap().key
    }

    #[test]
    fn keys_are_decoded_where_they_are_encoded() {
        assert_eq!(listed("a+b/%C3%BC%2B.md", true), "a b/ü+.md");
        assert_eq!(listed("a+b/%C3.md", false), "a+b/%C3.md");
    }
}
