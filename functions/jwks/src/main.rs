//! `GET /.well-known/jwks.json`: the keys that verify this platform's access tokens.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { jwks::handle(&deps, request).await }).await
}
