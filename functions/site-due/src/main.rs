//! Every minute: takes the sites that are due.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_schedule(|deps| async move { site_due::handle(&deps).await }).await
}
