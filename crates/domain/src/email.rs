//! E-mail addresses.

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::Invalid;

/// A normalised e-mail address: trimmed, NFKC, lower-cased, its domain in ASCII (IDNA); dots and plus parts kept.
///
/// Two spellings of one mailbox are one `Email`, so that it can be part of a key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The most that a path in SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_LENGTH: usize = 254;

impl Email {
    /// Normalises and checks an address.
    ///
    /// The local part must be ASCII without quotes: SES sends to no other
    /// (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html>).
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new("required", "must not be empty"));
        }
        if text.len() > 4 * MAX_LENGTH {
            return Err(too_long());
        }
        let text: String = text.nfkc().collect::<String>().to_lowercase();
        let (local, domain) = text.trim().rsplit_once('@').ok_or_else(invalid)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| invalid())?;
        // No top-level domain is a number: what ends in one is an address of a machine (RFC 1123 §2.1).
        let last = domain.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let address = format!("{local}@{domain}");
        if address.len() > MAX_LENGTH {
            return Err(too_long());
        }
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        let syntax = EmailAddress::parse_with_options(&address, options).map_err(|_| invalid())?;
        if !syntax.local_part().is_ascii() || syntax.local_part().contains(['"', '\\']) {
            return Err(invalid());
        }
        Ok(Self(address))
    }

    /// The address as it is stored and mailed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn invalid() -> Invalid {
    Invalid::new(
        "invalid",
        "must be an e-mail address, like name@example.com",
    )
}

fn too_long() -> Invalid {
    Invalid::new(
        "too_long",
        format!("must have at most {MAX_LENGTH} characters"),
    )
}

impl TryFrom<String> for Email {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(Email::parse(input).unwrap().as_str(), expected);
    }

    #[test]
    fn spellings_of_one_mailbox_are_one_address() {
        check("user@example.com", "user@example.com");
        check("  User@Example.COM\n", "user@example.com");
        check("ｕｓｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ", "user@example.com");
        check("a.b+tag@bücher.example", "a.b+tag@xn--bcher-kva.example");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for input in [
            "",
            " ",
            "@",
            "a@",
            "@b.de",
            "a",
            "a@b",
            "a b@c.de",
            "a@b..de",
            "a@.de",
            "a@b.de,c@d.de",
            "a@[127.0.0.1]",
            "\"a b\"@c.de",
            "a\r\nbcc:x@y.de",
            "a@b.de\r\nx",
            "jösé@example.com",
            "a@b_c.de",
            "<a@b.de>",
            "Name <a@b.de>",
            "a@-b.de",
            "a@1.2.3.4",
            "a@123.45",
            "a\0@b.de",
        ] {
            assert!(Email::parse(input).is_err(), "{input:?} was taken");
        }
        assert_eq!(
            Email::parse(&format!("{}@b.de", "a".repeat(300)))
                .unwrap_err()
                .code,
            "too_long"
        );
        assert!(Email::parse(&format!("{}@b.de", "a".repeat(65))).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_normalised_once_for_all(input in "\\PC{0,40}@?\\PC{0,40}") {
            if let Ok(email) = Email::parse(&input) {
                prop_assert_eq!(&Email::parse(email.as_str()).unwrap(), &email);
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(!email.as_str().contains(|c: char| c.is_ascii_control() || c == ' '));
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
            }
        }

        #[test]
        fn every_plain_address_is_taken(local in "[a-z0-9]{1,20}([.+_-][a-z0-9]{1,10}){0,2}", domain in "[a-z]{1,20}\\.(com|de|example)") {
            let text = format!("{local}@{domain}");
            let email = Email::parse(&text.to_uppercase()).unwrap();
            prop_assert_eq!(email.as_str(), text);
        }
    }
}
