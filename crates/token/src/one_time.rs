//! Tokens that work once: links in mails and invitations.

use data_encoding::BASE64URL_NOPAD;
use domain::one_time::Kind;
use domain::{Random, UserId};
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, hash};

/// Random bytes in a token.
const SECRET_LENGTH: usize = 32;

/// A one-time token: 256 random bits, and whose it is, so that the token and the account can be asked for together.
pub struct OneTimeToken {
    text: SecretString,
    kind: Kind,
    user_id: UserId,
}

impl OneTimeToken {
    /// A fresh token.
    #[must_use]
    pub fn generate(kind: Kind, user_id: &UserId, random: &Random) -> Self {
        let mut bytes = vec![tag(kind)];
        bytes.extend_from_slice(&random.bytes::<SECRET_LENGTH>());
        bytes.extend_from_slice(user_id.to_string().as_bytes());
        Self {
            text: BASE64URL_NOPAD.encode(&bytes).into(),
            kind,
            user_id: user_id.clone(),
        }
    }

    /// Reads the text of a token of `kind`. Whether it is one that was given out, only the database knows.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn parse(kind: Kind, text: &str) -> Result<Self, Error> {
        let read = || {
            let bytes = BASE64URL_NOPAD
                .decode(text.as_bytes())
                .ok()
                .filter(|_| text.len() <= 1024)?;
            let user_id = bytes.get(1 + SECRET_LENGTH..)?;
            let user_id = UserId::parse(std::str::from_utf8(user_id).ok()?).ok()?;
            (bytes.first() == Some(&tag(kind))).then_some(user_id)
        };
        let user_id = read().ok_or(Error::Invalid)?;
        Ok(Self {
            text: text.to_owned().into(),
            kind,
            user_id,
        })
    }

    /// What is stored in place of the text.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(self.text.expose_secret())
    }

    /// What it is good for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose it is.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The text, for the link or the answer that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

fn tag(kind: Kind) -> u8 {
    match kind {
        Kind::Reset => 1,
        Kind::Verify => 2,
        Kind::Invite => 3,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::random;

    fn user() -> UserId {
        UserId::parse("acme#shop#user@example.com").unwrap()
    }

    #[test]
    fn a_token_is_read_back_as_its_own_kind_only() {
        let token = OneTimeToken::generate(Kind::Reset, &user(), &random());
        let again = OneTimeToken::parse(Kind::Reset, token.expose()).unwrap();
        assert_eq!((again.hash(), again.user_id()), (token.hash(), &user()));
        assert!(OneTimeToken::parse(Kind::Verify, token.expose()).is_err());
    }

    #[test]
    fn two_tokens_differ() {
        let make = || OneTimeToken::generate(Kind::Reset, &user(), &random()).hash();
        assert_ne!(make(), make());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_has_another_hash(text in "\\PC{0,200}") {
            let token = OneTimeToken::generate(Kind::Invite, &user(), &random());
            if let Ok(other) = OneTimeToken::parse(Kind::Invite, &text) {
                prop_assert_ne!(other.hash(), token.hash());
            }
        }
    }
}
