//! What an SNS topic says, once its signature is verified.
//!
//! Anybody who can put a message where a notification is expected could claim that an address has bounced. So each is
//! verified as AWS documents it: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html>.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use futures::future::BoxFuture;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use url::Url;

/// Why a notification does not count.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not what this topic has said.
    #[error("the notification is not this topic's: {0}")]
    NotGenuine(&'static str),
    /// The certificate of the signature can't be had.
    #[error("the certificate of the signature can't be had")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where certificates come from.
pub trait CertificateSource: Send + Sync {
    /// The text at an address, which has been checked.
    fn fetch(
        &self,
        url: String,
    ) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>>;
}

/// A notification as SNS delivers it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    signing_cert_url: String,
}

/// Tells nothing of what it carries, which names people.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// A topic whose notifications are taken. Cloning shares the certificates that are known.
#[derive(Clone)]
pub struct Topic {
    arn: String,
    endpoint: String,
    source: Arc<dyn CertificateSource>,
    known: Arc<Mutex<HashMap<String, CertificateDer<'static>>>>,
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({})", self.arn)
    }
}

impl Topic {
    /// The topic `arn`, whose signatures are made with certificates that SNS serves at `endpoint`, for example
    /// `https://sns.us-east-1.amazonaws.com`.
    #[must_use]
    pub fn new(arn: String, endpoint: String, source: Arc<dyn CertificateSource>) -> Self {
        Self {
            arn,
            endpoint,
            source,
            known: Arc::default(),
        }
    }

    /// What the topic said, where it did.
    ///
    /// # Errors
    /// [`Error::NotGenuine`] for what somebody else said, and where the certificate can't be had.
    pub async fn open(&self, envelope: Envelope) -> Result<String, Error> {
        if envelope.topic_arn != self.arn {
            return Err(Error::NotGenuine("it is of another topic"));
        }
        if envelope.kind != "Notification" {
            return Err(Error::NotGenuine("it is no notification"));
        }
        // Version 1 signs with SHA-1; the template asks for 2.
        if envelope.signature_version != "2" {
            return Err(Error::NotGenuine("it is not signed with SHA-256"));
        }
        let signature = BASE64
            .decode(envelope.signature.as_bytes())
            .map_err(|_| Error::NotGenuine("the signature is not base64"))?;
        let certificate = self.certificate(&envelope.signing_cert_url).await?;
        webpki::EndEntityCert::try_from(&certificate)
            .map_err(|_| Error::NotGenuine("the certificate can't be read"))?
            .verify_signature(
                webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
                signed_text(&envelope).as_bytes(),
                &signature,
            )
            .map_err(|_| Error::NotGenuine("the signature is wrong"))?;
        Ok(envelope.message)
    }

    /// The certificate at an address of SNS. That it is SNS's is known by the host: the answer comes over TLS.
    async fn certificate(&self, url: &str) -> Result<CertificateDer<'static>, Error> {
        if !self.serves(url) {
            return Err(Error::NotGenuine("the certificate is not at SNS"));
        }
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(url)
            .cloned();
        if let Some(certificate) = known {
            return Ok(certificate);
        }
        let text = self.source.fetch(url.to_owned()).await;
        let text = text.map_err(Error::Unavailable)?;
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|error| Error::Unavailable(error.to_string().into()))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(url.to_owned(), certificate.clone());
        Ok(certificate)
    }

    /// Whether an address is one of SNS's certificates: its very host, and the name that these files have.
    fn serves(&self, url: &str) -> bool {
        let (Ok(url), Ok(endpoint)) = (Url::parse(url), Url::parse(&self.endpoint)) else {
            return false;
        };
        let name = url
            .path()
            .strip_prefix("/SimpleNotificationService-")
            .and_then(|name| name.strip_suffix(".pem"));
        url.origin() == endpoint.origin()
            && url.origin().is_tuple()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }
}

/// What SNS signs: some members with their names, in byte order of the names, each followed by a line feed.
fn signed_text(envelope: &Envelope) -> String {
    let subject = envelope.subject.as_deref();
    let members = [
        ("Message", Some(envelope.message.as_str())),
        ("MessageId", Some(&envelope.message_id)),
        ("Subject", subject),
        ("Timestamp", Some(&envelope.timestamp)),
        ("TopicArn", Some(&envelope.topic_arn)),
        ("Type", Some(&envelope.kind)),
    ];
    let present = members
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let lines = present.flat_map(|(name, value)| [name, "\n", value, "\n"]);
    lines.collect()
}

#[cfg(test)]
mod tests;
