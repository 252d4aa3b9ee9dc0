//! What may be dropped: age files, judged by their form. Whose they are can't be seen.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::iter;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use age_core::format::{FileKey, Stanza};
use data_encoding::BASE64_NOPAD;
use domain::Invalid;
use x25519_dalek::{PublicKey, StaticSecret};

/// What every version of the format begins with, and the first line of the one that there is.
const MAGIC: &[u8] = b"age-encryption.org/";
const V1: &[u8] = b"age-encryption.org/v1\n";

const ARMOR: &[u8] = b"-----BEGIN ";
const AGE_ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// The longest header that is read, with the nonce behind it: about 80 recipients. The parser starts over at every line,
/// so that 8 KiB of the shortest lines would take it four thousand times as long as a usual header.
const HEADER_MAX: usize = 8 * 1024;
const HEADER_LINES: usize = 170;
const NONCE: usize = 16;

/// The payload behind its nonce: chunks of 64 KiB, each with a tag (<https://c2sp.org/age#payload>).
const TAG: usize = 16;
const CHUNK: usize = 64 * 1024 + TAG;

/// A dropped file that was judged: an age v1 file in its binary form, with an X25519 stanza.
pub struct AgeFile(Vec<u8>);

impl AgeFile {
    /// The most bytes that a file may have as it is sent, armored or not.
    pub const MAX: usize = 256 * 1024;

    /// Takes a binary or an armored file. It must have at least one X25519 stanza and may have others beside it: whom
    /// else a message is for is its sender's business.
    ///
    /// # Errors
    /// [`NotAge`] says what is wrong.
    pub fn parse(sent: &[u8]) -> Result<Self, NotAge> {
        if sent.len() > Self::MAX {
            return Err(NotAge::TooLong);
        }
        let text = sent.trim_ascii_start();
        if text.is_empty() {
            return Err(NotAge::Empty);
        }
        let file = if text.starts_with(ARMOR) {
            dearmor(text)?
        } else {
            sent.to_vec()
        };
        judge(&file)?;
        Ok(Self(file))
    }

    /// The binary form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The binary form.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for AgeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgeFile({} bytes)", self.0.len())
    }
}

/// Why something that was sent is not taken for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAge {
    /// No bytes, or nothing but white space.
    #[error("is empty: an age file is needed")]
    Empty,
    /// More than [`AgeFile::MAX`].
    #[error("must have at most {} bytes as it is sent", AgeFile::MAX)]
    TooLong,
    /// Something else than an age file, or an age file with something before it.
    #[error(
        "is not an age file, which begins with \"age-encryption.org/v1\" or \"-----BEGIN AGE ENCRYPTED FILE-----\""
    )]
    NotAge,
    /// The text form can't be decoded, or has something before or after it.
    #[error(
        "has broken armor: it must go from \"-----BEGIN AGE ENCRYPTED FILE-----\" to \"-----END AGE ENCRYPTED \
         FILE-----\" in lines of 64 characters of Base64, with nothing after it; with curl send it by --data-binary, \
         because -d takes line ends away"
    )]
    Armor,
    /// Another version of the format.
    #[error("is of a version of age other than v1")]
    Version,
    /// The header breaks the rules of the format.
    #[error(
        "has a broken header; with curl send it by --data-binary, because -d takes line ends away"
    )]
    Header,
    /// The header goes on for longer than is read.
    #[error(
        "has too long a header: at most {} bytes are read, which is about 80 recipients",
        HEADER_MAX
    )]
    HeaderTooLong,
    /// The header or the payload ends before it can.
    #[error("is cut off, or bytes were lost: no age file ends there")]
    Truncated,
    /// An X25519 stanza that no identity opens.
    #[error("has a broken X25519 stanza")]
    Stanza,
    /// Encrypted with a passphrase.
    #[error("is encrypted with a passphrase: encrypt it to the recipient that the address has")]
    Passphrase,
    /// Encrypted to SSH keys and to nothing that is known.
    #[error("is encrypted to an SSH key: encrypt it to the recipient that the address has")]
    Ssh,
    /// Encrypted to post-quantum keys and to nothing that is known.
    #[error("is encrypted to a post-quantum key: encrypt it to the recipient that the address has")]
    PostQuantum,
    /// Encrypted to a plug-in's keys or to anything else that is not known.
    #[error("is encrypted to no X25519 key: encrypt it to the recipient that the address has")]
    Unknown,
}

impl NotAge {
    /// Stable and machine-readable.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::NotAge => "not_age",
            Self::Armor => "armor_broken",
            Self::Version => "version_unsupported",
            Self::Header => "header_broken",
            Self::HeaderTooLong => "header_too_long",
            Self::Truncated => "truncated",
            Self::Stanza => "stanza_broken",
            Self::Passphrase => "recipient_passphrase",
            Self::Ssh => "recipient_ssh",
            Self::PostQuantum => "recipient_post_quantum",
            Self::Unknown => "recipient_unknown",
        }
    }
}

impl From<NotAge> for Invalid {
    fn from(reason: NotAge) -> Self {
        Self::new(reason.code(), reason.to_string())
    }
}

fn dearmor(text: &[u8]) -> Result<Vec<u8>, NotAge> {
    // What doesn't begin like this the reader takes for the binary form.
    if !text.starts_with(AGE_ARMOR) {
        return Err(NotAge::Armor);
    }
    let mut file = Vec::with_capacity(text.len() / 4 * 3);
    ArmoredReader::new(text)
        .read_to_end(&mut file)
        .map_err(|_| NotAge::Armor)?;
    Ok(file)
}

fn judge(file: &[u8]) -> Result<(), NotAge> {
    let begin = file.len().min(MAGIC.len());
    if file[..begin] != MAGIC[..begin] {
        return Err(NotAge::NotAge);
    }
    let window = window(file);
    let mut rest = window;
    let decryptor = Decryptor::new_buffered(&mut rest).map_err(|error| match error {
        DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            if window.len() < file.len() {
                NotAge::HeaderTooLong
            } else {
                NotAge::Truncated
            }
        }
        // A broken header of v1 is read as an unknown version as well.
        DecryptError::UnknownFormat if !file.starts_with(V1) => NotAge::Version,
        _ => NotAge::Header,
    })?;
    let stanzas = Stanzas::default();
    // There is no key, so this fails; what counts is what it saw.
    drop(decryptor.decrypt(iter::once(&stanzas as &dyn age::Identity)));
    stanzas.0.get()?;
    let payload = file.len() - (window.len() - rest.len());
    if can_be_payload(payload) {
        Ok(())
    } else {
        Err(NotAge::Truncated)
    }
}

/// The beginning of a file that holds its header and its nonce, or else is longer than a header may be.
fn window(file: &[u8]) -> &[u8] {
    let longest = &file[..file.len().min(HEADER_MAX)];
    longest
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(HEADER_LINES - 1)
        .and_then(|(end, _)| longest.get(..=end + NONCE))
        .unwrap_or(longest)
}

/// Whether chunks can have this length. The last one holds at least a byte, unless there is nothing in it all.
fn can_be_payload(length: usize) -> bool {
    match length % CHUNK {
        0 => length > 0,
        TAG => length == TAG,
        last => last > TAG,
    }
}

/// Stands where an identity does, in order to see the stanzas of a header.
struct Stanzas(Cell<Result<(), NotAge>>);

impl Default for Stanzas {
    fn default() -> Self {
        Self(Cell::new(Err(NotAge::Header)))
    }
}

impl age::Identity for Stanzas {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        None
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        self.0.set(recipients(stanzas));
        None
    }
}

/// Judges the stanzas of one header.
fn recipients(stanzas: &[Stanza]) -> Result<(), NotAge> {
    let mut x25519 = stanzas
        .iter()
        .filter(|stanza| stanza.tag == "X25519")
        .peekable();
    if x25519.peek().is_some() {
        return if x25519.all(opens) {
            Ok(())
        } else {
            Err(NotAge::Stanza)
        };
    }
    let any = |kind: fn(&str) -> bool| stanzas.iter().any(|stanza| kind(&stanza.tag));
    Err(if any(|tag| tag == "scrypt") {
        NotAge::Passphrase
    } else if any(|tag| tag.starts_with("ssh-")) {
        NotAge::Ssh
    } else if any(|tag| tag.starts_with("mlkem")) {
        NotAge::PostQuantum
    } else {
        NotAge::Unknown
    })
}

/// Whether some identity could open an X25519 stanza (<https://c2sp.org/age#x25519-recipient-stanza>).
fn opens(stanza: &Stanza) -> bool {
    let [share] = stanza.args.as_slice() else {
        return false;
    };
    let share = BASE64_NOPAD
        .decode(share.as_bytes())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    // A share of low order gives zero with every secret, so that any secret tells.
    let agrees = |share| {
        StaticSecret::from([1; 32])
            .diffie_hellman(&PublicKey::from(share))
            .was_contributory()
    };
    stanza.body.len() == 32 && share.is_some_and(agrees)
}
