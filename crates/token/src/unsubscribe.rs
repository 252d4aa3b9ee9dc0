//! Tokens of links by which a recipient stops mail of a kind.
//!
//! They last as long as the key that made them, which is at least [`crate::key_set::OVERLAP`].

use domain::mail::Template;
use domain::{Email, TenantId, Timestamp};

use crate::{Error, KeySet, cursor};

/// What tells these tokens from cursors of lists: no list has this name.
const LABEL: &str = "unsubscribe";

/// Who stops which mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscription {
    /// Whose mail.
    pub tenant: TenantId,
    /// The recipient.
    pub email: Email,
    /// Which mail.
    pub template: Template,
}

impl Unsubscription {
    /// The token for a link.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`].
    pub fn seal(&self, keys: &KeySet, now: Timestamp) -> Result<String, Error> {
        let Self {
            tenant,
            email,
            template,
        } = self;
        let text = format!("{tenant}\n{email}\n{}", template.as_str());
        cursor::seal(keys, LABEL, &text, now)
    }

    /// What a token says that [`Unsubscription::seal`] made.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn open(keys: &KeySet, token: &str, now: Timestamp) -> Result<Self, Error> {
        let text = cursor::open(keys, LABEL, token, now)?;
        let mut lines = text.splitn(3, '\n');
        let mut line = || lines.next().ok_or(Error::Invalid);
        let tenant = TenantId::parse(line()?).map_err(|_| Error::Invalid)?;
        let email = Email::parse(line()?).map_err(|_| Error::Invalid)?;
        let template = Template::parse(line()?).map_err(|_| Error::Invalid)?;
        Ok(Self {
            tenant,
            email,
            template,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::{at, keys};

    proptest! {
        #[test]
        fn a_token_says_who_stops_what(local in "[a-z0-9.+]{1,30}", site in "[a-z0-9_-][a-z0-9_.-]{0,19}", index in 0usize..11) {
            let email = Email::parse(&format!("{local}@a.example"));
            prop_assume!(email.is_ok());
            let said = Unsubscription {
                tenant: TenantId::new("acme", &site).unwrap(),
                email: email.unwrap(),
                template: Template::ALL[index],
            };
            let keys = keys();
            let token = said.seal(&keys, at(0)).unwrap();
            prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(Unsubscription::open(&keys, &token, at(0)).unwrap(), said);
        }

        #[test]
        fn any_text_is_refused(text in "\\PC{0,200}") {
            prop_assert!(Unsubscription::open(&keys(), &text, at(0)).is_err());
        }
    }

    #[test]
    fn a_cursor_is_no_token() {
        let keys = keys();
        let cursor = cursor::seal(&keys, "sessions", "a#b\nc@d.example\nnotification", at(0));
        assert!(Unsubscription::open(&keys, &cursor.unwrap(), at(0)).is_err());
    }
}
