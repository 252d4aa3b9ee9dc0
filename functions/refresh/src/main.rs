//! `POST /auth/token/refresh`: the next access token of a session.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { refresh::handle(&deps, request).await }).await
}
