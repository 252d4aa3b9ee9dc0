//! `POST /auth/verify-email` redeems a verification link; `POST /auth/verify-email/resend` mails a new one.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { verify_email::handle(&deps, request).await }).await
}
