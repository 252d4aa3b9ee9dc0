//! The keys that sign, as they are stored, rotated and published.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use domain::clock::SignedDuration;
use domain::{Random, Timestamp};
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How long a key is published before it signs: longer than a client may cache the published keys (5 min), and than a
/// warm function goes without reading them ([`crate::key_ring::MAX_AGE`]).
pub const LEAD: SignedDuration = SignedDuration::from_mins(15);
/// How long a key verifies after its successor began to sign: the longest that a refresh token lives.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// All keys that sign now, will sign, or still verify.
pub struct KeySet {
    keys: Vec<Key>,
    lasting_mac: Option<SecretBox<[u8]>>,
}

/// One signing key with the MAC key that goes with it.
pub struct Key {
    /// The name in a token's header: eight random bytes.
    pub(crate) tag: [u8; 8],
    pub(crate) kid: String,
    pub(crate) mac: SecretBox<[u8]>,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    public: Point,
    stored: StoredKey,
}

/// The coordinates of a P-256 public key (RFC 7518 §6.2.1), in base64url.
struct Point {
    x: String,
    y: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    keys: Vec<StoredKey>,
    /// 32 random bytes, base64, which are made with the first key and stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lasting_mac_key: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    created_at: Timestamp,
    signs_from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retires_at: Option<Timestamp>,
    /// PKCS #8, base64.
    private_key: String,
    /// 32 random bytes, base64.
    mac_key: String,
}

/// A public key as JWKS publishes it (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// Always `EC`.
    pub kty: &'static str,
    /// Always `P-256`.
    pub crv: &'static str,
    /// Always `ES256`.
    pub alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub purpose: &'static str,
    /// The name in a token's header.
    pub kid: String,
    /// The first coordinate.
    pub x: String,
    /// The second coordinate.
    pub y: String,
}

impl KeySet {
    /// A set without keys: what a new stack has until its first rotation.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            keys: Vec::new(),
            lasting_mac: None,
        }
    }

    /// Whether no key was ever made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Reads a stored set.
    ///
    /// # Errors
    /// [`Error::KeySet`] when the text is not one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The parser's own message could quote a private key.
        let stored: Stored = serde_json::from_str(text)
            .map_err(|e| Error::KeySet(format!("not a key set (line {})", e.line())))?;
        let keys = stored
            .keys
            .into_iter()
            .map(Key::from_stored)
            .collect::<Result<Vec<_>, _>>()?;
        let lasting_mac = match stored.lasting_mac_key {
            Some(text) => Some(
                mac_key(&text)
                    .map_err(|what| Error::KeySet(format!("the lasting MAC key: {what}")))?,
            ),
            // A set from before there was one makes it of its oldest key, and keeps it from its next rotation on.
            None => keys.first().map(|key| {
                let mac = key.mac("lasting", &[]);
                SecretBox::new(mac.as_ref().to_vec().into_boxed_slice())
            }),
        };
        Ok(Self { keys, lasting_mac })
    }

    /// The set as text, to be stored where only functions and operators can read it.
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        let stored = Stored {
            keys: self.keys.iter().map(|k| k.stored.clone()).collect(),
            lasting_mac_key: self
                .lasting_mac
                .as_ref()
                .map(|key| BASE64.encode(key.expose_secret())),
        };
        serde_json::to_string(&stored).unwrap_or_default().into()
    }

    /// The set with one key more: the first signs at once, a later one after [`LEAD`], when the one before it begins to
    /// retire. Keys that have retired are left out.
    ///
    /// # Errors
    /// [`Error::KeySet`] when no key can be generated.
    pub fn rotated(mut self, random: &Random, now: Timestamp) -> Result<Self, Error> {
        self.keys.retain(|key| !key.has_retired(now));
        let signs_from = if self.keys.is_empty() {
            now
        } else {
            now + LEAD
        };
        for key in &mut self.keys {
            key.stored.retires_at.get_or_insert(signs_from + OVERLAP);
        }
        let pair =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| Error::KeySet("no key can be generated".into()))?;
        self.keys.push(Key::from_stored(StoredKey {
            kid: HEXLOWER.encode(&random.bytes::<8>()),
            created_at: now,
            signs_from,
            retires_at: None,
            private_key: BASE64.encode(pair.as_ref()),
            mac_key: BASE64.encode(&random.bytes::<32>()),
        })?);
        self.lasting_mac
            .get_or_insert_with(|| SecretBox::new(Box::new(random.bytes::<32>())));
        Ok(self)
    }

    /// When the newest key was made.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.keys.iter().map(|key| key.stored.created_at).max()
    }

    /// The key that signs now: the newest of those whose time has come.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`].
    pub fn signing(&self, now: Timestamp) -> Result<&Key, Error> {
        self.keys
            .iter()
            .filter(|key| key.stored.signs_from <= now && !key.has_retired(now))
            .max_by_key(|key| key.stored.signs_from)
            .ok_or(Error::NoSigningKey)
    }

    /// 32 bytes that nobody else can make, the same for the same text as long as the stack lives.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`].
    pub fn lasting(&self, label: &str, text: &str) -> Result<[u8; 32], Error> {
        let key = self.lasting_mac.as_ref().ok_or(Error::NoSigningKey)?;
        let mac = crate::mac(key.expose_secret(), label, &[text.as_bytes()]);
        mac.as_ref().try_into().map_err(|_| Error::NoSigningKey)
    }

    /// The key named `kid`, while it verifies.
    pub(crate) fn named(&self, kid: &str, now: Timestamp) -> Option<&Key> {
        self.keys
            .iter()
            .find(|key| key.kid == kid && !key.has_retired(now))
    }

    /// The key tagged `tag`, while it verifies.
    pub(crate) fn tagged(&self, tag: &[u8], now: Timestamp) -> Option<&Key> {
        self.keys
            .iter()
            .find(|key| key.tag == tag && !key.has_retired(now))
    }

    /// What is published: every key that verifies, also those that do not sign yet.
    #[must_use]
    pub fn public(&self, now: Timestamp) -> Vec<PublicKey> {
        self.keys
            .iter()
            .filter(|key| !key.has_retired(now))
            .map(Key::public)
            .collect()
    }
}

impl Key {
    fn from_stored(stored: StoredKey) -> Result<Self, Error> {
        let broken = |what: &str| Error::KeySet(format!("key {}: {what}", stored.kid));
        let tag = HEXLOWER
            .decode(stored.kid.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let tag = tag.ok_or_else(|| broken("its name is not 16 hex digits"))?;
        let private = BASE64
            .decode(stored.private_key.as_bytes())
            .map_err(|_| broken("not base64"))?;
        let mac =
            mac_key(&stored.mac_key).map_err(|what| broken(&format!("its MAC key: {what}")))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private)
            .map_err(|_| broken("not a P-256 key in PKCS #8"))?;
        // SEC 1 §2.3.3: 0x04, then both coordinates.
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(broken("its public key is not an uncompressed point")),
        };
        let public = Point {
            x: BASE64URL_NOPAD.encode(x),
            y: BASE64URL_NOPAD.encode(y),
        };
        let decoding = DecodingKey::from_ec_components(&public.x, &public.y)
            .map_err(|_| broken("its public key can't be used"))?;
        Ok(Self {
            tag,
            kid: stored.kid.clone(),
            mac,
            encoding: EncodingKey::from_ec_der(&private),
            decoding,
            public,
            stored,
        })
    }

    /// The name in a token's header.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    fn has_retired(&self, now: Timestamp) -> bool {
        self.stored.retires_at.is_some_and(|at| at <= now)
    }

    fn public(&self) -> PublicKey {
        PublicKey {
            kty: "EC",
            crv: "P-256",
            alg: "ES256",
            purpose: "sig",
            kid: self.kid.clone(),
            x: self.public.x.clone(),
            y: self.public.y.clone(),
        }
    }

    pub(crate) fn mac(&self, label: &str, parts: &[&[u8]]) -> aws_lc_rs::hmac::Tag {
        crate::mac(self.mac.expose_secret(), label, parts)
    }
}

fn mac_key(text: &str) -> Result<SecretBox<[u8]>, &'static str> {
    let key = BASE64.decode(text.as_bytes()).map_err(|_| "not base64")?;
    if key.len() != 32 {
        return Err("has not 32 bytes");
    }
    Ok(SecretBox::new(key.into_boxed_slice()))
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.kid))
            .finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    pub(crate) fn random() -> Random {
        Random::new(|bytes| aws_lc_rs::rand::fill(bytes).unwrap())
    }

    pub(crate) fn keys() -> KeySet {
        KeySet::empty().rotated(&random(), at(0)).unwrap()
    }

    #[test]
    fn a_stored_set_is_read_back() {
        let keys = keys();
        let again = KeySet::parse(keys.to_secret().expose_secret()).unwrap();
        assert_eq!(again.public(at(0)), keys.public(at(0)));
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_the_old_one_verifies_on() {
        let keys = keys();
        let first = keys.signing(at(0)).unwrap().kid.clone();
        let keys = keys.rotated(&random(), at(100)).unwrap();
        assert_eq!(keys.public(at(100)).len(), 2);
        assert_eq!(keys.signing(at(100 + 15 * 60 - 1)).unwrap().kid, first);
        let second = keys.signing(at(100 + 15 * 60)).unwrap().kid.clone();
        assert_ne!(second, first);
        let end = 100 + 15 * 60 + 30 * 86_400;
        assert!(keys.named(&first, at(end - 1)).is_some());
        assert!(keys.named(&first, at(end)).is_none());
        assert_eq!(
            keys.rotated(&random(), at(end))
                .unwrap()
                .public(at(end))
                .len(),
            2
        );
    }

    #[test]
    fn what_lasts_outlives_every_key() {
        let keys = keys();
        let lasting = keys.lasting("label", "text").unwrap();
        let after = 40 * 86_400;
        let mut keys = keys.rotated(&random(), at(after)).unwrap();
        for round in 2..4 {
            keys = KeySet::parse(keys.to_secret().expose_secret()).unwrap();
            keys = keys.rotated(&random(), at(round * after)).unwrap();
        }
        assert_eq!(keys.lasting("label", "text").unwrap(), lasting);
        assert_ne!(keys.lasting("label", "texts").unwrap(), lasting);
        assert_ne!(keys.lasting("labels", "text").unwrap(), lasting);
    }

    #[test]
    fn without_a_key_nothing_signs() {
        assert!(matches!(
            KeySet::empty().signing(at(0)),
            Err(Error::NoSigningKey)
        ));
    }

    #[test]
    fn a_broken_set_is_refused_without_quoting_it() {
        for text in ["", "[]", "{\"keys\":[{\"kid\":\"s3cret\"}]}"] {
            let error = KeySet::parse(text).unwrap_err().to_string();
            assert!(
                error.contains("not a key set") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
