//! The floor of a function with a database: it answers every request after one `GetItem`.
//!
//! The client is configured by hand, as the functions' is, and trusts the certificates of the file that `AWS_CA_BUNDLE`
//! names, or none. With `FLOOR_PRIMED` set, one `GetItem` goes out before the first request is asked for.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::from_conf(config()?);
    let table = std::env::var("TENANTS_TABLE")?;
    if std::env::var_os("FLOOR_PRIMED").is_some() {
        get(&client, &table).await?;
    }
    let (client, table) = (&client, &table);
    run(service_fn(move |_: Request| async move {
        get(client, table).await?;
        Ok::<_, Error>(Response::new(Body::Empty))
    }))
    .await
}

async fn get(client: &Client, table: &str) -> Result<(), Error> {
    let key = AttributeValue::S("#".into());
    let call = client.get_item().table_name(table).key("tenant_id", key);
    call.send().await?;
    Ok(())
}

fn config() -> Result<Config, Error> {
    let mut trusted = TrustStore::empty();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE") {
        trusted.add_pem_certificate(std::fs::read(path)?);
    }
    let http_client = Builder::new()
        .tls_provider(Provider::rustls(CryptoMode::AwsLc))
        .tls_context(TlsContext::builder().with_trust_store(trusted).build()?)
        .build_https();
    let credentials = Credentials::new(
        std::env::var("AWS_ACCESS_KEY_ID")?,
        std::env::var("AWS_SECRET_ACCESS_KEY")?,
        None,
        None,
        "environment",
    );
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .region(Region::new(std::env::var("AWS_REGION")?))
        .endpoint_url(std::env::var("AWS_ENDPOINT_URL_DYNAMODB")?)
        .http_client(http_client);
    Ok(config.build())
}
