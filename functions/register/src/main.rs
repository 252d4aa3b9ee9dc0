//! `POST /auth/register` makes an account; `POST /auth/invites` invites somebody into the caller's family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { register::handle(&deps, request).await }).await
}
