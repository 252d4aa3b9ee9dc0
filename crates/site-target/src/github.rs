//! Stands where the target of GitHub will be.
use crate::{Error, S3Target};
use domain::site::{Branch, Folder, Repository};
use domain::{Clock, TenantId};
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;
pub trait CredentialSource: Send + Sync {
    fn load(
        &self,
    ) -> BoxFuture<'_, Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>>;
}
#[derive(Debug, Clone)]
pub struct Github;
pub struct GithubOptions {
    pub api: Url,
    pub timeout: Duration,
    pub writes_apart: Duration,
}
impl Default for GithubOptions {
    fn default() -> Self {
        Self {
            api: "https://api.github.com/".parse().unwrap(),
            timeout: Duration::from_secs(60),
            writes_apart: Duration::from_millis(750),
        }
    }
}
impl Github {
    pub fn new(_: Box<dyn CredentialSource>, _: Clock, _: GithubOptions) -> Result<Self, Error> {
        Ok(Self)
    }
    pub async fn open(
        &self,
        _: &TenantId,
        _: &Repository,
        _: &Branch,
        _: Option<&Folder>,
        _: Duration,
    ) -> Result<S3Target, Error> {
        Err(Error::Moved)
    }
}
