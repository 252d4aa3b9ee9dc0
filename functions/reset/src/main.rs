//! `POST /auth/password-reset`: mails a link that sets a new password.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { reset::handle(&deps, request).await }).await
}
