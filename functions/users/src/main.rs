//! `/users`: a tenant's own back end makes, changes and reads users with a secret key.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { users::handle(&deps, request).await }).await
}
