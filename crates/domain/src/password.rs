//! Passwords and their hashes.

use std::fmt;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::invalid::length;
use crate::{Invalid, Random};

/// Argon2id with m = 19 MiB, t = 2, p = 1 (OWASP Password Storage Cheat Sheet, second choice).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hash of a random password that nobody knows, made with the parameters above: it is verified where there is no
/// account, so that an unknown account costs what a known one does.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$dW5rbm93biBhY2NvdW50IQ$q0Y7ZDpG5KYiNcZ9GAkuKZcTxQbBLVJpzNKqxbE0pSs";

/// The score under which zxcvbn's estimate is refused ("very guessable", under 10^8 guesses).
const MIN_SCORE: zxcvbn::Score = zxcvbn::Score::Two;

/// A password that somebody typed in order to prove who they are: any text, in NFKC.
///
/// No rule is checked: whatever is not the right one is wrong.
pub struct Password(SecretString);

impl Password {
    /// Takes the text as typed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.nfkc().collect::<String>().into())
    }

    /// Compares with the stored hash, or with a hash that nothing matches where there is none; both cost the same.
    #[must_use]
    pub fn verify(&self, stored: Option<&PasswordHash>) -> bool {
        let text = stored.map_or(DUMMY_HASH, |hash| hash.0.as_str());
        let matches = argon2().is_some_and(|argon2| {
            argon2
                .verify_password(self.0.expose_secret().as_bytes(), text)
                .is_ok()
        });
        matches && stored.is_some()
    }

    /// The text in NFKC, as it is hashed: for whatever derives a key from it.
    #[must_use]
    pub fn expose(&self) -> &SecretString {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password that may be set: 8 to 256 characters in NFKC. Whether it can be guessed is asked of
/// [`NewPassword::check_strength`], which needs to know whose it is.
pub struct NewPassword(Password);

impl NewPassword {
    /// Checks the length; no composition rules (NIST SP 800-63B-4 §3.1.1.2).
    ///
    /// # Errors
    /// `too_short` or `too_long`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let password = Password::new(text);
        length(password.0.expose_secret(), 8, 256)?;
        Ok(Self(password))
    }

    /// Refuses what an attacker would try early, given what is known about its owner.
    ///
    /// # Errors
    /// `too_weak`.
    pub fn check_strength(&self, known: &[&str]) -> Result<(), Invalid> {
        let estimate = zxcvbn::zxcvbn(self.0.0.expose_secret(), known);
        if estimate.score() >= MIN_SCORE {
            return Ok(());
        }
        let hint = estimate
            .feedback()
            .and_then(zxcvbn::feedback::Feedback::warning)
            .map(|w| format!(": {w}"))
            .unwrap_or_default();
        Err(Invalid::new(
            "too_weak",
            format!("is too easy to guess{hint}"),
        ))
    }

    /// The same password, to be compared with a stored hash.
    #[must_use]
    pub fn as_password(&self) -> &Password {
        &self.0
    }

    /// The hash to store, with a fresh salt of 16 bytes.
    ///
    /// # Errors
    /// `invalid`, only if the fixed parameters were wrong.
    pub fn hash(&self, random: &Random) -> Result<PasswordHash, Invalid> {
        hash(&self.0, random)
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// A stored hash: a PHC string that carries its own parameters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash of `password` under today's parameters, when this one was made under others.
    #[must_use]
    pub fn renewed(&self, password: &Password, random: &Random) -> Option<PasswordHash> {
        let current = phc::PasswordHash::new(&self.0)
            .ok()
            .and_then(|parsed| Params::try_from(&parsed).ok())
            .is_some_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (MEMORY_KIB, PASSES, LANES));
        if current {
            None
        } else {
            hash(password, random).ok()
        }
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

fn hash(password: &Password, random: &Random) -> Result<PasswordHash, Invalid> {
    let unusable = || Invalid::new("invalid", "can't be hashed");
    let salt: [u8; 16] = random.bytes();
    let hash = argon2()
        .ok_or_else(unusable)?
        .hash_password_with_salt(password.0.expose_secret().as_bytes(), &salt)
        .map_err(|_| unusable())?;
    Ok(PasswordHash(hash.to_string()))
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn random() -> Random {
        Random::new(|bytes| bytes.fill(7))
    }

    #[test]
    fn the_right_password_is_right_in_any_spelling_and_no_other_is() {
        let hash = NewPassword::parse("S3cur3Pass!ﬁ")
            .unwrap()
            .hash(&random())
            .unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(Password::new("S3cur3Pass!fi").verify(Some(&hash)));
        assert!(!Password::new("S3cur3Pass!f").verify(Some(&hash)));
        assert!(!Password::new("").verify(Some(&hash)));
    }

    #[test]
    fn the_dummy_hash_costs_what_a_real_one_does_and_matches_nothing() {
        let dummy = phc::PasswordHash::new(DUMMY_HASH).unwrap();
        let params = Params::try_from(&dummy).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (MEMORY_KIB, PASSES, LANES)
        );
        assert_eq!(dummy.hash.unwrap().as_bytes().len(), 32);
        assert!(!Password::new("unknown account!").verify(None));
    }

    #[test]
    fn a_hash_with_old_parameters_is_renewed() {
        let old = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8192, 1, 1, None).unwrap(),
        )
        .hash_password_with_salt(b"S3cur3Pass!", b"0123456789abcdef")
        .unwrap();
        let old = PasswordHash(old.to_string());
        let password = Password::new("S3cur3Pass!");
        assert!(password.verify(Some(&old)));
        let new = old.renewed(&password, &random()).unwrap();
        assert!(password.verify(Some(&new)));
        assert!(new.renewed(&password, &random()).is_none());
    }

    #[test]
    fn easy_passwords_are_refused_and_the_examples_pass() {
        let known = ["user@example.com", "Example User", "Wanderlust Travel"];
        for good in [
            "S3cur3Pass!",
            "N3wPassw0rd!",
            "correct horse battery staple",
        ] {
            assert_eq!(
                NewPassword::parse(good).unwrap().check_strength(&known),
                Ok(()),
                "{good}"
            );
        }
        for bad in [
            "password",
            "12345678",
            "user@example.com",
            "Example User",
            "aaaaaaaaaaaa",
            "wanderlust travel",
        ] {
            assert_eq!(
                NewPassword::parse(bad)
                    .unwrap()
                    .check_strength(&known)
                    .unwrap_err()
                    .code,
                "too_weak",
                "{bad}"
            );
        }
    }

    #[test]
    fn no_text_comes_out() {
        let shown = format!(
            "{:?} {:?}",
            Password::new("hunter22"),
            NewPassword::parse("hunter22").unwrap()
        );
        assert!(!shown.contains("hunter22"));
    }

    proptest! {
        #[test]
        fn length_is_counted_in_characters_after_nfkc(text in "\\PC{0,300}") {
            let count = text.nfkc().count();
            prop_assert_eq!(NewPassword::parse(&text).is_ok(), (8..=256).contains(&count));
        }
    }
}
