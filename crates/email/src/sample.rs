//! A tenant and parameters to try a template with: for checks, previews and the benchmark.

use std::collections::BTreeMap;

use domain::mail::{Kind, Params, Template};
use domain::series::MAX_DAYS;
use domain::tenant::BaseUrl;
use domain::{Invalid, Tenant, TenantId, Timestamp};

/// A tenant that shaped nothing of its mails.
///
/// # Errors
/// Never: what it is made of is written here.
pub fn tenant() -> Result<Tenant, Invalid> {
    let id = TenantId::new("example", "site")?;
    let link_base = BaseUrl::parse("https://example.com")?;
    Ok(Tenant::new(
        id,
        "Example".to_owned(),
        link_base,
        Timestamp::UNIX_EPOCH,
    ))
}

/// What `template` could be filled with: everything it declares, or what is `required` of it alone.
#[must_use]
pub fn params(template: Template, required_only: bool) -> Params {
    filled(template, required_only, |name, kind| {
        let value = match (name, kind) {
            ("name", _) => "Ada Lovelace",
            ("expires_minutes", _) => "30",
            ("time", _) => "5 May 2026, 14:03 UTC",
            ("ip", _) => "203.0.113.7",
            ("device", _) => "Firefox on Linux",
            ("change", _) => "an authenticator app was added.",
            ("title", _) => "Your order is on its way",
            ("link_text", _) => "Follow the parcel",
            ("scrape", _) => "Prices",
            ("headline", _) => "12.90 (was 14.90)",
            ("site", _) => "docs.example.com",
            ("commit", _) => "4be1f2a",
            ("changes", _) => "+ 12.90 (was 14.90)\n- sold out: blue",
            ("trouble", _) => "the branch main is protected.",
            ("problems", _) => "about.md: the link to team.md leads nowhere",
            ("chart_title", _) => "Price in EUR",
            (_, Kind::Link) => "https://example.com/account/open?token=EXAMPLE",
            (_, Kind::Number) => "7",
            (_, Kind::Series) => {
                "2026-05-01 14.9 14.9 14.9 4\n2026-05-02 13.5 14.9 14.2 4\n2026-05-03 13.5 13.5 13.5 4\n2026-05-05 12.9 13.5 13.2 2"
            }
            (_, Kind::Line) => "A line",
            (_, Kind::Text) => {
                "Everything went as it should.\n\nThere are 3 things to look at when you have the time, and none of them is urgent."
            }
        };
        value.to_owned()
    })
}

/// As much as `template` can be filled with, made of what grows most when it is escaped.
pub(crate) fn largest(template: Template) -> Params {
    filled(template, false, |_, kind| match kind {
        Kind::Line => "\"".repeat(200),
        Kind::Text => "\"\n".repeat(5_000),
        Kind::Link => format!("https://example.com/?{}", "&".repeat(1_979)),
        Kind::Number => "999999999".to_owned(),
        Kind::Series => longest_series(),
    })
}

/// As many days as there can be, of numbers as long as they can be.
fn longest_series() -> String {
    let day = |n: usize| {
        let (year, month) = (2000 + n / 12, 1 + n % 12);
        let least = f64::MIN_POSITIVE;
        format!("{year}-{month:02}-01 -{least:e} {least:e} -{least:e} 4294967295")
    };
    (0..MAX_DAYS).map(day).collect::<Vec<_>>().join("\n")
}

fn filled(template: Template, required_only: bool, value: impl Fn(&str, Kind) -> String) -> Params {
    let parameters = template.parameters().iter();
    let wanted = parameters.filter(|p| p.required || !required_only);
    let values: BTreeMap<_, _> = wanted
        .map(|p| (p.name.to_owned(), value(p.name, p.kind)))
        .collect();
    Params::check(template, values).unwrap_or_else(|refused| {
        unreachable!("{} can't be filled: {refused:?}", template.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_filled() {
        for template in Template::ALL {
            assert!(
                params(template, true).values().len() <= params(template, false).values().len()
            );
            assert_eq!(
                largest(template).values().len(),
                template.parameters().len()
            );
        }
    }
}
