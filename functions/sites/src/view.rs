//! What clients see of a site, and send of it.

use domain::Timestamp;
use domain::site::{Published, Report, Setup, Status, Trouble, Waiting};
use gateway::Problem;
use repository::SiteRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How a site is set up.
#[derive(Serialize, ToSchema)]
pub struct SiteView {
    /// With the defaults filled in.
    #[serde(flatten)]
    #[schema(value_type = SiteSetup)]
    setup: Value,
    /// Since when; null on a laptop, for a site that nobody set up.
    #[schema(value_type = Option<String>, format = "date-time", required = true)]
    updated_at: Option<Timestamp>,
}

impl SiteView {
    /// # Errors
    /// 500 for a setup that can't be written.
    pub(crate) fn new(setup: &Setup, updated_at: Option<Timestamp>) -> Result<Self, Problem> {
        Ok(Self {
            setup: serde_json::to_value(setup).map_err(Problem::internal)?,
            updated_at,
        })
    }
}

/// Where a site goes, and what it looks like. What is not as it says here is refused with its path, such as
/// `target.github.branch`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct SiteSetup {
    /// Where its files go.
    target: SiteTarget,
    /// Where people will find it: `https`, or `http` on this machine.
    #[schema(
        format = "uri",
        max_length = 512,
        example = "https://acme.github.io/site"
    )]
    base_url: String,
    /// What it looks like; the platform's theme as it is without it.
    #[schema(required = false)]
    theme: SiteTheme,
    /// Whether its Markdown may hold any HTML, scripts included, and its folder templates and files that run in a browser. With
    /// a key it can't be set, but stay set.
    #[schema(required = false, default = false)]
    trusted_authors: bool,
    /// Who is mailed what became of it: of trouble and its end at once, of what was published at most each 15 minutes. Nobody
    /// without it.
    #[schema(required = false, format = "email")]
    notify: Option<String>,
}

/// Exactly one of these.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct SiteTarget {
    /// A repository at GitHub, which the platform's credential may write.
    #[schema(required = false)]
    github: Option<GithubTarget>,
    /// A git repository on the machine of a local platform; refused elsewhere.
    #[schema(value_type = Option<Object>, required = false)]
    git: Option<()>,
    /// The stack's bucket of sites, under `{client_id}/{site_id}/`.
    #[schema(value_type = Option<Object>, required = false)]
    s3: Option<()>,
}

/// A repository at GitHub.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct GithubTarget {
    /// Written `owner/name`.
    #[schema(example = "acme/site")]
    repository: String,
    /// Its branch, which has to be there.
    #[schema(max_length = 200, example = "main")]
    branch: String,
    /// The folder in it, which is all that is touched; the whole branch without one. Files there that are not the site's own
    /// are left as they are.
    #[schema(required = false, max_length = 800, example = "docs")]
    folder: Option<String>,
}

/// What a site looks like. All of it may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct SiteTheme {
    /// The site's name; the tenant's without it.
    #[schema(required = false, min_length = 1, max_length = 100)]
    title: Option<String>,
    /// A sentence about it.
    #[schema(required = false, min_length = 1, max_length = 300)]
    description: Option<String>,
    /// Who writes it.
    #[schema(required = false, min_length = 1, max_length = 100)]
    author: Option<String>,
    /// Its language (BCP 47).
    #[schema(required = false, min_length = 2, max_length = 35, example = "en")]
    language: Option<String>,
    /// The colour of its links.
    #[schema(required = false, pattern = "^#[0-9A-Fa-f]{6}$", example = "#1a73e8")]
    accent: Option<String>,
    /// What its header links to besides archive and tags.
    #[schema(required = false, max_items = 10)]
    links: Vec<ThemeLink>,
    /// Whether quotes, dashes and dots are made typographic.
    #[schema(required = false, default = false)]
    smart_punctuation: bool,
    /// How many posts the home page and the feeds have; 10 without it.
    #[schema(required = false, minimum = 1, maximum = 50)]
    posts_per_page: Option<u32>,
}

/// A link in a site's header.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents bodies")]
pub struct ThemeLink {
    /// What it says.
    #[schema(min_length = 1, max_length = 40, example = "About")]
    label: String,
    /// `https://…`, `http://…`, `mailto:…`, or a path within the site.
    #[schema(min_length = 1, max_length = 500, example = "/about/")]
    url: String,
}

/// What became of a site, at the last look at its folder.
#[derive(Serialize, ToSchema)]
pub struct StatusView {
    /// The last commit to where the site goes now; null before the first.
    #[schema(required = true)]
    published: Option<PublishedView>,
    /// How many pages the site has.
    pages: u32,
    /// What was left out or is not as it was meant: the first 100.
    reports: Vec<ReportView>,
    /// How many there are.
    reports_total: u32,
    /// What waits for its date or is a draft: the first 100.
    waiting: Vec<WaitingView>,
    /// How many there are.
    waiting_total: u32,
    /// Why the last attempt failed; null when it didn't.
    #[schema(required = true)]
    trouble: Option<TroubleView>,
    /// When the folder was last looked at; null before the first time.
    #[schema(value_type = Option<String>, format = "date-time", required = true)]
    checked_at: Option<Timestamp>,
    /// When it is looked at again though nothing changes in it; null for never.
    #[schema(value_type = Option<String>, format = "date-time", required = true)]
    next_at: Option<Timestamp>,
}

/// A commit.
#[derive(Serialize, ToSchema)]
pub struct PublishedView {
    /// Its name: of git the hash, in a bucket the version of the site.
    commit: String,
    /// Where it can be looked at; null where it can't.
    #[schema(required = true, format = "uri")]
    url: Option<String>,
    /// Its first line.
    message: String,
    /// When.
    #[schema(value_type = String, format = "date-time")]
    at: Timestamp,
}

/// Something about a file that its author should know.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    /// The file, within the site's folder.
    #[schema(example = "posts/hello.md")]
    file: String,
    /// The line, from 1; null where none can be told.
    #[schema(required = true)]
    line: Option<u32>,
    /// For programs.
    #[schema(example = "broken_link")]
    code: String,
    /// What is wrong and what would be right.
    message: String,
    /// Whether the file is left out because of it; otherwise it is published all the same.
    left_out: bool,
}

/// A file that is not published yet.
#[derive(Serialize, ToSchema)]
pub struct WaitingView {
    /// The file, within the site's folder.
    file: String,
    /// Until when; null for a draft.
    #[schema(value_type = Option<String>, format = "date-time", required = true)]
    until: Option<Timestamp>,
}

/// Why nothing could be published.
#[derive(Serialize, ToSchema)]
pub struct TroubleView {
    /// For programs.
    #[schema(example = "branch_protected")]
    code: String,
    /// What is wrong and what would help.
    message: String,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    since: Timestamp,
    /// How often it was tried since.
    attempts: u32,
    /// When it is tried again.
    #[schema(value_type = String, format = "date-time")]
    retry_at: Timestamp,
}

impl From<SiteRow> for StatusView {
    fn from(row: SiteRow) -> Self {
        let Status {
            checked_at,
            published,
            pages,
            reports,
            reports_total,
            waiting,
            waiting_total,
            trouble,
        } = row.status;
        Self {
            published: published.map(PublishedView::from),
            pages,
            reports: reports.into_iter().map(ReportView::from).collect(),
            reports_total,
            waiting: waiting.into_iter().map(WaitingView::from).collect(),
            waiting_total,
            trouble: trouble.map(TroubleView::from),
            checked_at,
            next_at: row.due_at,
        }
    }
}

/// Takes over each field of a type of `domain`.
macro_rules! views {
    ($($view:ident of $of:ident { $($field:ident),+ })+) => {
        $(impl From<$of> for $view {
            fn from(of: $of) -> Self {
                let $of { $($field),+ } = of;
                Self { $($field),+ }
            }
        })+
    };
}

views! {
    PublishedView of Published { commit, url, message, at }
    ReportView of Report { file, line, code, message, left_out }
    WaitingView of Waiting { file, until }
    TroubleView of Trouble { code, message, since, attempts, retry_at }
}
