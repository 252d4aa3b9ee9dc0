//! What pages said that is too much for a row.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;

use crate::Error;

/// A bucket of results.
#[derive(Debug, Clone)]
pub struct ScrapeBucket {
    client: Client,
    name: String,
}

impl ScrapeBucket {
    /// The bucket named `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Keeps a result.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn put(&self, key: &str, json: String) -> Result<(), Error> {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let call = call.content_type("application/json");
        call.body(json.into_bytes().into()).send().await?;
        Ok(())
    }

    /// Reads a result; `None` where it is gone.
    ///
    /// # Errors
    /// When S3 gives no answer.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Error> {
        let call = self.client.get_object().bucket(&self.name).key(key);
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
        let content = object.body.collect().await;
        let content = content.map_err(|error| Error::Unavailable(error.into()))?;
        let text = String::from_utf8(content.to_vec());
        text.map(Some).map_err(|_| Error::NotText)
    }

    /// Forgets a result, if there is one.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        call.send().await?;
        Ok(())
    }
}
