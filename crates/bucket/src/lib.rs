//! The buckets: what authors write, what is kept of a site from one time to the next, where sites
//! go, what scrapes have found. One method for each action of a function's role.

mod build;
mod markdown;
mod prefix;
mod scrapes;
mod site;

use std::time::Duration;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::timeout::TimeoutConfig;

pub use build::BuildBucket;
pub use markdown::{Listed, MarkdownBucket, Stored};
pub use prefix::{Folders, NotCleared, clear};
pub use scrapes::ScrapeBucket;
pub use site::{Described, Object, SiteBucket, Upload, When};

/// Why an object was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// S3 refused or did not answer.
    #[error("the bucket did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// S3 refused or did not answer, about one object.
    #[error("the bucket did not answer for {key}")]
    Object {
        /// Which.
        key: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// S3 will not give this object until somebody changes it or who may read it: it is encrypted with a key of its own, archived,
    /// or somebody else's.
    #[error("{key} can't be read from the bucket")]
    Unreadable {
        /// Which.
        key: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The object is larger than what is read of one.
    #[error("{key} has more than {max} bytes")]
    TooLarge {
        /// Which.
        key: String,
        /// How many bytes it may have.
        max: u64,
    },
    /// There are more objects than are listed.
    #[error("{prefix} has more than {max} files")]
    TooMany {
        /// How their keys begin.
        prefix: String,
        /// How many there may be.
        max: usize,
    },
    /// The object is no text.
    #[error("the object is not UTF-8")]
    NotText,
    /// The object is not what was written there.
    #[error("{key} is damaged")]
    Damaged {
        /// Which.
        key: String,
        /// How it shows.
        source: std::io::Error,
    },
}

impl Error {
    fn of(key: &str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Self + '_ {
        move |source| Self::Object {
            key: key.to_owned(),
            source,
        }
    }
}

impl<E, R> From<aws_sdk_s3::error::SdkError<E, R>> for Error
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: aws_sdk_s3::error::SdkError<E, R>) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Time for megabytes: an attempt of the client's own would be over before they have gone through.
fn patient() -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(Duration::from_secs(40));
    Builder::new().timeout_config(timeouts.build())
}
