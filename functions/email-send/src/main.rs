//! `POST /emails`, `GET /emails/{id}`, `GET /emails/templates`, and unsubscribing.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { email_send::handle(&deps, request).await }).await
}
