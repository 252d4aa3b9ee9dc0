use domain::Timestamp;

use super::*;

struct NoSecret;

impl CredentialSource for NoSecret {
    fn load(
        &self,
    ) -> BoxFuture<
        '_,
        Result<Option<secrecy::SecretString>, Box<dyn std::error::Error + Send + Sync>>,
    > {
        Box::pin(async { Ok(None) })
    }
}

fn target() -> GithubTarget {
    let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
    let github = Github::new(Box::new(NoSecret), clock, GithubOptions::default());
    GithubTarget {
        github: github.unwrap(),
        tenant: TenantId::parse("acme#blog").unwrap(),
        repository: Repository::parse("acme/site").unwrap(),
        branch: Branch::parse("main").unwrap(),
        folder: Some(Folder::parse("docs").unwrap()),
        budget: Duration::ZERO,
        last: Mutex::default(),
        wrote: tokio::sync::Mutex::default(),
    }
}

#[tokio::test]
async fn no_place_leads_out_of_the_folder() {
    let target = target();
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
    assert_eq!(target.place("a/b").unwrap(), "docs/a/b");
    assert_eq!(target.place(LIST_NAME).unwrap(), "docs/.cloud-voyages.json");
}

#[tokio::test(start_paused = true)]
async fn requests_that_write_keep_their_distance() {
    let target = target();
    let start = Instant::now();
    for _ in 0..81 {
        target.pace().await;
    }
    assert_eq!(start.elapsed(), Duration::from_mins(1));
}
