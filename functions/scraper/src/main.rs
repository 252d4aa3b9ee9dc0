//! Every minute: takes the scrapes that are due.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_schedule(|deps| async move { scraper::handle(&deps).await }).await
}
