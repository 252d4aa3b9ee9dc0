//! The mail about a site.

use std::fmt::Write as _;

use domain::mail::{EmailJob, Template};
use domain::site::{BlobId, Report, Status, Trouble};
use domain::{Email, Timestamp};
use repository::sites::{Notice, Outcome};

use crate::Deps;
use crate::attempt::{Commit, Site};
use crate::failure::{UNFINISHED, chain};
use crate::message::plain;

/// How many reports a mail names.
const MOST_REPORTS: usize = 10;
/// From which attempt on a trouble is told that may be over by itself.
const TOLD_FROM: u32 = 3;
/// The troubles that may be over by themselves.
const PASSING: [&str; 5] = [
    "unavailable",
    "rate_limited",
    "busy",
    "too_slow",
    "internal_error",
];

/// Mails what came of a site to whoever wants to know. That it can't is logged, and fails nothing: the site is what it is.
pub(crate) async fn tell(deps: &Deps, site: &Site, commit: Option<&Commit>, outcome: &Outcome) {
    let Some(to) = site.setup.notify.clone() else {
        return;
    };
    let trouble = outcome.status.trouble.as_ref();
    let left_out = left_out(&outcome.status);
    let before = &site.row.status;
    // What was left out before a trouble is told again at its end, so that this is told.
    let newly =
        left_out.is_some() && (left_out != self::left_out(before) || before.trouble.is_some());
    let notice = match (commit, trouble, &left_out) {
        (_, Some(trouble), _) if is_told(trouble) => Notice::Trouble(&trouble.code),
        // Whoever has just made a mistake is waiting for a page that does not come.
        (_, None, Some(left_out)) if newly => Notice::Trouble(left_out),
        (Some(_), None, _) => Notice::Published,
        (None, None, None) => Notice::Well,
        _ => return,
    };
    let (id, now) = (site.id(), deps.clock.now());
    match deps.sites.may_notify(id, notice, now).await {
        Ok(false) => return,
        Ok(true) => {}
        Err(error) => {
            tracing::warn!(tenant = %id, error = chain(&error), "it is not known whether to mail");
            return;
        }
    }
    let job = mail(site, to, commit, outcome, now);
    let Err(error) = deps.emails.send(&job).await else {
        return;
    };
    tracing::warn!(tenant = %id, error = chain(&error), "the mail about the site can't be queued");
    if let Err(error) = deps.sites.not_notified(id, now).await {
        tracing::warn!(tenant = %id, error = chain(&error), "the mail counts as sent all the same");
    }
}

/// A short name for all that is left out, and why; `None` where nothing is.
fn left_out(status: &Status) -> Option<String> {
    let left_out = status.reports.iter().filter(|report| report.left_out);
    let names = left_out.map(|report| format!("{}\n{}\n", report.file, report.code));
    let names: String = names.collect();
    (!names.is_empty()).then(|| format!("left_out {}", BlobId::of(names.as_bytes())))
}

fn is_told(trouble: &Trouble) -> bool {
    let passes = PASSING.contains(&trouble.code.as_str());
    trouble.code != UNFINISHED && (!passes || trouble.attempts >= TOLD_FROM)
}

fn mail(
    site: &Site,
    to: Email,
    commit: Option<&Commit>,
    outcome: &Outcome,
    now: Timestamp,
) -> EmailJob {
    let status = &outcome.status;
    let trouble = status.trouble.as_ref();
    let title = site.setup.theme.title.as_ref();
    let name = title.unwrap_or(&site.tenant.name);
    let committed = commit.map(|commit| {
        let published = &commit.published;
        published
            .url
            .clone()
            .unwrap_or_else(|| published.commit.clone())
    });
    let params = [
        ("site", plain(name)),
        (
            "summary",
            summary(commit, trouble, left_out(status).is_some()),
        ),
        ("url", site.setup.base_url.as_str().to_owned()),
        (
            "commit",
            committed.map(|commit| plain(&commit)).unwrap_or_default(),
        ),
        (
            "trouble",
            trouble
                .map(|trouble| plain(&trouble.message))
                .unwrap_or_default(),
        ),
        ("problems", problems(&status.reports, status.reports_total)),
    ];
    // What is not there is empty, and a template takes neither.
    let params = params.into_iter().filter(|(_, value)| !value.is_empty());
    let tenant = site.id().clone();
    let key = format!("site {}", now.as_millisecond());
    EmailJob::new(to, Some(Template::SitePublished), params, tenant, &key)
}

fn summary(commit: Option<&Commit>, trouble: Option<&Trouble>, left_out: bool) -> String {
    match (commit, trouble) {
        (Some(commit), _) => commit.message.trim_end().to_owned(),
        (None, Some(trouble)) => {
            let retry_at = trouble.retry_at.strftime("%Y-%m-%d at %H:%M UTC");
            format!(
                "The last changes could not be published, and what was published before is still there. It is tried again on {retry_at}."
            )
        }
        (None, None) if left_out => {
            "The site is as its folder says, but for what is left out.".to_owned()
        }
        (None, None) => "What was wrong is over: the site is as its folder says.".to_owned(),
    }
}

/// The first reports, those of files that are left out before others.
fn problems(reports: &[Report], total: u32) -> String {
    let left_out = reports.iter().filter(|report| report.left_out);
    let others = reports.iter().filter(|report| !report.left_out);
    let named = left_out.chain(others).take(MOST_REPORTS);
    let mut text = String::new();
    let mut count = 0;
    for report in named {
        count += 1;
        let line = report
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        let left_out = if report.left_out { " (left out)" } else { "" };
        let reported = format!("{}{line}: {}{left_out}", report.file, report.message);
        let _ = writeln!(text, "{}", plain(&reported));
    }
    if total > count {
        let _ = writeln!(text, "and {} more", total - count);
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(file: &str, line: Option<u32>, left_out: bool) -> Report {
        Report {
            file: file.to_owned(),
            line,
            code: "broken_link".to_owned(),
            message: "It leads nowhere.".to_owned(),
            left_out,
        }
    }

    #[test]
    fn what_is_left_out_is_named_first_and_the_rest_is_counted() {
        let mut reports = vec![report("a.md", Some(3), false); 12];
        reports.push(report("b.md", None, true));
        let text = problems(&reports, 40);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "b.md: It leads nowhere. (left out)");
        assert_eq!(lines[1], "a.md:3: It leads nowhere.");
        assert_eq!((lines.len(), lines[10]), (11, "and 30 more"));
        assert_eq!(problems(&[], 0), "");
    }

    #[test]
    fn what_passes_is_told_when_it_does_not() {
        let trouble = |code: &str, attempts| Trouble {
            code: code.to_owned(),
            message: String::new(),
            since: Timestamp::UNIX_EPOCH,
            attempts,
            retry_at: Timestamp::UNIX_EPOCH,
        };
        assert!(is_told(&trouble("branch_protected", 1)));
        assert!(!is_told(&trouble("unavailable", 2)));
        assert!(is_told(&trouble("unavailable", 3)));
        assert!(!is_told(&trouble("unfinished", 9)));
    }
}
