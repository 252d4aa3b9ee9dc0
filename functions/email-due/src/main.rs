//! Every five minutes: queues the mails whose time comes.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_schedule(|deps| async move { email_due::handle(&deps).await }).await
}
