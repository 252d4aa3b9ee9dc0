//! The platform's own templates.

use domain::mail::{Template, TemplateSource};

const LAYOUT_MJML: &str = include_str!("../templates/layout.mjml");
const LAYOUT_TEXT: &str = include_str!("../templates/layout.txt");
/// Where the layout takes in what each template says.
const BODY: &str = "@body@";

/// The parts of one template: subject, preheader, and the two bodies for the layout.
struct Parts {
    subject: &'static str,
    preheader: &'static str,
    mjml: &'static str,
    text: &'static str,
}

macro_rules! parts {
    ($name:literal, $subject:literal, $preheader:literal) => {
        Parts {
            subject: $subject,
            preheader: $preheader,
            mjml: include_str!(concat!("../templates/", $name, ".mjml")),
            text: include_str!(concat!("../templates/", $name, ".txt")),
        }
    };
}

fn parts(template: Template) -> Parts {
    match template {
        Template::Welcome => parts!(
            "welcome",
            "Welcome",
            "Please confirm your address at {{ site_name }}."
        ),
        Template::VerifyEmail => parts!(
            "verify-email",
            "Confirm your address",
            "Please confirm your address at {{ site_name }}."
        ),
        Template::PasswordReset => parts!(
            "password-reset",
            "Reset your password",
            "Choose a new password within {{ expires_minutes }} minutes."
        ),
        Template::PasswordChanged => parts!(
            "password-changed",
            "Your password was changed",
            "If that was not you, reset it now."
        ),
        Template::SessionEnded => parts!(
            "session-ended",
            "You were logged out for your safety",
            "A key of your session was used twice, so the session has ended."
        ),
        Template::NewSignIn => parts!(
            "new-sign-in",
            "New sign-in to your account",
            "{{ device }}, {{ time }}. If that was not you, change your password."
        ),
        Template::MfaChanged => parts!(
            "mfa-changed",
            "Your second factor was changed",
            "{{ change }}"
        ),
        Template::AccountDeleted => parts!(
            "account-deleted",
            "Your account is deleted",
            "Your account at {{ site_name }} and everything in it is deleted."
        ),
        Template::Notification => parts!("notification", "{{ title }}", "{{ body }}"),
        Template::ScrapeReport => {
            parts!(
                "scrape-report",
                "{{ scrape }}: {% if headline %}{{ headline }}{% else %}report{% endif %}",
                "{{ summary }}"
            )
        }
        Template::SitePublished => {
            parts!(
                "site-published",
                "{% if trouble %}Not published{% else %}Published{% endif %}: {{ site }}",
                "{% if trouble %}{{ trouble }}{% else %}{{ summary }}{% endif %}"
            )
        }
    }
}

/// A template of the platform, as a tenant would write its own: whole, without anything to include.
#[must_use]
pub fn builtin(template: Template) -> TemplateSource {
    let parts = parts(template);
    TemplateSource {
        subject: parts.subject.to_owned(),
        preheader: parts.preheader.to_owned(),
        mjml: LAYOUT_MJML.replace(BODY, parts.mjml.trim_end()),
        text: LAYOUT_TEXT.replace(BODY, parts.text.trim_end()),
    }
}
