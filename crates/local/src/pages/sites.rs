//! `/_local/sites/{client}/{site}/…`: the sites that were published on this machine.
//!
//! What they hold is their authors' and may run scripts. So each page is in a sandbox: to the browser it has another origin than
//! the platform, whose pages it can neither read nor act on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as Segments, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use domain::site::{LocalSites, SitePath, Target};
use domain::{Clock, TenantId};
use git_target::GitTarget;
use http::{HeaderValue, StatusCode, Uri, header};
use maud::{Markup, html};

use super::nothing;
use crate::{Surroundings, data_dir};

/// What a site's page may do: run its own scripts and show what is anywhere, in an origin that is nobody's.
const POLICY: &str =
    "sandbox allow-forms allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads";

/// Where published sites are.
#[derive(Clone)]
pub(crate) struct Sites(Arc<Inner>);

struct Inner {
    table: repository::Sites,
    local: LocalSites,
    clock: Clock,
    /// The folders of the buckets of Markdown and of sites; none where no function has one.
    markdown: Option<PathBuf>,
    bucket: Option<PathBuf>,
}

impl Sites {
    pub(crate) fn of(surroundings: &Surroundings, table: repository::Sites) -> Self {
        let folder = |variable: &str| {
            let mut environments = surroundings.environment.values();
            let bucket = environments.find_map(|variables| variables.get(variable))?;
            Some(surroundings.data.file(data_dir::OBJECTS).join(bucket))
        };
        let clock = surroundings.clock.clone();
        Self(Arc::new(Inner {
            table,
            local: LocalSites {
                folder: surroundings.data.file(data_dir::SITES),
                public_url: surroundings.base_url.clone(),
            },
            clock: Clock::new(move || clock.now()),
            markdown: folder("MARKDOWN_BUCKET"),
            bucket: folder("SITE_BUCKET"),
        }))
    }

    /// The folders in the bucket of Markdown of those that there is anything of.
    pub(crate) fn folders(&self) -> Vec<String> {
        let sites = self.published().into_iter();
        sites
            .map(|(client, site)| format!("{client}/{site}/"))
            .collect()
    }

    /// What the overview says of them.
    pub(super) fn overview(&self) -> Markup {
        let sites = self.published();
        html! {
            h2 { "Sites" }
            @if let Some(folder) = &self.0.markdown {
                p { "Put Markdown into this folder, and the site is there a moment later:" }
                pre { (folder.display()) "/{client}/{site}/" }
            }
            ul.cards {
                @for (client, site) in &sites {
                    li { a href={ "/_local/sites/" (client) "/" (site) "/" } { strong { (site) } span { "The site of " (client) "#" (site) "." } } }
                }
            }
        }
    }

    /// The sites that there is anything of, by client and site.
    fn published(&self) -> Vec<(String, String)> {
        let manifests = self
            .0
            .bucket
            .as_ref()
            .map(|bucket| bucket.join(".manifests"));
        let mut all = two_levels(&self.0.local.folder, ".git");
        all.extend(
            manifests
                .iter()
                .flat_map(|folder| two_levels(folder, ".json")),
        );
        all.sort();
        all.dedup();
        all
    }

    /// A file of a site where it goes now.
    async fn file(&self, tenant: &TenantId, path: &str) -> Option<Bytes> {
        let path = SitePath::parse(path).ok()?;
        let row = self.0.table.get(tenant).await;
        let row = row.inspect_err(|error| tracing::error!(%error, "a site is not known"));
        match row.ok()?.setup.map(|setup| setup.target) {
            None | Some(Target::Git {}) => {
                let repository = self.0.local.repository(tenant);
                // Looking at what is not there must not make it.
                let is_there = repository.join("HEAD").is_file();
                let target = is_there.then(|| GitTarget::new(repository, self.0.clock.clone()))?;
                let file = target.file(&path).await;
                let file =
                    file.inspect_err(|error| tracing::error!(%error, "a site can't be read"));
                file.ok().flatten()
            }
            Some(Target::S3 {}) => {
                let folder = self.0.bucket.as_ref()?;
                let folder = folder.join(tenant.client_id()).join(tenant.site_id());
                let file = folder.join(path.as_str());
                tokio::task::spawn_blocking(move || std::fs::read(file).ok())
                    .await
                    .ok()?
                    .map(Bytes::from)
            }
            Some(Target::Github { .. }) => None,
        }
    }
}

/// The names of `{first}/{second}{end}` in a folder.
fn two_levels(folder: &Path, end: &str) -> Vec<(String, String)> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    };
    let mut found = Vec::new();
    for first in names(folder) {
        let seconds = names(&folder.join(&first));
        let seconds = seconds.filter_map(|name| name.strip_suffix(end).map(str::to_owned));
        found.extend(seconds.map(|second| (first.clone(), second)));
    }
    found
}

/// A site's address without the slash at its end, from which no relative link would lead anywhere.
pub(super) async fn root(uri: Uri) -> Response {
    with_slash(uri.path())
}

/// A site's home page.
pub(super) async fn home(
    State(sites): State<Sites>,
    Segments((client, site)): Segments<(String, String)>,
    uri: Uri,
) -> Response {
    answer(&sites, &client, &site, "", &uri).await
}

/// A file of a site.
pub(super) async fn file(
    State(sites): State<Sites>,
    Segments((client, site, path)): Segments<(String, String, String)>,
    uri: Uri,
) -> Response {
    answer(&sites, &client, &site, &path, &uri).await
}

async fn answer(sites: &Sites, client: &str, site: &str, path: &str, uri: &Uri) -> Response {
    let Ok(tenant) = TenantId::new(client, site) else {
        return nothing().await;
    };
    let name = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    if let Some(content) = sites.file(&tenant, &name).await {
        return content_of(StatusCode::OK, &name, content);
    }
    let is_folder = name == path
        && sites
            .file(&tenant, &format!("{path}/index.html"))
            .await
            .is_some();
    if is_folder {
        return with_slash(uri.path());
    }
    match sites.file(&tenant, "404.html").await {
        Some(content) => content_of(StatusCode::NOT_FOUND, "404.html", content),
        None => nothing().await,
    }
}

fn with_slash(path: &str) -> Response {
    Redirect::to(&format!("{path}/")).into_response()
}

fn content_of(status: StatusCode, name: &str, content: Bytes) -> Response {
    let mut response = (status, content).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::try_from(content_type(name));
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    for (name, value) in [
        ("content-security-policy", POLICY),
        // A page in the sandbox is of no origin, and reads its own site's files all the same.
        ("access-control-allow-origin", "null"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What browsers are told that a file is, as where sites go usually.
fn content_type(name: &str) -> String {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let essence = kind.essence_str();
    let is_text = essence.starts_with("text/")
        || ["json", "xml", "javascript"]
            .iter()
            .any(|end| essence.ends_with(end));
    if is_text {
        format!("{essence}; charset=utf-8")
    } else {
        essence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_found_by_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["acme/shop.git", "acme/other", "zoo/a.b.git"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut found = two_levels(folder.path(), ".git");
        found.sort();
        let expected = [("acme", "shop"), ("zoo", "a.b")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(two_levels(&folder.path().join("none"), ".git").is_empty());
    }

    #[test]
    fn text_says_how_it_is_encoded() {
        assert_eq!(content_type("a/index.html"), "text/html; charset=utf-8");
        assert_eq!(
            content_type("search.json"),
            "application/json; charset=utf-8"
        );
        assert_eq!(content_type("a.png"), "image/png");
        assert_eq!(content_type("CNAME"), "application/octet-stream");
    }
}
