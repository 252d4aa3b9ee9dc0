//! `GET /health/ready`: whether what stands behind the platform answers.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { ready::handle(&deps, request).await }).await
}
