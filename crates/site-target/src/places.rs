//! The targets of an installation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bucket::SiteBucket;
use domain::site::{self, Setup};
use domain::{Clock, TenantId};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::github::Github;
use crate::s3::S3Target;
use crate::{Error, Target, Targets};

/// How long an attempt waits for another one that writes to the same bucket: a part of the time that a whole attempt has.
const PATIENCE: Duration = Duration::from_secs(15);

/// Opens the git repository of a tenant.
pub type OpenGit = Arc<dyn Fn(&TenantId) -> Result<Box<dyn Target>, Error> + Send + Sync>;

/// The kinds of targets that this installation has.
#[derive(Clone)]
pub struct Places {
    budget: Duration,
    github: Option<Github>,
    bucket: Option<(SiteBucket, Clock)>,
    git: Option<OpenGit>,
}

impl Places {
    /// None so far; `budget` is how long one commit may take before it is [`Error::Unfinished`].
    #[must_use]
    pub fn new(budget: Duration) -> Self {
        Self {
            budget,
            github: None,
            bucket: None,
            git: None,
        }
    }

    /// With GitHub.
    #[must_use]
    pub fn with_github(mut self, github: Github) -> Self {
        self.github = Some(github);
        self
    }

    /// With a bucket for all sites.
    #[must_use]
    pub fn with_bucket(mut self, bucket: SiteBucket, clock: Clock) -> Self {
        self.bucket = Some((bucket, clock));
        self
    }

    /// With git repositories on this machine.
    #[must_use]
    pub fn with_git(mut self, git: OpenGit) -> Self {
        self.git = Some(git);
        self
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places")
            .field("budget", &self.budget)
            .field("github", &self.github)
            .field("bucket", &self.bucket)
            .field("git", &self.git.is_some())
            .finish()
    }
}

impl Targets for Places {
    fn open<'a>(
        &'a self,
        tenant: &'a TenantId,
        setup: &'a Setup,
    ) -> BoxFuture<'a, Result<Box<dyn Target>, Error>> {
        let opened = match &setup.target {
            site::Target::Github {
                repository,
                branch,
                folder,
            } => match &self.github {
                Some(github) => {
                    let opening =
                        github.open(tenant, repository, branch, folder.as_ref(), self.budget);
                    return opening
                        .map(|target| Ok(Box::new(target?) as Box<dyn Target>))
                        .boxed();
                }
                None => Err(missing("GitHub")),
            },
            site::Target::Git {} => match &self.git {
                Some(git) => git(tenant),
                None => Err(missing("git repositories of its own")),
            },
            site::Target::S3 {} => match &self.bucket {
                Some((bucket, clock)) => {
                    let target = S3Target::new(bucket.clone(), tenant, clock.clone(), self.budget);
                    Ok(Box::new(target.waiting(PATIENCE)) as Box<dyn Target>)
                }
                None => Err(missing("a bucket of sites")),
            },
        };
        futures::future::ready(opened).boxed()
    }
}

fn missing(kind: &str) -> Error {
    Error::Refused {
        code: "target_missing",
        message: format!("this installation has not been given {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_kind_that_was_not_given_is_refused_by_name() {
        let places = Places::new(Duration::ZERO);
        let tenant = TenantId::parse("acme#blog").unwrap();
        for (target, named) in [
            (r#"{"git": {}}"#, "git repositories"),
            (r#"{"s3": {}}"#, "a bucket"),
            (
                r#"{"github": {"repository": "a/b", "branch": "main"}}"#,
                "GitHub",
            ),
        ] {
            let setup = format!(r#"{{"target": {target}, "base_url": "https://example.com"}}"#);
            let setup: Setup = serde_json::from_str(&setup).unwrap();
            match places.open(&tenant, &setup).await {
                Err(Error::Refused { code, message }) => {
                    assert_eq!(code, "target_missing");
                    assert!(message.contains(named), "{message}");
                }
                Err(error) => panic!("{error:?}"),
                Ok(_) => panic!("{target} was opened"),
            }
        }
    }
}
