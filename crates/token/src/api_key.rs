//! The text of API keys.

use data_encoding::BASE32_NOPAD;
use domain::api_key::Kind;
use domain::{Invalid, Random, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::hash;

const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 4;

/// An API key as its owner holds it: `cv_pk_…` or `cv_sk_…`, then in base32 (RFC 4648, lower case) its id, 256 random
/// bits and a CRC-32 that tells a typo at once.
pub struct ApiKeyText {
    text: SecretString,
    kind: Kind,
    key_id: Uuid,
}

impl ApiKeyText {
    /// A fresh key.
    #[must_use]
    pub fn generate(kind: Kind, random: &Random, now: Timestamp) -> Self {
        let key_id = random.uuid(now);
        let mut bytes = Vec::with_capacity(ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH);
        bytes.extend_from_slice(key_id.as_bytes());
        bytes.extend_from_slice(&random.bytes::<SECRET_LENGTH>());
        bytes.extend_from_slice(&checksum(kind, &bytes));
        let text = format!(
            "{}{}",
            prefix(kind),
            BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
        );
        Self {
            text: text.into(),
            kind,
            key_id,
        }
    }

    /// Reads a key and checks its checksum. Whether it is one that was given out, only the database knows.
    ///
    /// # Errors
    /// `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("invalid", "is not an API key; look for a typo or a cut");
        let kind = [Kind::Publishable, Kind::Secret]
            .into_iter()
            .find(|kind| text.starts_with(prefix(*kind)));
        let kind = kind.ok_or_else(invalid)?;
        let encoded = &text[prefix(kind).len()..];
        if encoded.len() > 100 || encoded.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(invalid());
        }
        let bytes = BASE32_NOPAD
            .decode(encoded.to_ascii_uppercase().as_bytes())
            .map_err(|_| invalid())?;
        let (payload, given) = bytes
            .split_at_checked(ID_LENGTH + SECRET_LENGTH)
            .ok_or_else(invalid)?;
        if given != checksum(kind, payload) {
            return Err(invalid());
        }
        let key_id = Uuid::from_slice(&payload[..ID_LENGTH]).map_err(|_| invalid())?;
        Ok(Self {
            text: text.to_owned().into(),
            kind,
            key_id,
        })
    }

    /// Names the row in the database.
    #[must_use]
    pub fn key_id(&self) -> Uuid {
        self.key_id
    }

    /// Publishable or secret.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is stored in place of the text.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(self.text.expose_secret())
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// Compares a presented key's hash with the stored one in constant time.
#[must_use]
pub fn hash_matches(presented: &ApiKeyText, stored: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(
        presented.hash().as_bytes(),
        stored.as_bytes(),
    )
    .is_ok()
}

fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Publishable => "cv_pk_",
        Kind::Secret => "cv_sk_",
    }
}

fn checksum(kind: Kind, payload: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(prefix(kind).as_bytes());
    hasher.update(payload);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::{at, random};

    #[test]
    fn a_key_is_read_back() {
        for kind in [Kind::Publishable, Kind::Secret] {
            let key = ApiKeyText::generate(kind, &random(), at(0));
            let again = ApiKeyText::parse(key.expose()).unwrap();
            assert_eq!((again.kind(), again.key_id()), (kind, key.key_id()));
            assert!(hash_matches(&again, &key.hash()));
        }
    }

    #[test]
    fn a_publishable_key_does_not_become_a_secret_one() {
        let key = ApiKeyText::generate(Kind::Publishable, &random(), at(0));
        assert!(ApiKeyText::parse(&key.expose().replace("cv_pk_", "cv_sk_")).is_err());
    }

    proptest! {
        #[test]
        fn a_typo_is_told_at_once(position in 0usize..90, replacement in "[a-z2-7A-Z]") {
            let text = ApiKeyText::generate(Kind::Secret, &random(), at(0)).expose().to_owned();
            let position = position % text.len();
            let mut altered = text.clone();
            altered.replace_range(position..=position, &replacement);
            prop_assert_eq!(ApiKeyText::parse(&altered).is_ok(), altered == text);
        }

        #[test]
        fn any_text_is_refused(text in "(cv_[ps]k_)?\\PC{0,120}") {
            prop_assert!(ApiKeyText::parse(&text).is_err());
        }
    }
}
