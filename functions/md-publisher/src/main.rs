//! `MarkdownQueue`: makes web pages of Markdown.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_batch(|deps, message| async move { md_publisher::handle(&deps, message).await })
        .await
}
