//! `MarkdownQueue`: makes web pages of Markdown, whenever an object of `MarkdownBucket` was created or removed.
//!
//! Notifications come late, twice and out of order. So a notification only says where to look: what is published is what the
//! bucket holds at that moment, and a page goes when its Markdown has gone.

use bucket::{MarkdownBucket, SiteBucket};
use trigger::{BadMessage, Message};

trigger::deps! {
    markdown: MarkdownBucket,
    site: SiteBucket,
}

/// How often a page is made anew because its Markdown was changed meanwhile.
const ATTEMPTS: usize = 3;

/// Why a page was not published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message is no notification of S3.
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    /// An object can't be read or written.
    #[error(transparent)]
    Bucket(#[from] bucket::Error),
    /// The Markdown makes no page.
    #[error(transparent)]
    Markdown(#[from] publishing::TooDeep),
    /// The Markdown does not stand still.
    #[error("the object was changed again and again meanwhile")]
    Changing,
}

/// Publishes what a notification is about. Objects that are no Markdown are passed over.
///
/// # Errors
/// Whatever kept a page from being published: the queue then delivers the message again, and puts it aside in the end.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Error> {
    for key in message.changed_objects()? {
        if let Some(stem) = key.strip_suffix(".md") {
            publish(deps, &key, stem).await?;
        }
    }
    Ok(())
}

/// Brings a page to what its Markdown is. Two that do so at the same time can overtake each other between reading and
/// writing; the Markdown is looked at again after the writing, so that whoever wrote last has seen the last change or
/// begins anew.
async fn publish(deps: &Deps, key: &str, stem: &str) -> Result<(), Error> {
    let page = format!("{stem}.html");
    let name = stem.rsplit('/').next().unwrap_or(stem);
    for _ in 0..ATTEMPTS {
        let markdown = deps.markdown.get(key).await?;
        match &markdown {
            Some(markdown) => {
                let html = publishing::page(&markdown.text, name)?;
                deps.site.put(&page, html).await?;
            }
            None => deps.site.delete(&page).await?,
        }
        if deps.markdown.is_still(key, markdown.as_ref()).await? {
            return Ok(());
        }
    }
    Err(Error::Changing)
}
