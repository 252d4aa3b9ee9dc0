use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:test";
const ENDPOINT: &str = "https://sns.us-east-1.amazonaws.com";
const CERTIFICATE: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem";

/// Somebody who signs, with a certificate.
struct Signer {
    key: RsaKeyPair,
    certificate: String,
}

impl Signer {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".into()]).unwrap();
        Self {
            certificate: parameters.self_signed(&key).unwrap().pem(),
            key: RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap(),
        }
    }

    /// A notification with a signature over what it says.
    fn sign(&self, mut notification: Value) -> Envelope {
        notification["Signature"] = json!("");
        let text = signed_text(&serde_json::from_value(notification.clone()).unwrap());
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .unwrap();
        notification["Signature"] = json!(BASE64.encode(&signature));
        serde_json::from_value(notification).unwrap()
    }
}

#[derive(Default)]
struct Certificates {
    text: String,
    fetched: AtomicUsize,
}

impl CertificateSource for Certificates {
    fn fetch(
        &self,
        url: String,
    ) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>> {
        assert_eq!(url, CERTIFICATE, "an address that was not checked");
        self.fetched.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(self.text.clone()) })
    }
}

fn topic(signer: &Signer) -> (Topic, Arc<Certificates>) {
    let source = Arc::new(Certificates {
        text: signer.certificate.clone(),
        ..Certificates::default()
    });
    (
        Topic::new(TOPIC.into(), ENDPOINT.into(), source.clone()),
        source,
    )
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": TOPIC, "Message": "it happened",
        "Timestamp": "2026-01-02T03:04:05.678Z", "SignatureVersion": "2", "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })
}

#[tokio::test]
async fn what_the_topic_said_is_taken_and_its_certificate_kept() {
    let signer = Signer::new();
    let (topic, certificates) = topic(&signer);
    for subject in [Value::Null, json!("Amazon SES Email Event Notification")] {
        let mut notification = notification();
        notification["Subject"] = subject;
        let said = topic.open(signer.sign(notification)).await.unwrap();
        assert_eq!(said, "it happened");
    }
    assert_eq!(certificates.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_somebody_else_said_is_not() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let (topic, _) = topic(&signer);
    let altered = |name: &str, value: &str| {
        let mut altered = notification();
        altered[name] = json!(value);
        altered
    };
    for (notification, by) in [
        (notification(), &stranger),
        (
            altered("TopicArn", "arn:aws:sns:us-east-1:1:other"),
            &signer,
        ),
        (altered("Type", "SubscriptionConfirmation"), &signer),
        (altered("SignatureVersion", "1"), &signer),
    ] {
        let error = topic.open(by.sign(notification.clone())).await.unwrap_err();
        assert!(matches!(error, Error::NotGenuine(_)), "{notification}");
    }
    let mut envelope = signer.sign(notification());
    envelope.message.push('!');
    assert!(topic.open(envelope).await.is_err(), "an altered message");
    let mut envelope = signer.sign(notification());
    envelope.signature = "?".into();
    assert!(topic.open(envelope).await.is_err(), "no signature");
}

#[tokio::test]
async fn a_certificate_from_elsewhere_is_not_even_fetched() {
    let signer = Signer::new();
    let (topic, certificates) = topic(&signer);
    for url in [
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0123abcd.pem",
        "https://evil.example/SimpleNotificationService-0123abcd.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-0123abcd.pem",
        "https://x@sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
        "https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-0123abcd.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem?x=.pem",
        "https://sns.us-east-1.amazonaws.com/?SimpleNotificationService-0123abcd.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-..%2f.pem",
        "https://sns.us-east-1.amazonaws.com/x/SimpleNotificationService-0123abcd.pem",
        "file:///SimpleNotificationService-0123abcd.pem",
        "",
    ] {
        let mut notification = notification();
        notification["SigningCertURL"] = json!(url);
        let error = topic.open(signer.sign(notification)).await.unwrap_err();
        assert!(matches!(error, Error::NotGenuine(_)), "{url}");
    }
    assert_eq!(certificates.fetched.load(Ordering::SeqCst), 0);
}
