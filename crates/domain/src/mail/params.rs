//! What a mail is filled with.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, Template};
use crate::Invalid;
use crate::invalid::length;
use crate::series::Series;

/// A web address that a mail can lead to: `http` or `https`, at most 2,000 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

impl Link {
    /// Reads a link.
    ///
    /// # Errors
    /// `too_short`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        length(text, 1, 2_000)?;
        let invalid = || Invalid::new("invalid", "must be an http or https address");
        // What the parser would drop or mend can mean something else to a mail client.
        let is_plain = text.chars().all(|c| c.is_ascii_graphic());
        let url = url::Url::parse(text).map_err(|_| invalid())?;
        if is_plain && matches!(url.scheme(), "http" | "https") && url.has_host() {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid())
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Link {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

/// Parameters that a template takes. They may hold links that open an account: their values are never printed.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Checks `values` against what `template` declares. An empty value counts as absent.
    ///
    /// # Errors
    /// Every parameter that is missing, surplus or not what it should be, by its name.
    pub fn check(
        template: Template,
        mut values: BTreeMap<String, String>,
    ) -> Result<Self, Vec<(String, Invalid)>> {
        let mut refused = Vec::new();
        values.retain(|_, value| !value.is_empty());
        for parameter in template.parameters() {
            match values.get(parameter.name) {
                None if parameter.required => {
                    refused.push((
                        parameter.name.to_owned(),
                        Invalid::new("required", "is required"),
                    ));
                }
                None => {}
                Some(value) => {
                    if let Err(error) = parameter.kind.check(value) {
                        refused.push((parameter.name.to_owned(), error));
                    }
                }
            }
        }
        let declared = |name: &String| template.parameters().iter().any(|p| p.name == *name);
        for name in values.keys().filter(|name| !declared(name)) {
            let names: Vec<_> = template.parameters().iter().map(|p| p.name).collect();
            let message = format!(
                "is not a parameter of this template, which has {}",
                names.join(", ")
            );
            refused.push((name.clone(), Invalid::new("unknown", message)));
        }
        if refused.is_empty() {
            Ok(Self(values))
        } else {
            Err(refused)
        }
    }

    /// One value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    #[must_use]
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Params").field(&self.0.keys()).finish()
    }
}

impl Kind {
    /// Judges a value, which must not be empty.
    ///
    /// # Errors
    /// `too_short`, `too_long` or `invalid`.
    pub fn check(self, value: &str) -> Result<(), Invalid> {
        match self {
            Self::Line => {
                length(value, 1, 200)?;
                if value.chars().any(char::is_control) {
                    return Err(Invalid::new(
                        "invalid",
                        "must be one line, without control characters",
                    ));
                }
                if value.chars().any(overrides_direction) {
                    return Err(Invalid::new(
                        "invalid",
                        "must not change the direction of writing",
                    ));
                }
                Ok(())
            }
            Self::Text => {
                length(value, 1, 10_000)?;
                if value
                    .chars()
                    .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
                {
                    return Err(Invalid::new(
                        "invalid",
                        "must have no control characters but \\n and \\t",
                    ));
                }
                Ok(())
            }
            Self::Link => Link::parse(value).map(drop),
            Self::Series => Series::parse(value).map(drop),
            Self::Number => {
                let is_number =
                    (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
                if is_number {
                    Ok(())
                } else {
                    Err(Invalid::new(
                        "invalid",
                        "must be a whole number from 0 to 999999999",
                    ))
                }
            }
        }
    }
}

/// Whether a character makes what follows read in another order than it is written (Unicode Standard Annex 9, §2), as
/// in `invoice<U+202E>fdp.exe`. Marks without an extent, which right-to-left languages need, are no such.
#[must_use]
pub fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(template: Template, pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let refused = Params::check(template, pairs.collect())
            .err()
            .unwrap_or_default();
        refused
            .into_iter()
            .map(|(name, error)| format!("{name} {}", error.code))
            .collect()
    }

    #[test]
    fn what_is_missing_or_surplus_is_told_at_once() {
        let pairs = [
            ("name", ""),
            ("title", ""),
            ("Body", "x"),
            ("link", "javascript:alert(1)"),
        ];
        assert_eq!(
            refused(Template::Notification, &pairs),
            [
                "title required",
                "body required",
                "link invalid",
                "Body unknown"
            ]
        );
    }

    #[test]
    fn a_line_can_stand_in_a_subject() {
        for title in [
            "a\r\nBcc: x@y.de",
            "a\nb",
            "a\u{202E}b",
            "a\u{2067}b",
            "a\0",
            &"a".repeat(201),
        ] {
            let pairs = [("title", title), ("body", "x")];
            assert_eq!(
                refused(Template::Notification, &pairs).len(),
                1,
                "{title:?}"
            );
        }
        let fine = [
            ("title", "<b>מזל טוב</b> & \u{200F}\"x\""),
            ("body", "a\n\tb \u{202E}c"),
        ];
        assert!(refused(Template::Notification, &fine).is_empty());
    }

    #[test]
    fn links_and_numbers_are_what_they_are_called() {
        for (link, minutes) in [
            ("javascript:alert(1)", "30"),
            ("https://", "30"),
            ("//a.example", "30"),
            ("ht\ntps://a.example", "30"),
            ("https://a.example/ä b", "30"),
            ("https://a.example", "-1"),
            ("https://a.example", "1e3"),
            ("https://a.example", "1234567890"),
        ] {
            let pairs = [("link", link), ("expires_minutes", minutes)];
            assert_eq!(
                refused(Template::PasswordReset, &pairs).len(),
                1,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn values_are_not_printed() {
        let values = [(
            "link".to_owned(),
            "https://a.example/?token=s3cret".to_owned(),
        )]
        .into();
        let params = Params::check(Template::Welcome, values).unwrap();
        assert!(!format!("{params:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn any_values_are_taken_or_refused_by_name(values in prop::collection::btree_map("[a-z_]{1,12}", ".{0,300}", 0..6)) {
            for template in Template::ALL {
                match Params::check(template, values.clone()) {
                    Ok(params) => prop_assert!(params.values().keys().all(|name| template.parameters().iter().any(|p| p.name == name))),
                    Err(refused) => prop_assert!(!refused.is_empty()),
                }
            }
        }
    }
}
