//! `EmailQueue`: sends the mail that the platform has queued.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_batch(|deps, message| async move { email_worker::handle(&deps, message).await })
        .await
}
