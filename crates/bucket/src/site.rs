//! Where pages are published.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;

use crate::{Error, patient};

/// The metadata of an object that says which content a site has put there, and that a site has.
const BLOB: &str = "cloud-voyages-blob";

/// A bucket of web pages.
#[derive(Debug, Clone)]
pub struct SiteBucket {
    client: Client,
    name: String,
}

/// When an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When<'a> {
    /// Whatever is there.
    Always,
    /// Where there is none.
    Missing,
    /// Over the one that has this `ETag`.
    Is(&'a str),
}

/// An object to write.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Where.
    pub key: &'a str,
    /// What browsers are told that it is.
    pub content_type: &'a str,
    /// For how long others may keep it.
    pub cache_control: &'a str,
    /// Names the content, if a site puts it there.
    pub blob: Option<&'a str>,
    /// Under which condition.
    pub when: When<'a>,
}

/// An object as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it says.
    pub bytes: Vec<u8>,
    /// Names this content of the object.
    pub etag: String,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Names this content of the object.
    pub etag: String,
    /// [`Upload::blob`], if a site has put it there.
    pub blob: Option<String>,
}

impl SiteBucket {
    /// The bucket named `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Writes a page.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn put(&self, key: &str, html: String) -> Result<(), Error> {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let call = call.content_type("text/html; charset=utf-8");
        call.body(html.into_bytes().into()).send().await?;
        Ok(())
    }

    /// Writes an object and gives its `ETag`; `None` where the condition does not hold.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn upload(
        &self,
        upload: Upload<'_>,
        bytes: impl Into<ByteStream>,
    ) -> Result<Option<String>, Error> {
        let call = self.client.put_object().bucket(&self.name).key(upload.key);
        let call = call
            .content_type(upload.content_type)
            .cache_control(upload.cache_control)
            .body(bytes.into());
        let call = match upload.blob {
            Some(blob) => call.metadata(BLOB, blob),
            None => call,
        };
        let call = match upload.when {
            When::Always => call,
            When::Missing => call.if_none_match("*"),
            When::Is(etag) => call.if_match(etag),
        };
        match call.customize().config_override(patient()).send().await {
            Ok(written) => Ok(Some(written.e_tag.unwrap_or_default())),
            Err(error) if upload.when != When::Always && is_refused(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let call = self.client.get_object().bucket(&self.name).key(key);
        let call = call.customize().config_override(patient());
        let object = match call.send().await {
            Ok(object) => object,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let etag = object.e_tag.unwrap_or_default();
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(|error| Error::Unavailable(error.into()))?;
        Ok(Some(Object {
            bytes: bytes.to_vec(),
            etag,
        }))
    }

    /// Says what is known of an object; `None` where there is none.
    ///
    /// # Errors
    /// When S3 gives no answer.
    pub async fn describe(&self, key: &str) -> Result<Option<Described>, Error> {
        let call = self.client.head_object().bucket(&self.name).key(key);
        match call.send().await {
            Ok(object) => Ok(Some(Described {
                etag: object.e_tag.unwrap_or_default(),
                blob: object
                    .metadata
                    .and_then(|mut metadata| metadata.remove(BLOB)),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(HeadObjectError::is_not_found) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a page, if there is one.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        call.send().await?;
        Ok(())
    }
}

/// Whether a condition did not hold: 412, 409 when somebody else was writing at that moment, and 404 when there is nothing to
/// write over (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
fn is_refused<E>(error: &SdkError<E>) -> bool {
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    matches!(status, Some(404 | 409 | 412))
}
