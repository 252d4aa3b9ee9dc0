//! `MarkdownQueue`: makes web pages of Markdown.

use bucket::{MarkdownBucket, SiteBucket};
use trigger::{BadMessage, Message};

trigger::deps! {
    markdown: MarkdownBucket,
    site: SiteBucket,
}

/// # Errors
/// A message that is none of this queue.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), BadMessage> {
    let _ = (&deps.markdown, &deps.site, message);
    std::future::ready(Ok(())).await
}
