//! Against a stand-in, which checks all requests against GitHub's published schemas.
#![expect(clippy::unwrap_used, reason = "a test that can not go on must stop")]

mod apps;
mod by_objects;
mod cases;
mod faults;
mod large;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::site::{Branch, Folder, Repository};
use domain::{Clock, TenantId};
use futures::future::BoxFuture;
use github_stand_in::{Fault, StandIn, What};
use secrecy::SecretString;
use site_target::github::{CredentialSource, Github, GithubOptions, GithubTarget};
use site_target::{Change, Committed, Contents, Error, Head, LIST_NAME, Target};
use site_target_contract::{MESSAGE, Place, Site, contract, publish, site};

use url::Url;

const REPOSITORY: &str = "acme/site";
const TOKEN: &str = "github_pat_test";
const NOJEKYLL: &str = ".nojekyll";

/// A secret that a test can change.
#[derive(Clone)]
struct Secret(Arc<Mutex<Option<String>>>);

impl Secret {
    fn token(token: &str) -> Self {
        Self::new(&format!(
            r#"{{"token": "{token}", "repositories": ["acme/*"], "tenants": ["acme#blog"]}}"#
        ))
    }

    fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(text.into()))))
    }

    fn set(&self, other: &Self) {
        let text = other.0.lock().unwrap().clone();
        *self.0.lock().unwrap() = text;
    }
}

impl CredentialSource for Secret {
    fn load(
        &self,
    ) -> BoxFuture<'_, Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>> {
        let secret = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(secret.map(SecretString::from)) })
    }
}

/// A repository at the stand-in. What the schemas don't allow fails the test in the end.
struct AtGithub {
    stand_in: StandIn,
    secret: Secret,
    folder: Option<&'static str>,
    budget: Duration,
    api: &'static str,
}

impl Drop for AtGithub {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.stand_in.world().violations.clone();
            assert_eq!(violations, Vec::<String>::new());
        }
    }
}

impl AtGithub {
    /// A repository with a first commit of somebody else's, but nothing in the site's folder.
    async fn new(folder: Option<&'static str>) -> Self {
        let place = Self::empty(folder).await;
        place.push("outside.txt", Some("theirs"));
        place
    }

    async fn empty(folder: Option<&'static str>) -> Self {
        let stand_in = StandIn::start(0).await.unwrap();
        stand_in.world().create(REPOSITORY);
        stand_in.world().let_in(TOKEN, None);
        Self {
            stand_in,
            secret: Secret::token(TOKEN),
            folder,
            budget: Duration::from_mins(10),
            api: "",
        }
    }

    fn github(&self) -> Github {
        self.github_within(Duration::from_secs(30))
    }

    fn github_within(&self, timeout: Duration) -> Github {
        let clock = Clock::new(|| domain::Timestamp::from_second(1_800_000_000).unwrap());
        let options = GithubOptions {
            api: Url::parse(&format!("{}{}", self.stand_in.url(), self.api)).unwrap(),
            timeout,
            writes_apart: Duration::ZERO,
        };
        Github::new(Box::new(self.secret.clone()), clock, options).unwrap()
    }

    async fn open(&self) -> Result<GithubTarget, Error> {
        self.open_by(&self.github()).await
    }

    async fn open_by(&self, github: &Github) -> Result<GithubTarget, Error> {
        let tenant = TenantId::parse("acme#blog").unwrap();
        let repository = Repository::parse(REPOSITORY).unwrap();
        let folder = self.folder.map(|folder| Folder::parse(folder).unwrap());
        let branch = Branch::parse("main").unwrap();
        github
            .open(&tenant, &repository, &branch, folder.as_ref(), self.budget)
            .await
    }

    fn push(&self, path: &str, says: Option<&str>) {
        let file = (
            path.to_owned(),
            says.map(|says| Bytes::copy_from_slice(says.as_bytes())),
        );
        self.stand_in
            .world()
            .push(REPOSITORY, "main", vec![file])
            .unwrap();
    }

    fn fail(&self, on: &str, what: What) {
        let on = on.into();
        self.stand_in
            .world()
            .faults
            .push(Fault { on, times: 1, what });
    }

    fn answer(&self, on: &str, status: u16, message: &str, headers: &[(&str, &str)]) {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (message, headers) = (message.into(), headers.collect());
        self.fail(
            on,
            What::Answer {
                status,
                message,
                headers,
            },
        );
    }

    /// Everything in the branch.
    fn branch(&self) -> BTreeMap<String, Bytes> {
        self.stand_in
            .world()
            .named(REPOSITORY)
            .unwrap()
            .contents("main")
    }

    fn commit(&self) -> Option<String> {
        self.stand_in
            .world()
            .named(REPOSITORY)
            .unwrap()
            .branches
            .get("main")
            .cloned()
    }

    fn requests(&self) -> Vec<String> {
        self.stand_in.world().requests.clone()
    }

    fn prefix(&self) -> String {
        self.folder
            .map(|folder| format!("{folder}/"))
            .unwrap_or_default()
    }
}

impl Place for AtGithub {
    fn target(&self) -> BoxFuture<'_, Box<dyn Target>> {
        Box::pin(async { Box::new(self.open().await.unwrap()) as Box<dyn Target> })
    }

    fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.push(&format!("{}{path}", self.prefix()), Some(says)) })
    }

    fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>> {
        Box::pin(async {
            let branch = self.branch();
            assert_eq!(branch.get("outside.txt"), Some(&"theirs".into()));
            let prefix = self.prefix();
            let within = branch
                .into_iter()
                .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes)));
            let ours = [LIST_NAME, NOJEKYLL, "outside.txt"];
            within
                .filter(|(path, _)| !ours.contains(&path.as_str()))
                .collect()
        })
    }

    fn is_atomic(&self) -> bool {
        true
    }
}

mod in_a_folder {
    use super::*;

    async fn place() -> AtGithub {
        AtGithub::new(Some("docs/site")).await
    }

    contract!(place);
}

fn small() -> Site {
    site(&[("index.html", "<p>Hello"), ("a/b.html", "<p>b")])
}

async fn published(place: &AtGithub, site: &Site) -> Committed {
    let target = place.open().await.unwrap();
    publish(&target, site).await.unwrap().0.unwrap()
}
