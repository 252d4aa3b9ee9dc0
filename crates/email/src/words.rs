//! The words of each mail.

use std::collections::BTreeMap;
use std::fmt;

use domain::mail::Template;

/// A mail in plain text. It may hold a link that opens an account, so nothing of it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line, without control characters.
    pub subject: String,
    /// Lines that end with `\n`.
    pub text: String,
}

/// A parameter without which the mail would say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail has no parameter {0}")]
pub struct MissingParam(pub &'static str);

/// The mail that a template and its parameters give; `None` for none.
///
/// # Errors
/// A parameter that the template needs is missing or empty.
pub fn compose(
    template: Option<Template>,
    params: &BTreeMap<String, String>,
) -> Result<Option<Mail>, MissingParam> {
    let param = |name: &'static str| {
        let value = params.get(name).map(String::as_str);
        value
            .filter(|value| !value.is_empty())
            .ok_or(MissingParam(name))
    };
    let Some(template) = template else {
        return Ok(None);
    };
    let (subject, body) = match template {
        Template::Welcome => (
            "Welcome",
            format!("Welcome! Please confirm your address:\n{}", param("link")?),
        ),
        Template::VerifyEmail => (
            "Confirm your address",
            format!("Please confirm your address:\n{}", param("link")?),
        ),
        Template::PasswordReset => (
            "Reset your password",
            format!(
                "You can choose a new password within {} minutes:\n{}\nIf you did not ask for this, there is nothing to do.",
                param("expires_minutes")?,
                param("link")?
            ),
        ),
        Template::PasswordChanged => (
            "Your password was changed",
            "Your password was changed and every session has ended. If that was not you, reset it now.".to_owned(),
        ),
        Template::AccountDeleted => (
            "Your account is deleted",
            "Your account and everything in it is deleted. Farewell.".to_owned(),
        ),
        Template::Notification => (param("title")?, param("body")?.to_owned()),
        other => (other.as_str(), param("summary")?.to_owned()),
    };
    Ok(Some(Mail {
        // A line break would begin a header of somebody else's choosing.
        subject: subject.replace(char::is_control, " "),
        text: match param("name") {
            Ok(name) => format!("Hello {name},\n{body}"),
            Err(_) => body,
        },
    }))
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_mail_greets_by_name_and_has_its_link() {
        let params = params(&[
            ("name", "Ada"),
            ("link", "https://a.example/reset?token=x"),
            ("expires_minutes", "30"),
        ]);
        let mail = compose(Some(Template::PasswordReset), &params)
            .unwrap()
            .unwrap();
        assert_eq!(mail.subject, "Reset your password");
        assert_eq!(
            mail.text,
            "Hello Ada,\nYou can choose a new password within 30 minutes:\nhttps://a.example/reset?token=x\n\
             If you did not ask for this, there is nothing to do."
        );
        assert!(!format!("{mail:?}").contains("token"));
    }

    #[test]
    fn a_mail_without_what_it_is_for_is_refused() {
        for template in [
            Template::Welcome,
            Template::VerifyEmail,
            Template::PasswordReset,
            Template::Notification,
        ] {
            assert!(
                compose(Some(template), &params(&[("name", "Ada"), ("link", "")])).is_err(),
                "{template:?}"
            );
        }
    }

    #[test]
    fn a_decoy_is_no_mail() {
        assert_eq!(compose(None, &params(&[])), Ok(None));
    }

    #[test]
    fn a_subject_is_one_line() {
        let params = params(&[("title", "Hi\r\nBcc: all@a.example"), ("body", "x")]);
        let mail = compose(Some(Template::Notification), &params)
            .unwrap()
            .unwrap();
        assert_eq!(mail.subject, "Hi  Bcc: all@a.example");
    }
}
