//! Health checks, and whatever no other function's route matches.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { health::handle(&deps, request).await }).await
}
