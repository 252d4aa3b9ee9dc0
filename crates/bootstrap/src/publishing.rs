//! Where sites go.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use gateway::{MissingVariable, Provide};
use secrecy::SecretString;
use site_target::github::{CredentialSource, Github, GithubOptions};
use site_target::{Places, Targets};
use token::SecretSource;
use url::Url;

use crate::secrets::{File, SecretsManager};
use crate::{Env, clients};

/// How long one commit may take. The publisher has 120 s for a batch, of which it needs the others to read and build.
const COMMIT_TIME: Duration = Duration::from_secs(30);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A secret with what lets into GitHub.
struct Credentials(Box<dyn SecretSource>);

impl CredentialSource for Credentials {
    fn load(&self) -> BoxFuture<'_, Result<Option<SecretString>, Failure>> {
        self.0.load()
    }
}

impl Provide<Arc<dyn Targets>> for Env {
    fn provide(&self) -> Result<Arc<dyn Targets>, MissingVariable> {
        let mut places = Places::new(COMMIT_TIME).with_bucket(self.provide()?, self.clock());
        if let Some(credentials) = self.credentials()? {
            let github = Github::new(Box::new(credentials), self.clock(), self.github_options()?);
            // All else that it is made of is part of the program.
            let github = github.map_err(|_| API)?;
            places = places.with_github(github);
        }
        if let Some(git) = &self.git_sites {
            places = places.with_git(Arc::clone(git));
        }
        Ok(Arc::new(places))
    }
}

const API: MissingVariable = MissingVariable("GITHUB_API_URL, as a URL,");

impl Env {
    /// What lets into GitHub: a secret on AWS, a file on a laptop. Without either no site goes there.
    fn credentials(&self) -> Result<Option<Credentials>, MissingVariable> {
        let source: Box<dyn SecretSource> = match (
            self.optional("GITHUB_SECRET_NAME"),
            self.optional("GITHUB_FILE"),
        ) {
            (Some(name), _) => Box::new(SecretsManager {
                client: clients::secrets_manager(self)?,
                name,
            }),
            (None, Some(path)) => Box::new(File(path.into())),
            (None, None) => return Ok(None),
        };
        Ok(Some(Credentials(source)))
    }

    fn github_options(&self) -> Result<GithubOptions, MissingVariable> {
        let mut options = GithubOptions::default();
        if let Some(api) = self.optional("GITHUB_API_URL") {
            options.api = Url::parse(&api).map_err(|_| API)?;
        }
        Ok(options)
    }
}
