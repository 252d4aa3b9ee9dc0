//! `EmailEvents`: what SES says of the mails that it took.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_batch(|deps, message| async move { email_events::handle(&deps, message).await })
        .await
}
