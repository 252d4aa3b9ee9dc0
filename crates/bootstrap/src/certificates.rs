//! The certificates by which SNS signs.

use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures::future::BoxFuture;
use gateway::{MissingVariable, Provide};
use sns::{CertificateSource, Topic};

use crate::{Env, clients, http};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Fetches as the AWS clients do: from whom they trust alone, without a proxy and without following redirects.
struct Amazon {
    bundle: Option<PathBuf>,
}

impl CertificateSource for Amazon {
    fn fetch(&self, url: String) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(async move {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_uri(url.as_str())?;
            let connector = http::connector_trusting(self.bundle.as_deref());
            let answer = connector.call(request).await?;
            if !answer.status().is_success() {
                return Err(format!("status {}", answer.status()).into());
            }
            let bytes = ByteStream::new(answer.into_body()).collect().await?;
            Ok(String::from_utf8(bytes.to_vec())?)
        })
    }
}

impl Provide<Topic> for Env {
    fn provide(&self) -> Result<Topic, MissingVariable> {
        let arn = self.variable("EMAIL_EVENTS_TOPIC")?;
        let endpoint = match clients::endpoint(self, "SNS") {
            Some(endpoint) => endpoint,
            None => format!("https://sns.{}.amazonaws.com", self.variable("AWS_REGION")?),
        };
        let source = Amazon {
            bundle: self.optional("AWS_CA_BUNDLE").map(PathBuf::from),
        };
        Ok(Topic::new(arn, endpoint, Arc::new(source)))
    }
}
