//! `/messages/key`: the key that secret messages to a user are encrypted to.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { message_key::handle(&deps, request).await }).await
}
