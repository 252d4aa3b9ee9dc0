//! `/scrapes`: what a tenant looks for on pages, and what was found.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { scrapes::handle(&deps, request).await }).await
}
