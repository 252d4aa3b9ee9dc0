//! Secret messages: where they are dropped, how long they wait, and how many may.

use std::fmt;

use data_encoding::BASE32_NOPAD_NOCASE;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::SignedDuration;
use crate::{Invalid, Random, Timestamp};

/// The largest message as it is sent, in bytes: an item of `DynamoDB` holds 400 KB.
pub const MAX_BYTES: usize = 256 * 1024;
/// How long a message waits where its sender says nothing.
pub const DEFAULT_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The shortest and the longest that a message waits.
pub const LIFETIMES: (SignedDuration, SignedDuration) = (
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(30 * 24),
);
/// How many messages may wait at an address.
pub const MAX_WAITING: u32 = 1_000;
/// How many messages one sender drops in an hour, wherever.
pub const SENDER_PER_HOUR: u32 = 300;
/// How many messages are dropped at one address in an hour, by whomever.
pub const ADDRESS_PER_HOUR: u32 = 600;

/// Where messages to somebody are dropped: 120 random bits, so that nobody finds an address by trying, and a CRC-8, so that a
/// slip in writing one down is told: whether anybody has an address nobody is told, and a message to a wrong one would be
/// lost without a word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// What is random, in bytes. One of check and the whole in base32 without padding make 26 characters.
    const RANDOM: usize = 15;

    /// A new one.
    #[must_use]
    pub fn random(random: &Random) -> Self {
        let mut bytes = random.bytes::<{ Self::RANDOM }>().to_vec();
        bytes.push(check(&bytes));
        Self(BASE32_NOPAD_NOCASE.encode(&bytes).to_ascii_lowercase())
    }

    /// Reads an address in the one way that it is written.
    ///
    /// # Errors
    /// `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes());
        let is_address = bytes.is_ok_and(|bytes| {
            let parts = bytes.split_at_checked(Self::RANDOM);
            parts.is_some_and(|(random, rest)| rest == [check(random)])
        });
        let is_address = is_address && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        if is_address {
            Ok(Self(text.to_owned()))
        } else {
            let message = "is no address of messages; look at it again, or ask its owner";
            Err(Invalid::new("invalid", message))
        }
    }

    /// The address as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A CRC of 8 bits finds every burst of up to 8, and a character has 5.
fn check(random: &[u8]) -> u8 {
    crc::Crc::<u8>::new(&crc::CRC_8_SMBUS).checksum(random)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user's key: what others encrypt to, and what decrypts, sealed under a passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageKey {
    /// Where messages are dropped.
    pub drop_address: Address,
    /// The public key, `age1…`.
    pub recipient: String,
    /// An armored age file with the identity.
    pub encrypted_identity: String,
    /// Goes up each time the passphrase changes.
    pub version: u64,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

/// What is known of a message without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    /// Names it; ids sort by the time they were made.
    pub message_id: Uuid,
    /// The size of the age file, in bytes.
    pub size: u64,
    /// Whether the first who reads it is the last.
    pub burn: bool,
    /// Whether its plaintext ends in zero bytes that hide its length.
    #[serde(default)]
    pub padded: bool,
    /// When it was dropped.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub received_at: Timestamp,
    /// From when on it can't be read any more.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
    /// When it was last given to a reader.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub read_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(bytes: [u8; 15]) -> Address {
        Address::random(&Random::new(move |buffer| buffer.copy_from_slice(&bytes)))
    }

    proptest! {
        #[test]
        fn an_address_is_read_as_it_is_written(bytes in any::<[u8; 15]>()) {
            let address = address(bytes);
            prop_assert_eq!(address.as_str().len(), 26);
            prop_assert_eq!(Address::parse(address.as_str()).unwrap(), address);
        }

        #[test]
        fn a_slip_is_told(bytes in any::<[u8; 15]>(), place in 0usize..26) {
            let mut slipped = address(bytes).as_str().as_bytes().to_vec();
            slipped[place] = if slipped[place] == b'a' { b'b' } else { b'a' };
            prop_assert!(Address::parse(std::str::from_utf8(&slipped).unwrap()).is_err());
        }

        #[test]
        fn other_text_is_no_address(text in "\\PC{0,40}") {
            prop_assert!(Address::parse(&text).is_err());
        }
    }

    #[test]
    fn an_address_is_written_in_one_way() {
        let address = address([7; 15]);
        assert!(Address::parse(&address.as_str().to_ascii_uppercase()).is_err());
        assert!(Address::parse(&format!("{address} ")).is_err());
        assert!(Address::parse(&format!("{address}aa")).is_err());
    }
}
