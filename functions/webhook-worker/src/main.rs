//! `WebhookQueue`: posts the messages that the platform has queued.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_batch(
        |deps, message| async move { webhook_worker::handle(&deps, message).await },
    )
    .await
}
