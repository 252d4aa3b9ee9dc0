//! A tenant's own template.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::length;

/// How long the MJML and the plain text may be, in bytes.
const LONGEST_PART: usize = 32 * 1024;
/// How long the subject and the preheader may be, in characters.
const LONGEST_LINE: usize = 200;

/// What a tenant has in place of one of the platform's templates: four parts with placeholders in them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateSource {
    /// The subject: one line.
    pub subject: String,
    /// What a list of mails shows after the subject: one line, which may be empty.
    pub preheader: String,
    /// The HTML part, in MJML.
    pub mjml: String,
    /// The plain-text part.
    pub text: String,
}

impl TemplateSource {
    /// Checks the bounds of a part named `field`, one of the four.
    ///
    /// # Errors
    /// `too_short`, `too_long`, or `invalid` for a line break where there must be one line.
    pub fn check_part(field: &str, part: &str) -> Result<(), Invalid> {
        match field {
            "subject" | "preheader" => {
                length(part, usize::from(field == "subject"), LONGEST_LINE)?;
                if part.chars().any(char::is_control) {
                    return Err(Invalid::new(
                        "invalid",
                        "must be one line, without control characters",
                    ));
                }
                Ok(())
            }
            _ if part.is_empty() => length(part, 1, LONGEST_PART),
            _ if part.len() > LONGEST_PART => Err(Invalid::new(
                "too_long",
                format!("must have at most {LONGEST_PART} bytes"),
            )),
            _ if part
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) =>
            {
                Err(Invalid::new(
                    "invalid",
                    "must have no control characters but line breaks and tabs",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The four parts, by their names.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &str); 4] {
        [
            ("subject", &self.subject),
            ("preheader", &self.preheader),
            ("mjml", &self.mjml),
            ("text", &self.text),
        ]
    }
}

impl fmt::Debug for TemplateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.parts().map(|(name, part)| (name, part.len()));
        f.debug_tuple("TemplateSource").field(&lengths).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bounded() {
        for (field, part, code) in [
            ("subject", "", "too_short"),
            ("subject", "a\nb", "invalid"),
            ("subject", &*"a".repeat(201), "too_long"),
            ("preheader", "a\rb", "invalid"),
            ("mjml", "", "too_short"),
            ("mjml", &"a".repeat(32 * 1024 + 1), "too_long"),
            ("text", "a\0b", "invalid"),
        ] {
            let error = TemplateSource::check_part(field, part).unwrap_err();
            assert_eq!(error.code, code, "{field}");
        }
        for (field, part) in [("preheader", ""), ("text", "a\r\n\tb")] {
            assert_eq!(TemplateSource::check_part(field, part), Ok(()), "{field}");
        }
    }
}
