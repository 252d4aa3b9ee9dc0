//! Message keys: X25519 identities, stored only as age files under a passphrase.

use std::fmt;
use std::io::Read;
use std::iter;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use age_core::primitives::bech32_encode;
use bech32::Hrp;
use domain::password::Password;
use secrecy::ExposeSecret;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::{Error, Plaintext};

/// The logarithm of scrypt's N for a sealed key, with r = 8 and p = 1: 128 MiB of memory (OWASP Password Storage Cheat
/// Sheet, the first choice for scrypt). It is also the most that is accepted when a key is unsealed.
pub const WORK_FACTOR: u8 = 17;

/// What the text form of a recipient begins with (<https://c2sp.org/age#x25519-recipient-stanza>).
const RECIPIENT: Hrp = Hrp::parse_unchecked("age");

/// A new key: what everybody may know of it, and what is stored.
pub struct SealedKey {
    /// The public key, `age1…`.
    pub recipient: String,
    /// An armored age file under the passphrase. Its content is the line `AGE-SECRET-KEY-1…`, so that `age -d` makes an
    /// identity file of it that `age -d -i` takes.
    pub encrypted_identity: String,
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedKey({})", self.recipient)
    }
}

/// A message key that was unsealed. It is overwritten when it is dropped, and can't be printed.
pub struct Identity(age::x25519::Identity);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Makes a key and seals it. Takes the time and the memory of [`WORK_FACTOR`].
///
/// # Errors
/// [`Error::Sealing`].
pub fn generate(passphrase: &Password) -> Result<SealedKey, Error> {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let encrypted_identity = Identity(identity).reseal(passphrase)?;
    Ok(SealedKey {
        recipient,
        encrypted_identity,
    })
}

/// Opens a sealed key. A wrong passphrase takes the time and the memory that the right one takes.
///
/// # Errors
/// [`Error::WrongPassphrase`], which a file whose stanza is damaged can't be told from; [`Error::TooMuchWork`], before
/// any of that work is done; [`Error::Corrupt`].
pub fn unseal(encrypted_identity: &str, passphrase: &Password) -> Result<Identity, Error> {
    let armored = ArmoredReader::new(encrypted_identity.as_bytes());
    let decryptor = Decryptor::new_buffered(armored).map_err(|_| Error::Corrupt)?;
    let mut key = age::scrypt::Identity::new(passphrase.expose().clone());
    key.set_max_work_factor(WORK_FACTOR);
    let reader = decryptor
        .decrypt(iter::once(&key as &dyn age::Identity))
        .map_err(|error| match error {
            DecryptError::DecryptionFailed => Error::WrongPassphrase,
            DecryptError::ExcessiveWork { .. } => Error::TooMuchWork,
            _ => Error::Corrupt,
        })?;
    let content = read(reader, encrypted_identity.len()).ok_or(Error::Corrupt)?;
    let identity = std::str::from_utf8(&content)
        .ok()
        .and_then(|text| text.strip_suffix('\n'))
        .and_then(|line| line.parse().ok());
    identity.map(Identity).ok_or(Error::Corrupt)
}

impl Identity {
    /// The same key under another passphrase, as [`SealedKey::encrypted_identity`].
    ///
    /// # Errors
    /// [`Error::Sealing`].
    pub fn reseal(&self, passphrase: &Password) -> Result<String, Error> {
        // `new` also measures which factor would take a second here, in a few milliseconds.
        let mut key = age::scrypt::Recipient::new(passphrase.expose().clone());
        key.set_work_factor(WORK_FACTOR);
        let identity = self.0.to_string();
        let line = identity.expose_secret();
        let mut content = Zeroizing::new(Vec::with_capacity(line.len() + 1));
        content.extend_from_slice(line.as_bytes());
        content.push(b'\n');
        age::encrypt_and_armor(&key, &content).map_err(|_| Error::Sealing)
    }

    /// Opens a message: the bytes of an [`AgeFile`](crate::AgeFile).
    ///
    /// # Errors
    /// [`Error::NotForThisKey`] and [`Error::Altered`].
    pub fn open(&self, file: &[u8]) -> Result<Plaintext, Error> {
        let reader = Decryptor::new_buffered(file)
            .and_then(|decryptor| decryptor.decrypt(iter::once(&self.0 as &dyn age::Identity)))
            .map_err(|error| match error {
                DecryptError::NoMatchingKeys => Error::NotForThisKey,
                _ => Error::Altered,
            })?;
        read(reader, file.len())
            .map(Plaintext::new)
            .ok_or(Error::Altered)
    }
}

/// All that comes out of a file of `size` bytes. The plaintext is shorter than its file, so that it is never moved to a
/// larger place, which would leave a copy behind.
fn read(mut reader: impl Read, size: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::with_capacity(size));
    reader.read_to_end(&mut content).ok()?;
    Some(content)
}

/// The recipient whose X25519 identity is these bytes: what an address that nobody has is answered with.
#[must_use]
pub fn decoy(secret: &[u8; 32]) -> String {
    let public = PublicKey::from(&StaticSecret::from(*secret));
    bech32_encode(RECIPIENT, public.as_bytes())
}
