//! `POST /auth/logout` ends the caller's session, or all of them; `POST /auth/token/revoke` ends a refresh token's.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { logout::handle(&deps, request).await }).await
}
