//! Dropped files, message keys and opened messages from the outside.
#![expect(clippy::expect_used, reason = "in a test a panic is the answer")]

mod files;
mod keys;
mod vectors;

use age_core::primitives::bech32_encode;
use bech32::Hrp;
use domain::password::Password;
use message::Identity;
use secrecy::SecretString;

/// The identity of a line `AGE-SECRET-KEY-1…`, by way of a key that is sealed with next to no work.
fn unsealed(line: &str) -> Identity {
    let mut key = age::scrypt::Recipient::new(SecretString::from("at noon"));
    key.set_work_factor(1);
    let sealed = age::encrypt_and_armor(&key, format!("{line}\n").as_bytes()).expect("sealed");
    message::unseal(&sealed, &Password::new("at noon")).expect("unsealed")
}

/// The line of the identity that is these bytes, as age writes it.
fn line(secret: &[u8; 32]) -> String {
    bech32_encode(Hrp::parse_unchecked("age-secret-key-"), secret).to_uppercase()
}

/// The recipient of the identity that is these bytes.
fn recipient(secret: &[u8; 32]) -> age::x25519::Recipient {
    let identity: age::x25519::Identity = line(secret).parse().expect("an identity");
    identity.to_public()
}
