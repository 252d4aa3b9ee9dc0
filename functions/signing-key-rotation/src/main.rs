//! Every day: makes the next signing key when it is time.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::run_schedule(|deps| async move { signing_key_rotation::handle(&deps).await }).await
}
