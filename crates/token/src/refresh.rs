//! Refresh tokens: opaque text that names a session and the rotation it stands at, with a MAC over both.
//!
//! Nothing of it is stored. The next token of a session is a function of the session's counter, so that a client which
//! repeats a rotation gets the same successor. An older counter with a right MAC was ours once, and so is theft; a wrong
//! MAC is only a wrong token.

use data_encoding::BASE64URL_NOPAD;
use domain::{Timestamp, UserId};
use uuid::Uuid;

use crate::key_set::Key;
use crate::{Error, KeySet, mac_matches};

const PREFIX: &str = "cv_rt_";
const LABEL: &str = "refresh token 1";
const MAC_LENGTH: usize = 32;
/// Session, counter, key tag.
const FIXED_LENGTH: usize = 16 + 8 + 8;

/// What a refresh token says. The user is in it so that session and user can be asked for together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session.
    pub session_id: Uuid,
    /// Whose session it is.
    pub user_id: UserId,
    /// The session's count of rotations when the token was given out.
    pub counter: u64,
}

impl RefreshToken {
    /// The token's text.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`].
    pub fn sign(&self, keys: &KeySet, now: Timestamp) -> Result<String, Error> {
        let key = keys.signing(now)?;
        let mut payload = Vec::with_capacity(128);
        payload.extend_from_slice(self.session_id.as_bytes());
        payload.extend_from_slice(&self.counter.to_be_bytes());
        payload.extend_from_slice(&key.tag);
        payload.extend_from_slice(self.user_id.to_string().as_bytes());
        payload.extend_from_slice(key.mac(LABEL, &[&payload]).as_ref());
        Ok(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&payload)))
    }

    /// Reads a token that this platform gave out.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(keys: &KeySet, text: &str, now: Timestamp) -> Result<Self, Error> {
        Self::read(keys, text, now).ok_or(Error::Invalid)
    }

    fn read(keys: &KeySet, text: &str, now: Timestamp) -> Option<Self> {
        let text = text
            .strip_prefix(PREFIX)
            .filter(|text| text.len() <= 1024)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (payload, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LENGTH)?)?;
        let (fixed, user_id) = payload.split_at_checked(FIXED_LENGTH)?;
        let key: &Key = keys.tagged(&fixed[24..], now)?;
        if !mac_matches(&key.mac(LABEL, &[payload]), mac) {
            return None;
        }
        Some(Self {
            session_id: Uuid::from_slice(&fixed[..16]).ok()?,
            counter: u64::from_be_bytes(fixed[16..24].try_into().ok()?),
            user_id: UserId::parse(std::str::from_utf8(user_id).ok()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::{at, keys, random};

    fn token(counter: u64) -> RefreshToken {
        let user_id = UserId::parse("acme#shop#user@example.com").unwrap();
        RefreshToken {
            session_id: random().uuid(at(0)),
            user_id,
            counter,
        }
    }

    #[test]
    fn a_repeated_rotation_gives_the_same_successor() {
        let (keys, token) = (keys(), token(7));
        let text = token.sign(&keys, at(0)).unwrap();
        assert_eq!(text, token.sign(&keys, at(5)).unwrap());
        assert_eq!(RefreshToken::verify(&keys, &text, at(5)).unwrap(), token);
    }

    #[test]
    fn a_token_outlives_the_rotation_of_its_key() {
        let (keys, token) = (keys(), token(0));
        let text = token.sign(&keys, at(0)).unwrap();
        let keys = keys.rotated(&random(), at(0)).unwrap();
        assert!(RefreshToken::verify(&keys, &text, at(30 * 86_400)).is_ok());
        assert_ne!(token.sign(&keys, at(3600)).unwrap(), text);
    }

    proptest! {
        #[test]
        fn a_token_that_was_altered_anywhere_is_refused(position in 0usize..200, replacement in "[A-Za-z0-9_-]") {
            let keys = keys();
            let text = token(1).sign(&keys, at(0)).unwrap();
            let position = position % text.len();
            let mut altered = text.clone();
            altered.replace_range(position..=position, &replacement);
            prop_assert_eq!(RefreshToken::verify(&keys, &altered, at(0)).is_ok(), altered == text);
        }

        #[test]
        fn any_text_is_refused(text in "(cv_rt_)?\\PC{0,200}") {
            prop_assert!(RefreshToken::verify(&keys(), &text, at(0)).is_err());
        }
    }
}
