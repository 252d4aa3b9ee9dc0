//! `/drop`: where secret messages are left.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { message_drop::handle(&deps, request).await }).await
}
