//! The buckets of the site publisher, where Markdown comes from one and pages go into the other, and the one of scrapes. One
//! method for each action of a function's role.

mod markdown;
mod prefix;
mod scrapes;
mod site;

pub use markdown::{MAX_MARKDOWN_BYTES, Markdown, MarkdownBucket};
pub use prefix::{Folders, NotCleared, clear};
pub use scrapes::ScrapeBucket;
pub use site::SiteBucket;

/// Why an object was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// S3 refused or did not answer.
    #[error("the bucket did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The object is larger than [`MAX_MARKDOWN_BYTES`].
    #[error("the object has more than {MAX_MARKDOWN_BYTES} bytes")]
    TooLarge,
    /// The object is no text.
    #[error("the object is not UTF-8")]
    NotText,
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
