//! Getting in: credentials to clients.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::clock::SignedDuration;
use domain::site::Repository;
use domain::{Clock, TenantId, Timestamp};
use http::Method;
use octocrab::models::{AppId, InstallationId};
use octocrab::{Octocrab, OctocrabBuilder};
use reqwest::Certificate;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use super::answer::{Answer, Asked, failed, refused};
use super::credentials::{Credential, CredentialSource, Kind};
use super::{Github, GithubOptions};
use crate::Error;

/// How long credentials are used before they are read again.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The way to GitHub, shared by all targets.
pub(super) struct Access {
    credentials: Box<dyn CredentialSource>,
    pub(super) clock: Clock,
    pub(super) options: GithubOptions,
    http: reqwest::Client,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    read_at: Option<Timestamp>,
    secret: Option<SecretString>,
    credentials: Vec<Credential>,
    /// By the credential's number and the repository: tokens of an App are for one repository alone.
    clients: HashMap<(usize, String), Client>,
}

/// Talks to GitHub as somebody. A copy of octocrab's client does not share the token that it was given, so these are shared.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) rest: Arc<Octocrab>,
    pub(super) graphql: Arc<Octocrab>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Access {
    pub(super) fn new(
        credentials: Box<dyn CredentialSource>,
        clock: Clock,
        options: GithubOptions,
    ) -> Result<Self, Error> {
        let api = &options.api;
        let is_loopback = match api.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        if api.scheme() != "https" && !(api.scheme() == "http" && is_loopback) {
            return Err(refused(
                "api_refused",
                "the address of GitHub's API must start with https://",
            ));
        }
        let roots = TLS_SERVER_ROOT_CERTS.iter();
        let roots: Result<Vec<_>, _> = roots.map(|root| Certificate::from_der(root)).collect();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(options.timeout)
            .http1_only()
            .tls_certs_only(roots.map_err(failed)?)
            .build()
            .map_err(failed)?;
        Ok(Self {
            credentials,
            clock,
            options,
            http,
            known: Mutex::default(),
        })
    }

    /// The client for a tenant's site; another one after GitHub has not let in the one before, if there is one by now. An App
    /// always has another token.
    pub(super) async fn client(
        &self,
        tenant: &TenantId,
        repository: &Repository,
        is_refused: bool,
    ) -> Result<Option<Client>, Error> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let is_old = known
            .read_at
            .is_none_or(|at| now.duration_since(at) >= MAX_AGE);
        let is_new = (is_old || is_refused) && self.read(&mut known, now).await?;
        let fits = |credential: &Credential| credential.fits(tenant, repository);
        let Some(index) = known.credentials.iter().position(fits) else {
            return Err(refused(
                "credential_missing",
                format!(
                    "this installation has no credential by which {tenant} may write to {repository}"
                ),
            ));
        };
        let is_token = matches!(known.credentials[index].kind, Kind::Token(_));
        if is_refused && !is_new && is_token {
            return Ok(None);
        }
        let key = (index, repository.as_str().to_ascii_lowercase());
        if let Some(client) = known.clients.get(&key) {
            return Ok(Some(client.clone()));
        }
        let client = self
            .connect(&known.credentials[index].kind, repository)
            .await?;
        known.clients.insert(key, client.clone());
        Ok(Some(client))
    }

    /// Whether there are others now.
    async fn read(&self, known: &mut Known, now: Timestamp) -> Result<bool, Error> {
        let secret = self.credentials.load().await.map_err(Error::Unavailable)?;
        let Some(secret) = secret else {
            return Err(refused(
                "credential_missing",
                "this installation has no credentials for GitHub",
            ));
        };
        known.read_at = Some(now);
        let same = |old: &SecretString| old.expose_secret() == secret.expose_secret();
        if known.secret.as_ref().is_some_and(same) {
            return Ok(false);
        }
        known.credentials = Credential::read_all(&secret).map_err(|why| {
            let message =
                format!("this installation's credentials for GitHub can't be read: {why}");
            known.read_at = None;
            refused("credential_unreadable", message)
        })?;
        known.clients.clear();
        known.secret = Some(secret);
        Ok(true)
    }

    async fn connect(&self, kind: &Kind, repository: &Repository) -> Result<Client, Error> {
        let builder = |base: &Url| {
            let base = base.as_str().trim_end_matches('/');
            let builder = OctocrabBuilder::new().base_uri(base).map_err(failed)?;
            Ok::<_, Error>(match kind {
                Kind::Token(token) => builder.personal_token(token.clone()),
                Kind::App { id, key, .. } => builder.app(AppId(*id), key.clone()),
            })
        };
        let build = |base: &Url| {
            let built = builder(base)?.build_with_reqwest(self.http.clone());
            built.map_err(failed)
        };
        let rest = build(&self.options.api)?;
        let Kind::App { installation, .. } = kind else {
            let graphql = build(&self.options.graphql())?;
            return Ok(Client {
                rest: Arc::new(rest),
                graphql: Arc::new(graphql),
            });
        };
        let installation = match installation {
            Some(id) => *id,
            None => self.installation(&rest, repository).await?,
        };
        let of_it = rest
            .installation_builder(InstallationId(installation))
            .repositories(vec![repository.name().to_owned()])
            .build()
            .map_err(failed)?;
        let of_it = Arc::new(of_it);
        // An App's tokens are asked for where the API is, and GitHub Enterprise has GraphQL elsewhere.
        let graphql = if self.options.graphql() == self.options.api {
            of_it.clone()
        } else {
            let token = of_it
                .installation_token()
                .await
                .map_err(super::answer::of_octocrab)?;
            let base = self.options.graphql();
            let base = base.as_str().trim_end_matches('/');
            let builder = OctocrabBuilder::new().base_uri(base).map_err(failed)?;
            let client = builder
                .personal_token(token)
                .build_with_reqwest(self.http.clone());
            Arc::new(client.map_err(failed)?)
        };
        Ok(Client {
            rest: of_it,
            graphql,
        })
    }

    /// Which installation of the App is the repository's.
    async fn installation(&self, app: &Octocrab, repository: &Repository) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Installation {
            id: u64,
        }
        let asked = Asked::new(Method::GET, format!("/repos/{repository}/installation"));
        let answer = Answer::of(app, asked, self.options.timeout).await?;
        match answer.status.as_u16() {
            200 => Ok(answer.json::<Installation>()?.id),
            404 => Err(refused(
                "token_refused",
                format!("the GitHub App is not installed for {repository}"),
            )),
            _ => Err(answer.error(self.clock.now())),
        }
    }
}

impl Github {
    /// Forgets a client of an App whose token is over, so that the next one asks for another.
    pub(super) async fn forget(&self, repository: &Repository) {
        let mut known = self.0.known.lock().await;
        let name = repository.as_str().to_ascii_lowercase();
        known.clients.retain(|(_, of), _| *of != name);
    }
}
