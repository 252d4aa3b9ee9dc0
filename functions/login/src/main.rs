//! `POST /auth/login`: a password for a session.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { login::handle(&deps, request).await }).await
}
