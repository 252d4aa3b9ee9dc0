//! Secrets by which a receiver knows that a webhook is from here, as
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md) has it.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use domain::{TenantId, Timestamp};
use secrecy::{ExposeSecret, SecretBox};
use url::Url;
use uuid::Uuid;

use crate::{Error, KeySet};

/// What keeps these secrets from whatever else is made of the lasting key.
const LABEL: &str = "webhook secret";
/// By which a secret is known as one.
const PREFIX: &str = "whsec_";

/// The secret that a tenant and the platform share for one address. It is made anew whenever it is needed, from the key set
/// and from who posts where, so that it is stored nowhere, and another address has another one.
#[derive(Debug)]
pub struct WebhookSecret(SecretBox<[u8; 32]>);

impl WebhookSecret {
    /// The secret of a tenant for an address, the same for as long as the stack lives.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`].
    pub fn of(keys: &KeySet, tenant: &TenantId, url: &Url) -> Result<Self, Error> {
        // Neither can have a line break in it, so that no other tenant and address make the same text.
        let key = keys.lasting(LABEL, &format!("{tenant}\n{url}"))?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    /// The secret as its receiver stores it: `whsec_` and base64. To be shown to the tenant alone.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(self.0.expose_secret()))
    }

    /// The signature of a message that is posted at a time, as the header `webhook-signature` has it. The header
    /// `webhook-timestamp` is that time in whole seconds.
    #[must_use]
    pub fn sign(&self, id: Uuid, at: Timestamp, body: &str) -> String {
        sign(
            self.0.expose_secret(),
            &id.to_string(),
            at.as_second(),
            body,
        )
    }
}

/// With aws-lc-rs, as all else here, in place of a library for webhooks, which would bring a second SHA-256.
fn sign(key: &[u8], id: &str, second: i64, body: &str) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in [id, ".", &second.to_string(), ".", body] {
        context.update(part.as_bytes());
    }
    format!("v1,{}", BASE64.encode(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standardwebhooks::Webhook;

    use super::*;
    use crate::key_set::tests::{at, keys};

    fn secret(keys: &KeySet, tenant: &str, url: &str) -> WebhookSecret {
        let (client, site) = tenant.split_once('#').unwrap();
        let tenant = TenantId::new(client, site).unwrap();
        WebhookSecret::of(keys, &tenant, &Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn a_signature_is_that_of_the_known_example() {
        // From the tests of the Standard Webhooks libraries.
        let key = BASE64.decode(b"C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        assert_eq!(
            sign(&key, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    proptest! {
        #[test]
        fn a_receiver_makes_the_same_signature_of_the_secret(id: u128, second in 0_i64..10_000_000, body: String) {
            let secret = secret(&keys(), "acme#shop", "https://hooks.example/a");
            let (id, at) = (Uuid::from_u128(id), at(second));
            let receiver = Webhook::new(&secret.expose()).unwrap();
            let expected = receiver.sign(&id.to_string(), at.as_second(), body.as_bytes()).unwrap();
            prop_assert_eq!(secret.sign(id, at, &body), expected);
        }
    }

    #[test]
    fn each_tenant_and_address_has_a_secret_that_outlives_every_key() {
        let keys = keys();
        let first = secret(&keys, "acme#shop", "https://hooks.example/a").expose();
        for (tenant, url) in [
            ("acme#shop", "https://hooks.example/b"),
            ("acme#shop", "https://hooks.example/a?b"),
            ("acme#shop", "https://other.example/a"),
            ("acme#blog", "https://hooks.example/a"),
            ("other#shop", "https://hooks.example/a"),
        ] {
            assert_ne!(secret(&keys, tenant, url).expose(), first, "{tenant} {url}");
        }
        let text = keys.to_secret();
        let keys = KeySet::parse(text.expose_secret()).unwrap();
        let keys = keys
            .rotated(&crate::key_set::tests::random(), at(100 * 86_400))
            .unwrap();
        assert_eq!(
            secret(&keys, "acme#shop", "https://hooks.example/a").expose(),
            first
        );
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = secret(&keys(), "acme#shop", "https://hooks.example/a");
        let (printed, text) = (format!("{secret:?}"), secret.expose());
        let key = secret.0.expose_secret();
        assert!(!printed.contains(text.strip_prefix(PREFIX).unwrap()));
        assert!(!printed.contains(&format!("{key:?}")), "{printed}");
    }

    #[test]
    fn without_keys_there_is_no_secret() {
        let tenant = TenantId::new("acme", "shop").unwrap();
        let url = Url::parse("https://hooks.example/a").unwrap();
        let refused = WebhookSecret::of(&KeySet::empty(), &tenant, &url);
        assert!(matches!(refused, Err(Error::NoSigningKey)));
    }
}
