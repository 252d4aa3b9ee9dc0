//! `GET /auth/sessions` lists the caller's sessions; `DELETE /auth/sessions/{id}` ends one of them.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { sessions::handle(&deps, request).await }).await
}
