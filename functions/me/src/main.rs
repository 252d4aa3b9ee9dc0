//! `/user/me`: the caller's own account, to read, rename, export and delete.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { me::handle(&deps, request).await }).await
}
