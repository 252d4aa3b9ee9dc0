//! What any part of the platform hands to the e-mail worker.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EmailRecord, Kind, Template, overrides_direction};
use crate::{Email, TenantId};

/// Under which the platform's own mails get their ids: any constant will do.
const NAMESPACE: Uuid = Uuid::from_u128(0x5ea1_ab1e_c10d_4d01_9a11_0c10_0d50_0001);

/// One mail to be sent, once, however often the job is delivered.
///
/// Parameters may hold links that open an account: they are never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailJob {
    /// Names the mail: the same id is the same mail.
    pub email_id: Uuid,
    /// The recipient.
    pub to: Email,
    /// Which mail. None at all where an address has no account, so that asking for a link takes the same work whoever is
    /// asked about: the worker drops such a job.
    pub template: Option<Template>,
    /// What the template is filled with.
    pub params: BTreeMap<String, String>,
    /// Whose mail it is: sender, colours, budget and suppression list are the tenant's.
    pub tenant: TenantId,
    /// Whether a tenant has queued it, by `POST /emails`: it was counted when it was accepted, and what its recipient is
    /// said to have asked for is the tenant's word alone.
    #[serde(default)]
    pub from_tenant: bool,
    /// How often it was put back because SES takes no more for now.
    #[serde(default)]
    pub deferrals: u32,
}

impl EmailJob {
    /// A job of the platform itself, with its parameters as pairs. Its id is made from `idempotency_key`, so that the same
    /// key is the same mail (a name-based UUID, [RFC 9562 §5.5](https://www.rfc-editor.org/rfc/rfc9562#section-5.5)).
    #[must_use]
    pub fn new<'a>(
        to: Email,
        template: Option<Template>,
        params: impl IntoIterator<Item = (&'a str, String)>,
        tenant: TenantId,
        idempotency_key: &str,
    ) -> Self {
        let name = format!("{tenant}\0{idempotency_key}");
        Self {
            email_id: Uuid::new_v5(&NAMESPACE, name.as_bytes()),
            to,
            template,
            params: params
                .into_iter()
                .map(|(name, value)| (name.to_owned(), plain(template, name, &value)))
                .collect(),
            tenant,
            from_tenant: false,
            deferrals: 0,
        }
    }
}

/// A parameter as its template takes it. What a person chose to be called must not keep a mail from being sent.
fn plain(template: Option<Template>, name: &str, value: &str) -> String {
    let parameters = template.map_or(&[][..], Template::parameters);
    let has_lines = parameters
        .iter()
        .any(|p| p.name == name && matches!(p.kind, Kind::Text | Kind::Series));
    let mut plain = value.replace(|c: char| c.is_control() && !(has_lines && c == '\n'), " ");
    plain.retain(|c| !overrides_direction(c));
    plain
}

impl EmailJob {
    /// The job of a mail that a tenant has queued.
    #[must_use]
    pub fn of(mail: EmailRecord) -> Self {
        Self {
            email_id: mail.email_id,
            to: mail.to,
            template: Some(mail.template),
            params: mail.params,
            tenant: mail.tenant_id,
            from_tenant: true,
            deferrals: 0,
        }
    }
}

impl fmt::Debug for EmailJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailJob")
            .field("email_id", &self.email_id)
            .field("to", &self.to)
            .field("template", &self.template)
            .field("params", &self.params.keys())
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Params;

    fn job<const N: usize>(params: [(&str, String); N]) -> EmailJob {
        let to = Email::parse("ada@example.com").unwrap();
        let tenant = TenantId::new("acme", "shop").unwrap();
        EmailJob::new(to, Some(Template::ScrapeReport), params, tenant, "once")
    }

    #[test]
    fn lines_stay_lines_only_where_a_parameter_has_them() {
        let job = job([
            ("name", "Ada\r\nB".to_owned()),
            ("scrape", "a\nb\u{202E}".to_owned()),
            ("url", "https://a.example".to_owned()),
            ("summary", "a\r\nb\tc".to_owned()),
            ("chart", "2026-05-01 1 1 1 1\n2026-05-02 1 1 1 1".to_owned()),
        ]);
        assert_eq!(job.params["name"], "Ada  B");
        assert_eq!(job.params["scrape"], "a b");
        assert_eq!(job.params["summary"], "a \nb c");
        assert!(Params::check(Template::ScrapeReport, job.params).is_ok());
    }

    /// 256 KiB is what every queue takes of a message, whatever it is set to.
    #[test]
    fn the_largest_report_is_small_enough_for_a_queue() {
        let link = format!("https://example.com/{}", "x".repeat(1_980));
        let text = |count: usize| "\u{1F4C8}".repeat(count);
        let day = |n: i64| {
            use jiff::ToSpan as _;
            let date = jiff::civil::date(2026, 1, 1) + n.days();
            let least = f64::MIN_POSITIVE;
            format!("{date} -{least:?} {least:?} -{least:?} {}", u32::MAX)
        };
        let chart = (0..100).map(day).collect::<Vec<_>>().join("\n");
        let job = job([
            ("name", text(200)),
            ("scrape", text(200)),
            ("headline", text(200)),
            ("url", link.clone()),
            ("summary", text(10_000)),
            ("changes", text(10_000)),
            ("chart", chart),
            ("chart_title", text(200)),
            ("link", link),
        ]);
        let declared = Template::ScrapeReport.parameters().len();
        let params = Params::check(Template::ScrapeReport, job.params.clone()).unwrap();
        assert_eq!(params.values().len(), declared);
        let length = serde_json::to_vec(&job).unwrap().len();
        assert!(length < 256 * 1024, "{length} bytes");
    }
}
