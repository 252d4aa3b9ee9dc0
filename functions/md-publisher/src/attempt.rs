//! Attempts to publish a site.

use std::sync::Arc;
use std::time::Duration;

use bucket::Listed;
use domain::site::{BlobId, Published, Setup, SitePath};
use domain::{Tenant, TenantId, Timestamp};
use publishing::site::{Built, Source};
use repository::sites::SiteRow;
use site_target::{Change, Difference, Head};

use crate::contents::Files;
use crate::failure::Failure;
use crate::kept::Kept;
use crate::message::Changes;
use crate::outcome::{self, Seen};
use crate::{Batch, Deps, END, Error, LAST_START, build};

/// How often a site is looked at anew because something was changed meanwhile, before it is left for later.
const ATTEMPTS: u32 = 5;
/// From which of them on all is built anew, should it be the record that doesn't say what is built.
const WITHOUT_RECORD: u32 = 3;
/// The longest that is waited before the second attempt; before each other twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// How many objects of a folder are looked at. A site has fewer; who has more is told so.
const MOST_LISTED: usize = 20_000;
/// A site that takes longer to be built is worth keeping before it is known whether it can be committed.
const SLOW: Duration = Duration::from_secs(5);

/// A site that is to be published, as it was before anything else was looked at.
pub(crate) struct Site {
    pub(crate) row: SiteRow,
    pub(crate) setup: Setup,
    pub(crate) tenant: Tenant,
}

/// An attempt that has ended.
pub(crate) struct Attempt {
    /// What the folder held; none where it did not get so far.
    pub(crate) seen: Option<Seen>,
    /// The commit, if there was anything to commit.
    pub(crate) end: Result<Option<Commit>, Failure>,
}

/// What was committed.
pub(crate) struct Commit {
    pub(crate) published: Published,
    /// The whole message.
    pub(crate) message: String,
}

impl Site {
    /// The key of everything in its folder begins so.
    pub(crate) fn prefix(&self) -> String {
        let id = &self.tenant.tenant_id;
        format!("{}/{}/", id.client_id(), id.site_id())
    }

    pub(crate) fn id(&self) -> &TenantId {
        &self.tenant.tenant_id
    }

    /// Reads how a site is set up; `None` where it is not, or has no tenant any more.
    pub(crate) async fn read(deps: &Deps, id: &TenantId) -> Result<Option<Self>, Error> {
        let (tenant, row) = futures::join!(deps.tenants.get(id), deps.sites.get(id));
        let row = row?;
        let Some(tenant) = tenant? else {
            tracing::warn!(tenant = %id, "a folder belongs to no tenant and is passed over");
            forget_turn(deps, &row).await?;
            return Ok(None);
        };
        let local = deps.local.as_ref().and_then(|local| local.setup(id).ok());
        let Some(setup) = row.setup.clone().or(local) else {
            tracing::warn!(tenant = %id, "the tenant has set up no site: its folder is passed over");
            forget_turn(deps, &row).await?;
            return Ok(None);
        };
        Ok(Some(Self { row, setup, tenant }))
    }
}

async fn forget_turn(deps: &Deps, row: &SiteRow) -> Result<(), Error> {
    if let Some(due_at) = row.due_at {
        deps.sites.forget_turn(&row.tenant_id, due_at).await?;
    }
    Ok(())
}

/// Publishes a site as often as it takes, and writes down what came of it.
pub(crate) async fn publish(batch: &Batch, id: &TenantId) -> Result<(), Error> {
    let deps = &batch.deps;
    let mut number = 1;
    loop {
        let Some(site) = Site::read(deps, id).await? else {
            return Ok(());
        };
        let site = Arc::new(site);
        let now = deps.clock.now();
        let mut attempt = match outcome::left_alone(&site, now) {
            Some(attempt) => attempt,
            None => isolated(batch, &site, now, number < WITHOUT_RECORD).await,
        };
        if let Err(Failure::Moved(why)) = &attempt.end {
            tracing::info!(tenant = %id, number, %why, "the site is looked at again");
            if number < ATTEMPTS && batch.began.elapsed() < LAST_START {
                pause(deps, number).await;
                number += 1;
                continue;
            }
            attempt.end = Err(Failure::busy());
        }
        return outcome::write(deps, &site, now, attempt).await;
    }
}

/// Waits for a moment that is another one for each who waits.
async fn pause(deps: &Deps, number: u32) {
    let [random] = deps.random.bytes::<1>();
    let longest = PAUSE * 2_u32.saturating_pow(number - 1);
    tokio::time::sleep(longest * u32::from(random) / u32::from(u8::MAX)).await;
}

/// One attempt, which may panic or hang without anybody else noticing.
async fn isolated(batch: &Batch, site: &Arc<Site>, now: Timestamp, uses_record: bool) -> Attempt {
    let (of_task, site_of_task) = (batch.clone(), Arc::clone(site));
    let mut task =
        tokio::spawn(async move { attempt(&of_task, &site_of_task, now, uses_record).await });
    let failure = match tokio::time::timeout_at(batch.began + END, &mut task).await {
        Ok(Ok(attempt)) => return attempt,
        Ok(Err(error)) => {
            tracing::error!(tenant = %site.id(), %error, "an attempt panicked");
            Failure::internal()
        }
        Err(_) => {
            task.abort();
            tracing::error!(tenant = %site.id(), "an attempt came to no end");
            Failure::too_slow("Publishing the site")
        }
    };
    Attempt {
        seen: None,
        end: Err(failure),
    }
}

async fn attempt(batch: &Batch, site: &Arc<Site>, now: Timestamp, uses_record: bool) -> Attempt {
    let mut seen = None;
    let end = steps(batch, site, now, uses_record, &mut seen).await;
    Attempt { seen, end }
}

/// What is published is looked at before the folder: so a commit that is made to exactly that can't bring back what a later
/// look at the folder has found gone.
async fn steps(
    batch: &Batch,
    site: &Arc<Site>,
    now: Timestamp,
    uses_record: bool,
    seen: &mut Option<Seen>,
) -> Result<Option<Commit>, Failure> {
    let (deps, id) = (&batch.deps, site.id());
    let of_target = |error| Failure::of_target(id, error);
    let target = deps
        .targets
        .open(id, &site.setup)
        .await
        .map_err(of_target)?;
    let head = target.head().await.map_err(of_target)?;
    let folder = folder(deps, site).await?;
    if folder.is_empty() && head.own.is_empty() {
        *seen = Some(Seen::default());
        return Ok(None);
    }
    let mut kept = Kept::load(deps, id).await;
    if !uses_record {
        kept.set_record(Vec::new());
    }
    let began = tokio::time::Instant::now();
    let (built, difference) = build::build(batch, site, now, &folder, kept.record(), &head).await?;
    kept.set_record(built.record.to_bytes());
    if began.elapsed() > SLOW {
        kept.store(deps, id).await;
    }
    let mut found = Seen::of(&built);
    let changes = Changes::between(&kept.published, &folder, &found);
    found.report_foreign(&difference.foreign);
    *seen = Some(found);
    let mut commit = None;
    if !difference.is_empty() {
        let message = changes.message(&difference, &head);
        let wished = difference.additions.len() + difference.deletions.len();
        let (committed, foreign) =
            self::commit(batch, site, &*target, built, &head, difference, message).await?;
        if let Some(seen) = seen {
            seen.report_foreign(&foreign);
        }
        // Where others have all places, nothing was changed.
        commit = (foreign.len() < wished).then_some(committed);
    }
    kept.published = changes.published;
    kept.store(deps, id).await;
    Ok(commit)
}

/// Commits a difference, and tells what was committed and what was left as others have it.
async fn commit(
    batch: &Batch,
    site: &Arc<Site>,
    target: &dyn site_target::Target,
    built: Built,
    head: &Head,
    difference: Difference,
    message: String,
) -> Result<(Commit, Vec<SitePath>), Failure> {
    let contents = Files::new(batch, site, built, difference.additions.clone());
    let change = Change {
        message: message.clone(),
        additions: difference.additions,
        deletions: difference.deletions,
        own: difference.own,
        contents: &contents,
    };
    let committed = target.commit(head, change).await;
    let committed = committed.map_err(|error| Failure::of_target(site.id(), error))?;
    let commit = Commit {
        published: Published {
            commit: committed.id,
            url: committed.url,
            message: message.lines().next().unwrap_or_default().to_owned(),
            at: batch.deps.clock.now(),
        },
        message,
    };
    Ok((commit, committed.foreign))
}

/// The site's folder, without what only marks folders in it.
async fn folder(deps: &Deps, site: &Site) -> Result<Vec<Source>, Failure> {
    let prefix = site.prefix();
    let listed = deps.markdown.list(&prefix, MOST_LISTED).await?;
    let sources = listed
        .into_iter()
        .filter_map(|Listed { key, etag, bytes }| {
            let path = key.strip_prefix(&prefix)?.to_owned();
            Some(Source {
                path,
                version: etag,
                bytes,
            })
        });
    Ok(sources.collect())
}

/// What a target was promised of a file.
pub(crate) type Promised = std::collections::BTreeMap<SitePath, BlobId>;
