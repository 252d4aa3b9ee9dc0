//! `ScrapeQueue`: looks at the pages of scrapes, keeps what they say, and tells what has changed.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_batch(|deps, message| async move { scrape_worker::handle(&deps, message).await })
        .await
}
