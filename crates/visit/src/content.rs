//! What a run has found, as it is kept: in its row, or in the bucket where that is too much for a row.

use bucket::ScrapeBucket;
use domain::scrape::RunResult;
use fetch::Url;
use scraping::{Change, Results};
use serde::{Deserialize, Serialize};

/// What a row holds at the most, of the 400 KB that `DynamoDB` takes; the rest is for all else in it.
pub const MAX_INLINE: usize = 300 * 1024;

/// What a run has found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Where the page was found, after all redirects.
    pub url: Url,
    /// What it says.
    pub data: Results,
    /// What it said otherwise before.
    pub changes: Vec<Change>,
}

/// Why what was found can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The bucket gives no answer.
    #[error("what a run has found can't be read")]
    Bucket(#[from] bucket::Error),
    /// It is not what is kept.
    #[error("what a run has found is broken")]
    Broken(#[from] serde_json::Error),
}

impl Content {
    /// What a run has found; `None` where it found nothing, or where that is gone.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn of(bucket: &ScrapeBucket, result: &RunResult) -> Result<Option<Self>, Unreadable> {
        let text = match (&result.content, result.content_bytes) {
            (Some(text), _) => Some(text.clone()),
            (None, Some(_)) => bucket.get(&key(result)).await?,
            (None, None) => None,
        };
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}

/// Where in the bucket that is what a run has found.
#[must_use]
pub fn key(result: &RunResult) -> String {
    let (scrape, run) = (result.scrape_id, result.timestamp.as_millisecond());
    format!("{scrape}/{run}.json")
}
