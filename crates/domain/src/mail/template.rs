//! The mails there are.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Which mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Greets a new user, with a link that verifies the address.
    Welcome,
    /// A new link that verifies the address.
    VerifyEmail,
    /// A link that sets a new password.
    PasswordReset,
    /// Says that the password was changed.
    PasswordChanged,
    /// Says that a session was ended because its refresh token was used twice.
    SessionEnded,
    /// Says that somebody signed in from where nobody had before.
    NewSignIn,
    /// Says that the second factor was turned on or off.
    MfaChanged,
    /// Says farewell.
    AccountDeleted,
    /// Anything else that a user must know.
    Notification,
    /// What a scrape has found.
    ScrapeReport,
    /// What became of publishing a site.
    SitePublished,
}

/// What a mail is for, which decides what may stop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Its recipient asked for it and waits: nothing stops it.
    Requested,
    /// Its recipient must learn of it: stopped only where the address is known not to exist.
    Security,
    /// Greets whoever has just registered: stopped by an address that does not exist, and by the daily budget.
    Onboarding,
    /// Everything else: stopped by a bounce, a complaint, an unsubscription, and by the daily budget.
    Notification,
}

impl Class {
    /// Whether a hard bounce stops it.
    #[must_use]
    pub fn stops_at_bounces(self) -> bool {
        self != Self::Requested
    }

    /// Whether its recipient can unsubscribe, and a complaint stops it.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self == Self::Notification
    }

    /// Whether the tenant's daily budget stops it. All are counted.
    #[must_use]
    pub fn stops_at_budget(self) -> bool {
        matches!(self, Self::Onboarding | Self::Notification)
    }
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line of at most 200 characters; it may stand in a subject.
    Line,
    /// Lines of at most 10,000 characters together.
    Text,
    /// An `http` or `https` address of at most 2,000 characters.
    Link,
    /// A whole number from 0 to 999,999,999.
    Number,
    /// Numbers over time, as a [`Series`](crate::series::Series) is written: the mail shows them as a chart. A template has at
    /// most one.
    Series,
}

/// A parameter that a template declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the mail says nothing without it.
    pub required: bool,
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        required: true,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        required: false,
    }
}

/// What the recipient is called.
const NAME: Parameter = optional("name", Kind::Line);

impl Template {
    /// Every template there is.
    pub const ALL: [Self; 11] = [
        Self::Welcome,
        Self::VerifyEmail,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SessionEnded,
        Self::NewSignIn,
        Self::MfaChanged,
        Self::AccountDeleted,
        Self::Notification,
        Self::ScrapeReport,
        Self::SitePublished,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::VerifyEmail => "verify-email",
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::SessionEnded => "session-ended",
            Self::NewSignIn => "new-sign-in",
            Self::MfaChanged => "mfa-changed",
            Self::AccountDeleted => "account-deleted",
            Self::Notification => "notification",
            Self::ScrapeReport => "scrape-report",
            Self::SitePublished => "site-published",
        }
    }

    /// Reads a template's name.
    ///
    /// # Errors
    /// `invalid`, with the names there are.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut all = Self::ALL.into_iter();
        all.find(|template| template.as_str() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::as_str).join(", ");
                Invalid::new("invalid", format!("must be one of {names}"))
            })
    }

    /// What it is for.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::VerifyEmail | Self::PasswordReset => Class::Requested,
            Self::PasswordChanged
            | Self::SessionEnded
            | Self::NewSignIn
            | Self::MfaChanged
            | Self::AccountDeleted => Class::Security,
            Self::Welcome => Class::Onboarding,
            Self::Notification | Self::ScrapeReport | Self::SitePublished => Class::Notification,
        }
    }

    /// What it is filled with; nothing else is taken.
    #[must_use]
    pub const fn parameters(self) -> &'static [Parameter] {
        const LINK: Parameter = required("link", Kind::Link);
        match self {
            Self::Welcome => const { &[NAME, LINK] },
            Self::VerifyEmail => const { &[NAME, LINK, optional("expires_minutes", Kind::Number)] },
            Self::PasswordReset => {
                const { &[NAME, LINK, required("expires_minutes", Kind::Number)] }
            }
            Self::PasswordChanged | Self::SessionEnded | Self::AccountDeleted => const { &[NAME] },
            Self::NewSignIn => {
                const {
                    &[
                        NAME,
                        required("time", Kind::Line),
                        required("ip", Kind::Line),
                        required("device", Kind::Line),
                    ]
                }
            }
            Self::MfaChanged => const { &[NAME, required("change", Kind::Line)] },
            Self::Notification => {
                const {
                    &[
                        NAME,
                        required("title", Kind::Line),
                        required("body", Kind::Text),
                        optional("link", Kind::Link),
                        optional("link_text", Kind::Line),
                    ]
                }
            }
            Self::ScrapeReport => {
                const {
                    &[
                        NAME,
                        required("scrape", Kind::Line),
                        optional("headline", Kind::Line),
                        required("url", Kind::Link),
                        required("summary", Kind::Text),
                        optional("changes", Kind::Text),
                        optional("chart", Kind::Series),
                        optional("chart_title", Kind::Line),
                        optional("link", Kind::Link),
                    ]
                }
            }
            Self::SitePublished => {
                const {
                    &[
                        NAME,
                        required("site", Kind::Line),
                        required("summary", Kind::Text),
                        optional("url", Kind::Link),
                        optional("commit", Kind::Line),
                        optional("trouble", Kind::Line),
                        optional("problems", Kind::Text),
                    ]
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_one_way() {
        for template in Template::ALL {
            let name = serde_json::to_value(template).unwrap();
            assert_eq!(name, template.as_str());
            assert_eq!(Template::parse(template.as_str()), Ok(template));
        }
        assert!(
            Template::parse("Welcome")
                .unwrap_err()
                .message
                .contains("welcome, verify-email")
        );
    }

    #[test]
    fn whoever_asked_for_a_mail_gets_it() {
        for template in Template::ALL {
            let class = template.class();
            let asked_for = matches!(template, Template::VerifyEmail | Template::PasswordReset);
            assert_eq!(class.stops_at_bounces(), !asked_for, "{template:?}");
            assert!(
                !class.is_optional() || class.stops_at_budget(),
                "{template:?}"
            );
        }
    }
}
