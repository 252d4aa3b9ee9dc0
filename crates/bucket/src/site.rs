//! Where pages are published.

use aws_sdk_s3::Client;

use crate::Error;

/// A bucket of web pages.
#[derive(Debug, Clone)]
pub struct SiteBucket {
    client: Client,
    name: String,
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
