//! The age side of secret messages: what is an age file that can be dropped, keys that are stored under a passphrase,
//! and messages that are opened with them. No I/O and no clock.
//!
//! The format is <https://c2sp.org/age>; the `age` crate reads and writes it, and draws its random bytes from the
//! system. Keys and plaintexts are overwritten when they are dropped, but for what the `age` crate and those below it
//! hold for a moment themselves.

mod file;
mod key;
mod plaintext;

pub use file::{AgeFile, NotAge};
pub use key::{Identity, SealedKey, WORK_FACTOR, decoy, generate, unseal};
pub use plaintext::Plaintext;

/// Why a key can't be sealed or unsealed, or a message can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The sealed key doesn't open with this passphrase.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The sealed key isn't an age file under a passphrase with an identity in it.
    #[error("the sealed key is damaged")]
    Corrupt,
    /// Opening the sealed key takes more than 2^[`WORK_FACTOR`] rounds of scrypt.
    #[error("the sealed key asks for more work than 2^{WORK_FACTOR} rounds of scrypt")]
    TooMuchWork,
    /// The identity couldn't be encrypted; no input leads here.
    #[error("the identity can't be sealed")]
    Sealing,
    /// No stanza of the message is for this identity.
    #[error("the message is for another key")]
    NotForThisKey,
    /// The message's header or payload isn't what its sender wrote, or its end is missing.
    #[error("the message was altered or cut off")]
    Altered,
}
