//! Making a site's folder in the bucket equal to a folder of this machine.

mod folder;
mod plan;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use bucket::MarkdownBucket;
use clap::Args;
use domain::site::{LocalSites, Published, Report, Setup, Status};
use domain::{Clock, TenantId, Timestamp};
use futures::{StreamExt as _, TryStreamExt as _};
use queue::SiteQueue;
use repository::{Sites, Tenants};

use super::target::Target;
use super::{refused, shown, wrong};
use crate::Error;
use folder::File;
use plan::Plan;

/// How many files are uploaded or removed at the same time.
const AT_ONCE: usize = 16;
/// How many objects a folder may have.
const MOST: usize = 20_000;
/// How long it is waited for the site to be published.
const PATIENCE: Duration = Duration::from_secs(150);
/// How often it is asked whether it is.
const POLL: Duration = Duration::from_millis(300);

/// What to publish.
#[derive(Debug, Args)]
pub struct Publish {
    /// The folder of Markdown
    dir: PathBuf,
    /// Where the platform answers [default: where the one of the data folder does]
    url: Option<String>,
    /// Whose site, `client#site`
    #[arg(long, default_value = "demo#site")]
    tenant: String,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Go on where nothing is left of a folder that holds something
    #[arg(long)]
    delete_all: bool,
}

/// Does it, and waits until what came of it is known.
pub(super) async fn run(command: Publish, target: &Target) -> Result<String, Error> {
    let tenant = TenantId::parse(&command.tenant).map_err(wrong("the tenant"))?;
    check_platform(command.url.as_deref(), target)?;
    let (setup, before) = setup(target, &tenant).await?;
    let files = folder::read(&command.dir)?;
    let bucket: MarkdownBucket = target.get()?;
    let prefix = format!("{}/{}/", tenant.client_id(), tenant.site_id());
    let there = bucket.list(&prefix, MOST).await.map_err(refused)?;
    let plan = Plan::new(&prefix, files, there);
    if plan.empties() && !command.delete_all {
        return Err(Error::Operator(format!(
            "{} holds no file, so that all {} of {tenant} would be removed: give --delete-all if that is what you want",
            command.dir.display(),
            plan.deletions.len(),
        )));
    }
    if command.dry_run {
        return Ok(plan.to_string());
    }
    carry_out(&bucket, &prefix, &plan).await?;
    let clock: Clock = target.get()?;
    // Whoever looks after this sees all that was written.
    let written = clock.now();
    let queue: SiteQueue = target.get()?;
    queue.send(&tenant).await.map_err(refused)?;
    let status = published(target, &tenant, written).await?;
    said(&plan, &setup, &status, before.published.as_ref())
}

/// Refuses when nobody would publish anything, or another platform is meant than the one whose data this is.
fn check_platform(url: Option<&str>, target: &Target) -> Result<(), Error> {
    if target.stack.is_some() {
        return match url {
            None => Ok(()),
            Some(_) => Err(Error::Operator("give a URL or a stack, not both".into())),
        };
    }
    let Some(running) = target.running() else {
        return Err(Error::Operator(
            "no platform is running on this data folder: start one with cargo run, or name another folder with --data".into(),
        ));
    };
    let known = running.base_url.trim_end_matches('/');
    match url.map(|url| url.trim_end_matches('/')) {
        Some(url) if url != known => Err(Error::Operator(format!(
            "the platform of this data folder answers on {known}, not on {url}: name the other one's folder with --data"
        ))),
        _ => Ok(()),
    }
}

/// How the site is set up, and what became of it so far. What nobody would publish is not uploaded.
async fn setup(target: &Target, tenant: &TenantId) -> Result<(Setup, Status), Error> {
    let (tenants, sites): (Tenants, Sites) = (target.get()?, target.get()?);
    if tenants.get(tenant).await.map_err(refused)?.is_none() {
        return Err(Error::Operator(format!("there is no tenant {tenant}")));
    }
    let row = sites.get(tenant).await.map_err(refused)?;
    let local: Option<LocalSites> = target.get()?;
    let local = local.and_then(|local| local.setup(tenant).ok());
    let setup = row.setup.or(local).ok_or_else(|| {
        Error::Operator(format!(
            "{tenant} has set up no site: do so with PUT /sites, or with the command site"
        ))
    })?;
    Ok((setup, row.status))
}

/// Removes first what stands in the way of a new file, then writes, then removes the rest: nothing that only moves is gone in
/// between.
async fn carry_out(bucket: &MarkdownBucket, prefix: &str, plan: &Plan) -> Result<(), Error> {
    let (first, last) = plan.deletions_in_order();
    let delete = async |paths: Vec<&String>| {
        let deletions = paths.into_iter().map(|path| {
            let key = format!("{prefix}{path}");
            async move { bucket.delete(&key).await }
        });
        let mut deletions = futures::stream::iter(deletions).buffer_unordered(AT_ONCE);
        while deletions.try_next().await.map_err(refused)?.is_some() {}
        Ok::<_, Error>(())
    };
    delete(first).await?;
    let uploads = plan.uploads.iter().map(|File { path, place, .. }| {
        let key = format!("{prefix}{path}");
        async move {
            let content = std::fs::read(place).map_err(Error::file("read", place))?;
            bucket.put(&key, content).await.map_err(refused)
        }
    });
    let mut uploads = futures::stream::iter(uploads).buffer_unordered(AT_ONCE);
    while uploads.try_next().await?.is_some() {}
    delete(last).await
}

/// What came of the first attempt that looked at the folder after `written`.
async fn published(
    target: &Target,
    tenant: &TenantId,
    written: Timestamp,
) -> Result<Status, Error> {
    let sites: Sites = target.get()?;
    let asking = async {
        loop {
            let row = sites.get(tenant).await.map_err(refused)?;
            let goes_on = row
                .status
                .trouble
                .as_ref()
                .is_some_and(|trouble| trouble.code == "unfinished");
            if row
                .status
                .checked_at
                .is_some_and(|checked| checked >= written)
                && !goes_on
            {
                return Ok(row.status);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let status = tokio::time::timeout(PATIENCE, asking).await;
    status.unwrap_or_else(|_| {
        Err(Error::Operator(format!(
            "the files are uploaded, but within {} s nobody has said what came of them: look at the status of {tenant} later",
            PATIENCE.as_secs()
        )))
    })
}

fn said(
    plan: &Plan,
    setup: &Setup,
    status: &Status,
    before: Option<&Published>,
) -> Result<String, Error> {
    let mut text = plan.summary();
    if let Some(trouble) = &status.trouble {
        let retry_at = trouble.retry_at.strftime("%Y-%m-%d %H:%M UTC");
        return Err(Error::Operator(format!(
            "{text}. It can't be published: {} ({}). It is tried again at {retry_at}",
            shown(&trouble.message),
            trouble.code
        )));
    }
    if let Some(published) = &status.published {
        let place = published.url.as_ref().unwrap_or(&published.commit);
        let is_new = before != Some(published);
        let since = if is_new {
            ""
        } else {
            "nothing has changed since "
        };
        let _ = write!(text, "\n{since}{place}  {}", shown(&published.message));
    }
    let _ = write!(
        text,
        "\n{}/  {} pages",
        setup.base_url.as_str(),
        status.pages
    );
    for report in &status.reports {
        let _ = write!(text, "\n{}", line(report));
    }
    let named = u32::try_from(status.reports.len()).unwrap_or(u32::MAX);
    if status.reports_total > named {
        let _ = write!(text, "\nand {} more", status.reports_total - named);
    }
    for waiting in &status.waiting {
        let until = waiting.until.map(|until| format!("until {until}"));
        let until = until.unwrap_or_else(|| "as a draft".to_owned());
        let _ = write!(text, "\n{}: waits {until}", shown(&waiting.file));
    }
    Ok(text)
}

/// A report as compilers write theirs.
fn line(report: &Report) -> String {
    let line = report
        .line
        .map(|line| format!(":{line}"))
        .unwrap_or_default();
    let left_out = if report.left_out { " (left out)" } else { "" };
    let (file, message) = (shown(&report.file), shown(&report.message));
    format!("{file}{line}: {message}{left_out}")
}
