//! Where authors put Markdown.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;

use crate::Error;

/// The largest object that is read: a page of that size is a book, and a function's memory is small.
pub const MAX_MARKDOWN_BYTES: usize = 1024 * 1024;

/// A bucket of Markdown.
#[derive(Debug, Clone)]
pub struct MarkdownBucket {
    client: Client,
    name: String,
}

/// An object as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markdown {
    /// What it says.
    pub text: String,
    /// Names this content of the object.
    pub etag: Option<String>,
}

impl MarkdownBucket {
    /// The bucket named `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// When it can't be read or is no Markdown.
    pub async fn get(&self, key: &str) -> Result<Option<Markdown>, Error> {
        let call = self.client.get_object().bucket(&self.name).key(key);
        let mut object = match call.send().await {
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
        let mut content = Vec::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| Error::Unavailable(error.into()))?;
            if content.len() + chunk.len() > MAX_MARKDOWN_BYTES {
                return Err(Error::TooLarge);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(Some(Markdown {
            text: String::from_utf8(content).map_err(|_| Error::NotText)?,
            etag: object.e_tag,
        }))
    }

    /// Whether an object still is what was read; nothing was read where there was none.
    ///
    /// # Errors
    /// When S3 gives no answer.
    pub async fn is_still(&self, key: &str, read: Option<&Markdown>) -> Result<bool, Error> {
        let call = self.client.head_object().bucket(&self.name).key(key);
        match call.send().await {
            Ok(object) => Ok(read.is_some_and(|read| read.etag == object.e_tag)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(HeadObjectError::is_not_found) =>
            {
                Ok(read.is_none())
            }
            Err(error) => Err(error.into()),
        }
    }
}
