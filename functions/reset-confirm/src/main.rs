//! `POST /auth/password-reset/confirm`: a link and a new password for the account.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { reset_confirm::handle(&deps, request).await }).await
}
