//! What came of an attempt, as it is written down.

use domain::Timestamp;
use domain::site::{Report, SitePath, Status, Trouble, Waiting};
use publishing::site::Built;
use repository::sites::Outcome;

use crate::attempt::{Attempt, Commit, Site};
use crate::failure::{Failure, LIMITED, trouble};
use crate::{Deps, Error, notice};

/// What the folder held.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pages: u32,
    reports: Vec<Report>,
    waiting: Vec<Waiting>,
    due_at: Option<Timestamp>,
}

impl Seen {
    pub(crate) fn of(built: &Built) -> Self {
        Self {
            pages: built.pages,
            reports: built.reports.clone(),
            waiting: built.waiting.clone(),
            due_at: built.due_at,
        }
    }

    /// Tells the author of files whose places are taken.
    pub(crate) fn report_foreign<'a>(&mut self, files: impl IntoIterator<Item = &'a SitePath>) {
        let reports = files.into_iter().map(|path| Report {
            file: path.to_string(),
            line: None,
            code: "foreign_file".to_owned(),
            message: "There is a file of this name that this site has not written. It is left as it is: remove it there, or name yours otherwise.".to_owned(),
            left_out: true,
        });
        self.reports.extend(reports);
    }

    /// The files of the folder that are no part of the site.
    pub(crate) fn not_published(&self) -> impl Iterator<Item = &str> {
        let left_out = self.reports.iter().filter(|report| report.left_out);
        let left_out = left_out.map(|report| report.file.as_str());
        left_out.chain(self.waiting.iter().map(|waiting| waiting.file.as_str()))
    }
}

/// What becomes of a site whose target has asked to be left alone, until then.
pub(crate) fn left_alone(site: &Site, now: Timestamp) -> Option<Attempt> {
    let trouble = site.row.status.trouble.as_ref()?;
    if trouble.code != LIMITED || trouble.retry_at <= now {
        return None;
    }
    let left = trouble.retry_at.duration_since(now);
    Some(Attempt {
        seen: None,
        end: Err(Failure::Trouble {
            code: LIMITED,
            message: trouble.message.clone(),
            after: left.try_into().ok(),
        }),
    })
}

/// Writes down what came of an attempt that looked at the folder at `now`, and tells who wants to know.
pub(crate) async fn write(
    deps: &Deps,
    site: &Site,
    now: Timestamp,
    attempt: Attempt,
) -> Result<(), Error> {
    let last = &site.row.status;
    let (commit, failed) = match attempt.end {
        Ok(commit) => (commit, None),
        Err(Failure::Trouble {
            code,
            message,
            after,
        }) => {
            let ended = deps.clock.now();
            let trouble = trouble(code, message, after, last.trouble.as_ref(), ended);
            (None, Some(trouble))
        }
        Err(Failure::Moved(why)) => {
            tracing::error!(tenant = %site.id(), %why, "an attempt is not made again");
            return Ok(());
        }
        Err(Failure::Message(error)) => return Err(error),
    };
    log(site, commit.as_ref(), failed.as_ref());
    if let Some(commit) = &commit {
        deps.sites.committed(&site.row, &commit.published).await?;
    }
    let outcome = outcome(last, now, attempt.seen, failed);
    if !deps.sites.finish(&site.row, &outcome).await? {
        tracing::info!(tenant = %site.id(), "another attempt or another setup has overtaken this one");
        if commit.is_none() {
            return Ok(());
        }
    }
    notice::tell(deps, site, commit.as_ref(), &outcome).await;
    Ok(())
}

fn outcome(
    last: &Status,
    checked_at: Timestamp,
    seen: Option<Seen>,
    trouble: Option<Trouble>,
) -> Outcome {
    let mut status = last.clone();
    let mut due_at = trouble.as_ref().map(|trouble| trouble.retry_at);
    if let Some(seen) = seen {
        due_at = due_at.into_iter().chain(seen.due_at).min();
        if trouble.is_none() {
            status.pages = seen.pages;
        }
        status.reports_total = count(seen.reports.len());
        status.reports = seen.reports;
        status.reports.truncate(Status::MOST);
        status.waiting_total = count(seen.waiting.len());
        status.waiting = seen.waiting;
        status.waiting.truncate(Status::MOST);
    }
    status.checked_at = Some(checked_at);
    status.trouble = trouble;
    Outcome {
        checked_at,
        status,
        due_at,
    }
}

fn count(number: usize) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

fn log(site: &Site, commit: Option<&Commit>, trouble: Option<&Trouble>) {
    let tenant = site.id();
    match (commit, trouble) {
        (Some(commit), _) => {
            tracing::info!(%tenant, commit = commit.published.commit, "the site is published");
        }
        (None, Some(trouble)) => {
            let Trouble { code, attempts, .. } = trouble;
            tracing::warn!(%tenant, code, attempts, "the site can't be published");
        }
        (None, None) => tracing::info!(%tenant, "the site is as its folder says"),
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::SignedDuration;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn waiting(until: i64) -> Seen {
        Seen {
            pages: 7,
            due_at: Some(at(until)),
            ..Seen::default()
        }
    }

    #[test]
    fn a_site_is_due_for_the_first_of_what_waits_and_the_next_attempt() {
        let trouble = |retry_at| Trouble {
            code: "unavailable".to_owned(),
            message: String::new(),
            since: at(0),
            attempts: 1,
            retry_at,
        };
        let due = |seen, trouble| outcome(&Status::default(), at(0), seen, trouble).due_at;
        assert_eq!(due(None, None), None);
        assert_eq!(due(Some(waiting(5)), None), Some(at(5)));
        assert_eq!(due(Some(waiting(5)), Some(trouble(at(3)))), Some(at(3)));
        assert_eq!(due(Some(waiting(5)), Some(trouble(at(9)))), Some(at(5)));
        assert_eq!(due(None, Some(trouble(at(9)))), Some(at(9)));
    }

    #[test]
    fn what_was_published_stays_said_while_there_is_trouble() {
        let last = Status {
            pages: 3,
            ..Status::default()
        };
        let trouble = trouble("unavailable", String::new(), None, None, at(0));
        let failed = outcome(&last, at(1), Some(waiting(5)), Some(trouble));
        assert_eq!(failed.status.pages, 3);
        let well = outcome(&failed.status, at(2), Some(waiting(5)), None);
        assert_eq!((well.status.pages, well.status.trouble), (7, None));
    }

    #[test]
    fn reports_are_counted_where_they_do_not_fit() {
        let mut seen = Seen::default();
        let path = SitePath::parse("a.html").unwrap();
        seen.report_foreign(vec![&path; 150]);
        let status = outcome(&Status::default(), at(0), Some(seen), None).status;
        assert_eq!(
            (status.reports.len(), status.reports_total),
            (Status::MOST, 150)
        );
    }
}
