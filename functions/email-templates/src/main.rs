//! `/emails/templates/{template}`: what a tenant's mails say.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    bootstrap::run(|deps, request| async move { email_templates::handle(&deps, request).await })
        .await
}
