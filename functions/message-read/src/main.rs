//! `/messages`: one's secret messages, to list, read and delete.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { message_read::handle(&deps, request).await }).await
}
