//! Access tokens, refresh tokens, one-time tokens, API keys, cursors, webhook secrets, and the key set behind them.
//!
//! What a client holds is text; what is stored is a hash of it or nothing at all. Every `parse` here refuses text that
//! was altered anywhere, and every `verify` takes the time as an argument.

pub mod access;
pub mod api_key;
pub mod cursor;
pub mod key_ring;
pub mod key_set;
pub mod key_store;
pub mod one_time;
pub mod refresh;
pub mod unsubscribe;
pub mod webhook;

pub use access::{AccessTokens, Claims};
pub use key_ring::{KeyRing, SecretSource};
pub use key_set::KeySet;
pub use key_store::{KeyStore, SecretStore};
pub use unsubscribe::Unsubscription;
pub use webhook::WebhookSecret;

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;

/// Why a token or a key is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not a token of this kind, was altered, or has expired. Which of these is nobody's business.
    #[error("not a valid token")]
    Invalid,
    /// There is no key that may sign now.
    #[error("no signing key is active: make one with `signing-key rotate`")]
    NoSigningKey,
    /// The stored key set can't be read.
    #[error("the signing keys can't be read: {0}")]
    KeySet(String),
    /// Another rotation took the place that this one would have taken.
    #[error(
        "another rotation has just replaced the signing keys; where none has, somebody made an older version of the secret current again: store its value as a new version"
    )]
    Replaced,
    /// The place where the key set is kept did not answer.
    #[error("the signing keys can't be loaded")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The SHA-256 of a token's text or a request, in hex: what is stored in its place. Tokens have 256 random bits, so that no salt or
/// slow hash is needed (OWASP ASVS 5.0 §11.4).
#[must_use]
pub fn hash(text: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_ref()).as_ref())
}

/// HMAC-SHA-256 over a label, which keeps one use of a key from another, and the parts.
fn mac(key: &[u8], label: &str, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(label.as_bytes());
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

/// Compares in constant time.
fn mac_matches(expected: &hmac::Tag, given: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), given).is_ok()
}
