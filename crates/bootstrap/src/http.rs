//! The one HTTP client of all AWS clients, and whom it trusts (docs/adr/0004-start-up.md).

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::Env;

/// The roots of every public AWS endpoint: Amazon Root CA 1 to 4 and Starfield Services Root CA G2, as
/// <https://www.amazontrust.com/repository/> has them. The first of them ends in 2037.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Why the file that `AWS_CA_BUNDLE` names is no bundle.
#[derive(Debug, Clone, thiserror::Error)]
#[error("AWS_CA_BUNDLE: {} {reason}", path.display())]
pub struct BadBundle {
    path: PathBuf,
    reason: String,
}

/// A client that connects when it is first used, and is shared by all services with the connections that it keeps.
pub(crate) fn client(env: &Env) -> SharedHttpClient {
    // Other roots than Amazon's, in the variable that every AWS SDK reads
    // (https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html).
    let bundle = env.optional("AWS_CA_BUNDLE").map(PathBuf::from);
    if let Some(path) = bundle.clone() {
        env.before_first_request(Box::pin(async move { Ok(read(&path).map(drop)?) }));
    }
    let connector = OnceLock::new();
    // The SDK's own client makes a connector when it is built and another one when it is used.
    http_client_fn(move |_, _| {
        let new = || connector_trusting(bundle.as_deref());
        connector.get_or_init(new).clone()
    })
}

pub(crate) fn connector_trusting(bundle: Option<&Path>) -> SharedHttpConnector {
    match trusted(bundle) {
        Ok(context) => SharedHttpConnector::new(
            Connector::builder()
                .connector_settings(
                    HttpConnectorSettings::builder()
                        .connect_timeout(Duration::from_secs(1))
                        .build(),
                )
                .tls_provider(Provider::rustls(CryptoMode::AwsLc))
                .tls_context(context)
                .build(),
        ),
        Err(error) => SharedHttpConnector::new(Distrustful(error)),
    }
}

fn trusted(bundle: Option<&Path>) -> Result<TlsContext, BadBundle> {
    let roots = bundle.map_or_else(|| Ok(AMAZON_ROOTS.to_vec()), read)?;
    let store = TrustStore::empty().with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| BadBundle {
        path: bundle.map(Path::to_owned).unwrap_or_default(),
        reason: error.to_string(),
    })
}

/// The text of a bundle. The SDK would panic on one that is damaged.
fn read(path: &Path) -> Result<Vec<u8>, BadBundle> {
    let bad = |reason: String| BadBundle {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read(path).map_err(|error| bad(format!("can't be read: {error}")))?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| bad(format!("is not PEM: {error}")))?;
        webpki::anchor_from_trusted_cert(&certificate)
            .map_err(|error| bad(format!("has a certificate that can't be used: {error}")))?;
        count += 1;
    }
    if count == 0 {
        return Err(bad("has no certificate".into()));
    }
    Ok(text)
}

/// Connects to nobody.
#[derive(Debug)]
struct Distrustful(BadBundle);

impl HttpConnector for Distrustful {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle_of(text: &str) -> Result<(), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        trusted(Some(file.path()))
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn amazons_roots_are_five_that_can_be_used() {
        let roots: Vec<_> = CertificateDer::pem_slice_iter(AMAZON_ROOTS)
            .map(|root| root.unwrap())
            .collect();
        assert_eq!(roots.len(), 5);
        for root in &roots {
            webpki::anchor_from_trusted_cert(root).unwrap();
        }
    }

    #[test]
    fn a_bundle_takes_the_place_of_amazons_roots() {
        let text = String::from_utf8(AMAZON_ROOTS.to_vec()).unwrap();
        assert_eq!(bundle_of(&text), Ok(()));
    }

    #[test]
    fn a_bundle_that_is_none_says_why() {
        #[track_caller]
        fn check(text: &str, reason: &str) {
            let told = bundle_of(text).unwrap_err();
            assert!(
                told.starts_with("AWS_CA_BUNDLE: /") && told.contains(reason),
                "{told}"
            );
        }
        check("", "has no certificate");
        check("nothing to see", "has no certificate");
        let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(damaged, "can't be used");
        check("-----BEGIN CERTIFICATE-----\n?\n", "is not PEM");
        let missing = trusted(Some(Path::new("/nowhere/bundle.pem"))).unwrap_err();
        assert!(missing.to_string().contains("can't be read"), "{missing}");
    }
}
