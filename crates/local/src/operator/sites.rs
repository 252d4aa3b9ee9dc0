//! Sites that are made of Markdown: where each goes, and what became of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bucket::Folders;
use clap::{Args, Subcommand};
use domain::audit::{AuditEvent, Event};
use domain::site::{Branch, Folder, LocalSites, Repository, Setup, Status, Target as Goal, Theme};
use domain::tenant::BaseUrl;
use domain::{Clock, Email, TenantId, Timestamp};
use queue::SiteQueue;
use repository::{AuditLog, SiteRow, Sites, Tenants};

use super::target::Target;
use super::{refused, shown, wrong};
use crate::Error;

/// What can be done with sites.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets a site up, in place of the setup that it has
    Set {
        /// Whose, `client#site`
        tenant: String,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Shows how a site is set up, as the API has it
    Show {
        /// Whose, `client#site`
        tenant: String,
    },
    /// Shows what became of a site
    Status {
        /// Whose, `client#site`
        tenant: String,
    },
    /// Takes the setup back; what was published stays where it is
    Remove {
        /// Whose, `client#site`
        tenant: String,
    },
    /// Has a site published again though nothing was changed
    PublishAgain {
        /// Whose, `client#site`
        tenant: String,
    },
}

/// How a site is set up.
#[derive(Debug, Args)]
#[group(skip)]
pub struct Settings {
    #[command(flatten)]
    goal: GoalArgs,
    /// The branch at GitHub [default: main]
    #[arg(long)]
    branch: Option<String>,
    /// The folder of the branch; without it the whole branch
    #[arg(long)]
    folder: Option<String>,
    /// Where people will find the site
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// A JSON file with what it looks like
    #[arg(long, value_name = "FILE")]
    theme: Option<PathBuf>,
    /// Lets its Markdown hold scripts, and its folder templates
    #[arg(long)]
    trusted_authors: bool,
    /// Who is mailed what became of it
    #[arg(long, value_name = "EMAIL")]
    notify: Option<String>,
}

/// Where it goes.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct GoalArgs {
    /// To this repository at GitHub, `owner/name`
    #[arg(long, value_name = "REPOSITORY")]
    github: Option<String>,
    /// To the stack's bucket of sites
    #[arg(long)]
    s3: bool,
    /// To a git repository in the data folder of this machine
    #[arg(long)]
    git: bool,
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let sites: Sites = target.get()?;
    match command {
        Command::Set { tenant, settings } => {
            let tenant = known(target, &tenant).await?;
            set(target, &sites, &tenant, &settings).await
        }
        Command::Show { tenant } => {
            let row = read(target, &sites, &tenant).await?;
            let setup = setup(target, &row)?;
            let text = serde_json::to_string_pretty(&setup).map_err(refused)?;
            Ok(match row.setup_at {
                Some(at) => format!("{text}\nsince {}", time(at)),
                None => format!("{text}\nas any site of this machine that is not set up"),
            })
        }
        Command::Status { tenant } => {
            let row = read(target, &sites, &tenant).await?;
            setup(target, &row)?;
            Ok(said(&row.status, row.due_at))
        }
        Command::Remove { tenant } => {
            let tenant = TenantId::parse(&tenant).map_err(wrong("the tenant"))?;
            if !sites.remove(&tenant).await.map_err(refused)? {
                return Err(not_set_up(&tenant));
            }
            audit(target, Event::SiteRemoved, &tenant).await?;
            Ok(format!(
                "the site of {tenant} has no setup any more; what was published stays where it is"
            ))
        }
        Command::PublishAgain { tenant } => {
            let row = read(target, &sites, &tenant).await?;
            setup(target, &row)?;
            ask(target, &sites, &row.tenant_id).await
        }
    }
}

async fn set(
    target: &Target,
    sites: &Sites,
    tenant: &TenantId,
    settings: &Settings,
) -> Result<String, Error> {
    let local: Option<LocalSites> = target.get()?;
    if settings.goal.git && local.is_none() {
        return Err(Error::Operator(
            "--git is for the platform of this machine".into(),
        ));
    }
    let notify = settings.notify.as_deref().map(Email::parse).transpose();
    let setup = Setup {
        target: goal(settings)?,
        base_url: BaseUrl::parse(&settings.base_url).map_err(wrong("--base-url"))?,
        theme: settings
            .theme
            .as_deref()
            .map_or_else(|| Ok(Theme::default()), theme)?,
        trusted_authors: settings.trusted_authors,
        notify: notify.map_err(wrong("--notify"))?,
    };
    audit(target, Event::SiteWritten, tenant).await?;
    let clock: Clock = target.get()?;
    let put = sites.put_setup(tenant, &setup, None, clock.now());
    put.await.map_err(refused)?;
    ask(target, sites, tenant).await
}

fn goal(settings: &Settings) -> Result<Goal, Error> {
    let GoalArgs { github, git, .. } = &settings.goal;
    let Some(repository) = github else {
        if settings.branch.is_some() || settings.folder.is_some() {
            return Err(Error::Operator(
                "--branch and --folder are of a repository at --github".into(),
            ));
        }
        return Ok(if *git { Goal::Git {} } else { Goal::S3 {} });
    };
    let folder = settings.folder.as_deref().map(Folder::parse).transpose();
    Ok(Goal::Github {
        repository: Repository::parse(repository).map_err(wrong("--github"))?,
        branch: Branch::parse(settings.branch.as_deref().unwrap_or("main"))
            .map_err(wrong("--branch"))?,
        folder: folder.map_err(wrong("--folder"))?,
    })
}

fn theme(path: &Path) -> Result<Theme, Error> {
    let said = |why: String| Error::Operator(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| said(error.to_string()))?;
    let theme: Theme = serde_json::from_str(&text).map_err(|error| said(error.to_string()))?;
    theme.checked().map_err(|faults| {
        let faults = faults
            .iter()
            .map(|(field, invalid)| format!("{field} {invalid}"));
        said(faults.collect::<Vec<_>>().join("; "))
    })
}

/// Has a site looked at now. Where the queue does not answer it is due all the same.
async fn ask(target: &Target, sites: &Sites, tenant: &TenantId) -> Result<String, Error> {
    let (clock, queue): (Clock, SiteQueue) = (target.get()?, target.get()?);
    sites.ask(tenant, clock.now()).await.map_err(refused)?;
    Ok(match queue.send(tenant).await {
        Ok(()) => format!("the site of {tenant} is being published"),
        Err(_) => format!("the site of {tenant} is published as soon as the platform runs"),
    })
}

async fn known(target: &Target, id: &str) -> Result<TenantId, Error> {
    let id = TenantId::parse(id).map_err(wrong("the tenant"))?;
    let tenants: Tenants = target.get()?;
    match tenants.get(&id).await.map_err(refused)? {
        Some(_) => Ok(id),
        None => Err(Error::Operator(format!("there is no tenant {id}"))),
    }
}

async fn read(target: &Target, sites: &Sites, tenant: &str) -> Result<SiteRow, Error> {
    let tenant = known(target, tenant).await?;
    sites.get(&tenant).await.map_err(refused)
}

fn setup(target: &Target, row: &SiteRow) -> Result<Setup, Error> {
    if let Some(setup) = &row.setup {
        return Ok(setup.clone());
    }
    let local: Option<LocalSites> = target.get()?;
    let local = local.ok_or_else(|| not_set_up(&row.tenant_id))?;
    local.setup(&row.tenant_id).map_err(wrong("its address"))
}

fn not_set_up(tenant: &TenantId) -> Error {
    Error::Operator(format!("the site of {tenant} is not set up"))
}

async fn audit(target: &Target, event: Event, tenant: &TenantId) -> Result<(), Error> {
    let (log, clock): (AuditLog, Clock) = (target.get()?, target.get()?);
    let event = AuditEvent::new(event, tenant, None, "operator", "site", clock.now());
    log.record(&event).await.map_err(refused)
}

/// What became of a site, a line for each thing.
fn said(status: &Status, due_at: Option<Timestamp>) -> String {
    let mut lines = vec![match &status.published {
        Some(published) => format!(
            "published  {}  {}  {}  {}",
            time(published.at),
            published.commit,
            shown(&published.message),
            published.url.as_deref().unwrap_or_default()
        ),
        None => "never published to where it goes now".to_owned(),
    }];
    if let Some(trouble) = &status.trouble {
        lines.push(format!(
            "trouble    {}: {} (since {}, {} attempts, next at {})",
            trouble.code,
            shown(&trouble.message),
            time(trouble.since),
            trouble.attempts,
            time(trouble.retry_at)
        ));
    }
    lines.push(format!("pages      {}", status.pages));
    let times = [("looked at", status.checked_at), ("next at", due_at)];
    for (what, at) in times {
        let at = at.map_or_else(|| "never".to_owned(), time);
        lines.push(format!("{what:<10} {at}"));
    }
    for report in &status.reports {
        let mut line = format!("report     {}", shown(&report.file));
        if let Some(number) = report.line {
            // A text takes whatever is written to it.
            let _ = write!(line, ":{number}");
        }
        let out = if report.left_out { " (left out)" } else { "" };
        lines.push(format!("{line}: {}{out}", shown(&report.message)));
    }
    for waiting in &status.waiting {
        let until = waiting.until.map_or_else(|| "draft".to_owned(), time);
        lines.push(format!("waits      {}  {until}", shown(&waiting.file)));
    }
    lines.join("\n")
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Forgets the site of a tenant that is removed, with its folder of Markdown and all that was made of it here: whoever registers
/// the name again must not publish what somebody else has written.
pub(super) async fn forget(target: &Target, tenant: &TenantId) -> Result<bool, Error> {
    let (sites, folders): (Sites, Folders) = (target.get()?, target.get()?);
    // The setup first, so that nothing is published of a folder that is half gone.
    let was_set_up = sites.remove(tenant).await.map_err(refused)?;
    let (client, site) = (tenant.client_id(), tenant.site_id());
    let prefix = format!("{client}/{site}/");
    let list = format!(".manifests/{client}/{site}.json");
    let count = folders.clear(&prefix, &list).await.map_err(refused)?;
    let local: Option<LocalSites> = target.get()?;
    let had_repository = match local {
        Some(local) => remove_folder(&local.repository(tenant))?,
        None => false,
    };
    Ok(was_set_up || count > 0 || had_repository)
}

/// Removes a folder, and tells whether there was one.
fn remove_folder(path: &Path) -> Result<bool, Error> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("remove", path)(error)),
    }
}
