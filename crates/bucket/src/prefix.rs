//! The folders of tenants, when one is removed.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::Object;
use futures::future::try_join_all;

/// How many objects are deleted at a time.
const TOGETHER: usize = 25;

/// All buckets that hold a folder for each site.
#[derive(Debug, Clone)]
pub struct Folders {
    client: Client,
    buckets: Vec<String>,
}

/// A bucket did not answer while a folder of it was cleared. What was deleted until then stays so.
#[derive(Debug, thiserror::Error)]
#[error("the bucket {bucket} did not answer")]
pub struct NotCleared {
    bucket: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Folders {
    /// The buckets with these names.
    #[must_use]
    pub fn new(client: Client, buckets: Vec<String>) -> Self {
        Self { client, buckets }
    }

    /// Deletes all objects whose keys start with `prefix`, and the one at `key`, from each bucket, and says how many those with
    /// the prefix were.
    ///
    /// # Errors
    /// When a bucket does not answer.
    pub async fn clear(&self, prefix: &str, key: &str) -> Result<usize, NotCleared> {
        let mut count = 0;
        for bucket in &self.buckets {
            count += clear(&self.client, bucket, prefix).await?;
            delete(&self.client, bucket, key).await?;
        }
        Ok(count)
    }
}

/// Deletes all objects of a bucket whose keys start with `prefix`, and says how many they were.
///
/// # Errors
/// When the bucket does not answer.
pub async fn clear(client: &Client, bucket: &str, prefix: &str) -> Result<usize, NotCleared> {
    let mut count = 0;
    loop {
        let call = client.list_objects_v2().bucket(bucket).prefix(prefix);
        let page = call.send().await.map_err(|error| refused(bucket, error))?;
        let keys: Vec<&str> = page.contents().iter().filter_map(Object::key).collect();
        if keys.is_empty() {
            return Ok(count);
        }
        for keys in keys.chunks(TOGETHER) {
            let deletions = keys.iter().map(|key| delete(client, bucket, key));
            try_join_all(deletions).await?;
        }
        count += keys.len();
    }
}

async fn delete(client: &Client, bucket: &str, key: &str) -> Result<(), NotCleared> {
    let call = client.delete_object().bucket(bucket).key(key);
    let sent = call.send().await;
    sent.map(drop).map_err(|error| refused(bucket, error))
}

fn refused(bucket: &str, error: impl std::error::Error + Send + Sync + 'static) -> NotCleared {
    NotCleared {
        bucket: bucket.to_owned(),
        source: error.into(),
    }
}
