//! `/sites`: where a tenant's site goes, and what became of it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { sites::handle(&deps, request).await }).await
}
