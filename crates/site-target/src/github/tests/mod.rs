//! Against a stand-in, which checks all requests against GitHub's published schemas.

mod apps;
mod faults;
mod large;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use github_stand_in::{Fault, StandIn, What};
use secrecy::SecretString;
use site_target_contract::{MESSAGE, Place, Site, contract, publish, site};

use super::*;
use crate::LIST_NAME;

const REPOSITORY: &str = "acme/site";
const TOKEN: &str = "github_pat_test";

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
        let clock = Clock::new(|| domain::Timestamp::from_second(1_800_000_000).unwrap());
        let options = GithubOptions {
            api: Url::parse(&format!("{}{}", self.stand_in.url(), self.api)).unwrap(),
            timeout: Duration::from_secs(30),
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

/// Every change as objects, as if it was large.
mod by_objects {
    use super::*;

    struct Unsized(AtGithub);

    /// Hands a change on without saying how large it is.
    struct Opened(GithubTarget);

    struct Quiet<'a>(&'a dyn crate::Contents);

    impl crate::Contents for Quiet<'_> {
        fn bytes<'a>(
            &'a self,
            path: &'a domain::site::SitePath,
        ) -> BoxFuture<'a, Result<Bytes, Error>> {
            self.0.bytes(path)
        }

        fn size(&self, _: &domain::site::SitePath) -> Option<u64> {
            None
        }
    }

    impl Target for Opened {
        fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
            self.0.head()
        }

        fn commit<'a>(
            &'a self,
            head: &'a Head,
            change: Change<'a>,
        ) -> BoxFuture<'a, Result<Committed, Error>> {
            Box::pin(async move {
                let quiet = Quiet(change.contents);
                let change = Change {
                    contents: &quiet,
                    ..change
                };
                self.0.commit(head, change).await
            })
        }

        fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
            self.0.clear()
        }
    }

    impl Place for Unsized {
        fn target(&self) -> BoxFuture<'_, Box<dyn Target>> {
            Box::pin(async { Box::new(Opened(self.0.open().await.unwrap())) as Box<dyn Target> })
        }

        fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()> {
            self.0.put(path, says)
        }

        fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>> {
            self.0.files()
        }

        fn is_atomic(&self) -> bool {
            true
        }
    }

    async fn place() -> Unsized {
        Unsized(AtGithub::new(Some("docs/site")).await)
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

#[tokio::test]
async fn a_look_is_two_requests_and_a_small_change_one_more() {
    let place = AtGithub::new(Some("docs")).await;
    published(&place, &small()).await;
    place.stand_in.world().requests.clear();
    let committed = published(&place, &site(&[("index.html", "2")])).await;
    let requests = place.requests();
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert_eq!(
        committed.url,
        Some(format!(
            "https://github.com/acme/site/commit/{}",
            committed.id
        ))
    );
    let world = place.stand_in.world();
    let commit = world
        .named(REPOSITORY)
        .unwrap()
        .commit(&committed.id)
        .unwrap()
        .clone();
    assert_eq!(commit.message, MESSAGE);
}

#[tokio::test]
async fn a_branch_of_its_own_without_a_folder() {
    let place = AtGithub::empty(None).await;
    place.push("README.md", Some("theirs"));
    published(&place, &small()).await;
    let names: Vec<_> = place.branch().into_keys().collect();
    assert_eq!(
        names,
        [LIST_NAME, NOJEKYLL, "README.md", "a/b.html", "index.html"]
    );
    place.open().await.unwrap().clear().await.unwrap();
    assert_eq!(
        place.branch().into_keys().collect::<Vec<_>>(),
        ["README.md"]
    );
}

#[tokio::test]
async fn a_nojekyll_of_others_stays_theirs() {
    let place = AtGithub::new(Some("docs")).await;
    place.push("docs/.nojekyll", Some("theirs"));
    published(&place, &small()).await;
    place.open().await.unwrap().clear().await.unwrap();
    assert_eq!(place.branch().get("docs/.nojekyll"), Some(&"theirs".into()));
    assert_eq!(place.branch().len(), 2);
}

#[tokio::test]
async fn a_repository_without_a_commit_gets_one() {
    for folder in [None, Some("docs/site")] {
        let place = AtGithub::empty(folder).await;
        assert_eq!(
            place.open().await.unwrap().head().await.unwrap(),
            Head::default()
        );
        published(&place, &small()).await;
        let index = format!("{}index.html", place.prefix());
        assert_eq!(place.branch().get(&index), Some(&"<p>Hello".into()));
        let again = place.open().await.unwrap();
        assert_eq!(publish(&again, &small()).await.unwrap().0, None);
        // Whatever else is said of it, nothing of a site stays.
        again.clear().await.unwrap();
        assert!(!place.branch().contains_key(&index));
    }
}

#[tokio::test]
async fn a_branch_that_is_missing_is_made_without_the_files_of_others() {
    let place = AtGithub::empty(None).await;
    place
        .stand_in
        .world()
        .push(REPOSITORY, "source", vec![("x".into(), Some("x".into()))])
        .unwrap();
    published(&place, &small()).await;
    let names: Vec<_> = place.branch().into_keys().collect();
    assert_eq!(names, [LIST_NAME, NOJEKYLL, "a/b.html", "index.html"]);
}

#[tokio::test]
async fn a_file_in_the_place_of_the_folder_is_told() {
    let place = AtGithub::new(Some("docs/site")).await;
    place.push("docs", Some("a file"));
    let target = place.open().await.unwrap();
    let refused = publish(&target, &small()).await;
    assert!(
        matches!(
            refused,
            Err(Error::Refused {
                code: "folder_taken",
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(place.branch().get("docs"), Some(&"a file".into()));
}

#[tokio::test]
async fn a_link_of_others_is_not_written_through() {
    let place = AtGithub::new(Some("docs")).await;
    let link = vec![(
        "docs/index.html".to_owned(),
        Some(Bytes::from("../outside.txt")),
    )];
    place
        .stand_in
        .world()
        .named_mut(REPOSITORY)
        .unwrap()
        .push("main", link, "120000")
        .unwrap();
    let target = place.open().await.unwrap();
    let same = site(&[("index.html", "../outside.txt")]);
    let (committed, foreign) = publish(&target, &same).await.unwrap();
    assert!(committed.is_none());
    assert_eq!(foreign.len(), 1);
}

#[tokio::test]
async fn an_own_file_that_became_a_link_becomes_a_file_again() {
    let place = AtGithub::new(Some("docs")).await;
    published(&place, &small()).await;
    let link = vec![(
        "docs/index.html".to_owned(),
        Some(Bytes::from("../outside.txt")),
    )];
    place
        .stand_in
        .world()
        .named_mut(REPOSITORY)
        .unwrap()
        .push("main", link, "120000")
        .unwrap();
    published(&place, &small()).await;
    let world = place.stand_in.world();
    let repository = world.named(REPOSITORY).unwrap();
    let tree = repository
        .commit(&repository.branches["main"])
        .unwrap()
        .tree
        .clone();
    assert_eq!(
        repository.entry(&tree, "docs/index.html").unwrap().mode,
        "100644"
    );
}

#[tokio::test]
async fn a_list_that_somebody_has_broken_is_told() {
    let place = AtGithub::new(Some("docs")).await;
    published(&place, &small()).await;
    let before = place.branch();
    place.push("docs/.cloud-voyages.json", Some("<<<<<<< HEAD"));
    let refused = place.open().await.unwrap().head().await;
    let Err(Error::Refused {
        code: "list_unreadable",
        message,
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert!(message.contains("docs/.cloud-voyages.json"), "{message}");
    place.push(
        "docs/.cloud-voyages.json",
        std::str::from_utf8(&before["docs/.cloud-voyages.json"]).ok(),
    );
    place.open().await.unwrap().head().await.unwrap();
}

#[tokio::test]
async fn places_lead_out_of_the_folder_never() {
    let place = AtGithub::new(Some("docs")).await;
    let target = place.open().await.unwrap();
    for name in [
        "../x",
        ".github/workflows/x.yml",
        "a/.git/config",
        "",
        "a//b",
        "a/.cloud-voyages.json",
    ] {
        assert!(target.place(name).is_err(), "{name:?}");
    }
    assert_eq!(target.place(LIST_NAME).unwrap(), "docs/.cloud-voyages.json");
}

#[tokio::test]
async fn github_enterprise_has_its_addresses() {
    let mut place = AtGithub::new(Some("docs")).await;
    place.api = "/api/v3";
    published(&place, &small()).await;
    let requests = place.requests();
    assert!(requests[0].starts_with("POST /api/graphql"), "{requests:?}");
    assert!(
        requests[1].starts_with("GET /api/v3/repos/acme/site/git/trees/"),
        "{requests:?}"
    );
}

#[test]
fn an_address_that_is_not_private_is_refused() {
    for (api, is_taken) in [
        ("https://github.example/api/v3", true),
        ("http://127.0.0.1:8080", true),
        ("http://github.example", false),
        ("http://127.0.0.1.example", false),
        ("ftp://127.0.0.1", false),
    ] {
        let options = GithubOptions {
            api: Url::parse(api).unwrap(),
            ..GithubOptions::default()
        };
        let clock = Clock::new(|| domain::Timestamp::UNIX_EPOCH);
        let made = Github::new(Box::new(Secret::token(TOKEN)), clock, options);
        assert_eq!(made.is_ok(), is_taken, "{api}");
    }
}
