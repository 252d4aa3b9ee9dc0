//! `GET /openapi.json` and `GET /docs`: what the platform can do, and a page to try it on.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { docs::handle(&deps, request).await }).await
}
