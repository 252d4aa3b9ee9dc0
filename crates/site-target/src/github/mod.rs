//! A branch of a repository at GitHub, or the same at GitHub Enterprise.
//!
//! What is there is asked of GraphQL and Git Data, two requests for a site of any usual size. A small change is one mutation,
//! which GitHub does only if the branch still is where it was; a large one is made of objects that nobody sees, until the branch
//! is moved to the commit. Objects stay when that is broken off, and the next attempt asks how far the one before had come.

mod access;
mod answer;
mod credentials;
mod mutation;
mod objects;
mod read;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::site::{Branch, Folder, Repository};
use domain::{Clock, TenantId};
use futures::future::BoxFuture;
use http::Method;
use serde::Serialize;
use tokio::time::Instant;
use url::Url;

use crate::{Change, Committed, Error, Head, LIST_NAME, Target};
use access::{Access, Client};
use answer::{Answer, Asked, refused};
pub use credentials::CredentialSource;
use read::Snapshot;

/// How often removing is tried against somebody who goes on committing.
const CLEAR_ATTEMPTS: usize = 5;
/// Tells GitHub Pages not to run Jekyll, which leaves out files that start with `_`.
const NOJEKYLL: &str = ".nojekyll";

/// How to talk to GitHub.
#[derive(Debug, Clone)]
pub struct GithubOptions {
    /// Where its API is. Of GitHub Enterprise `https://{host}/api/v3`.
    pub api: Url,
    /// How long a request may take, with its answer.
    pub timeout: Duration,
    /// How long after the start of one request that writes the next one may start: GitHub wants at most 80 a minute
    /// (<https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>). It counts for the requests of a
    /// large change.
    pub writes_apart: Duration,
}

impl Default for GithubOptions {
    fn default() -> Self {
        // What is written here is an address.
        let api = Url::parse("https://api.github.com").unwrap_or_else(|_| unreachable!());
        Self {
            api,
            timeout: Duration::from_mins(1),
            writes_apart: Duration::from_millis(750),
        }
    }
}

impl GithubOptions {
    /// Below which `/graphql` is: at GitHub Enterprise `/api`, beside `/api/v3`.
    fn graphql(&self) -> Url {
        let mut base = self.api.clone();
        if let Some(path) = base.path().trim_end_matches('/').strip_suffix("/v3") {
            let path = path.to_owned();
            base.set_path(&path);
        }
        base
    }
}

/// GitHub, as this installation gets in. Cloning shares what is known.
#[derive(Clone)]
pub struct Github(Arc<Access>);

impl fmt::Debug for Github {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Github").field(&self.0).finish()
    }
}

impl Github {
    /// GitHub, with credentials from somewhere. They are a secret in JSON, a list of objects, each with a `token`, or an
    /// `app_id`, perhaps an `installation_id` and a `private_key` (RSA in PEM), and for whom it may be used: `repositories`
    /// (`owner/name`, `owner/*`) and `tenants` (`client#site`, `client#*`). The first that fits is used.
    ///
    /// # Errors
    /// [`Error::Refused`] for an address that is neither `https` nor this machine's.
    pub fn new(
        credentials: Box<dyn CredentialSource>,
        clock: Clock,
        options: GithubOptions,
    ) -> Result<Self, Error> {
        Ok(Self(Arc::new(Access::new(credentials, clock, options)?)))
    }

    /// The target of a tenant's site; `budget` is how long one commit may take before it is [`Error::Unfinished`].
    ///
    /// # Errors
    /// [`Error::Refused`] where there is no credential for it; [`Error::Unavailable`] where credentials can't be read.
    pub async fn open(
        &self,
        tenant: &TenantId,
        repository: &Repository,
        branch: &Branch,
        folder: Option<&Folder>,
        budget: Duration,
    ) -> Result<GithubTarget, Error> {
        self.0.client(tenant, repository, false).await?;
        Ok(GithubTarget {
            github: self.clone(),
            tenant: tenant.clone(),
            repository: repository.clone(),
            branch: branch.clone(),
            folder: folder.cloned(),
            budget,
            last: Mutex::default(),
            wrote: tokio::sync::Mutex::default(),
        })
    }
}

/// A site's folder of a branch.
pub struct GithubTarget {
    github: Github,
    tenant: TenantId,
    repository: Repository,
    branch: Branch,
    folder: Option<Folder>,
    budget: Duration,
    /// What was read last, which says more than a [`Head`] can.
    last: Mutex<Option<Arc<Snapshot>>>,
    /// When the last request that writes was started.
    wrote: tokio::sync::Mutex<Option<Instant>>,
}

impl fmt::Debug for GithubTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GithubTarget")
            .field("tenant", &self.tenant)
            .field("repository", &self.repository)
            .field("branch", &self.branch)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl GithubTarget {
    /// Asks, and once more as somebody else if GitHub does not take the credential and there is another one by now.
    async fn ask(&self, asked: Asked) -> Result<Answer, Error> {
        self.ask_at(asked, |client| &client.rest).await
    }

    async fn graphql(&self, body: &impl Serialize) -> Result<Answer, Error> {
        let asked = Asked::new(Method::POST, "/graphql".into()).json(body)?;
        self.ask_at(asked, |client| &client.graphql).await
    }

    async fn ask_at(
        &self,
        asked: Asked,
        of: fn(&Client) -> &octocrab::Octocrab,
    ) -> Result<Answer, Error> {
        let access = &self.github.0;
        for is_refused in [false, true] {
            let client = access
                .client(&self.tenant, &self.repository, is_refused)
                .await?;
            let Some(client) = client else {
                break;
            };
            let answer = Answer::of(of(&client), asked.clone(), access.options.timeout).await?;
            if answer.status != http::StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            self.github.forget(&self.repository).await;
        }
        Err(refused(
            "token_refused",
            "GitHub does not take the credential of this installation: it may be over or revoked",
        ))
    }

    /// Waits until one more request that writes may be made.
    async fn pace(&self) {
        let mut wrote = self.wrote.lock().await;
        if let Some(before) = *wrote {
            tokio::time::sleep_until(before + self.github.0.options.writes_apart).await;
        }
        *wrote = Some(Instant::now());
    }

    /// What an answer that is no success means.
    fn error(&self, answer: &Answer) -> Error {
        answer.error(self.github.0.clock.now())
    }

    fn url(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }

    /// Where a file of the site is in the branch. Everything that is written goes through here.
    fn place(&self, name: &str) -> Result<String, Error> {
        let is_hidden = |part: &str| part.is_empty() || part.starts_with('.');
        let is_ours = name == LIST_NAME || name == NOJEKYLL;
        let folder = self.folder.as_ref().map(Folder::as_str);
        let leads_out = folder.is_some_and(|folder| folder.split('/').any(is_hidden))
            || (!is_ours && name.split('/').any(is_hidden));
        if leads_out {
            return Err(refused(
                "refused",
                format!("{name:?} is no place for a file of a site"),
            ));
        }
        Ok(match folder {
            Some(folder) => format!("{folder}/{name}"),
            None => name.to_owned(),
        })
    }

    async fn remove_own(&self) -> Result<(), Error> {
        let snapshot = self.snapshot().await?;
        if snapshot.list.is_none() {
            return Ok(());
        }
        self.write_removal(&snapshot).await
    }
}

impl Target for GithubTarget {
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
        Box::pin(async { Ok(self.snapshot().await?.head.clone()) })
    }

    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>> {
        Box::pin(self.commit_to(head, change))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            for _ in 1..CLEAR_ATTEMPTS {
                match self.remove_own().await {
                    Err(Error::Moved) => {}
                    done => return done,
                }
            }
            self.remove_own().await
        })
    }
}

#[cfg(test)]
mod tests;
