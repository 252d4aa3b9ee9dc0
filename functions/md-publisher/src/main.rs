//! `MarkdownQueue`: publishes the sites whose folders were changed.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_together(|deps, deliveries| async move {
        md_publisher::handle(&deps, deliveries).await;
    })
    .await
}
