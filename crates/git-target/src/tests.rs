use std::process::Command;

use site_target::LIST_NAME;
use site_target_contract::{MESSAGE, Place, contract, publish, site};
use tempfile::TempDir;

use super::*;

struct Local {
    folder: TempDir,
}

impl Local {
    fn git(&self) -> GitTarget {
        let at = || domain::Timestamp::from_second(1_700_000_000).unwrap();
        GitTarget::new(self.folder.path().join("a/site.git"), Clock::new(at))
    }
}

async fn local() -> Local {
    Local {
        folder: TempDir::new().unwrap(),
    }
}

impl Place for Local {
    fn target(&self) -> BoxFuture<'_, Box<dyn Target>> {
        Box::pin(async { Box::new(self.git()) as Box<dyn Target> })
    }

    fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let repository = Repository::open(&self.git().path).unwrap();
            repository.put(path, says.as_bytes());
        })
    }

    fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>> {
        Box::pin(async {
            let repository = Repository::open(&self.git().path).unwrap();
            repository.all()
        })
    }

    fn is_atomic(&self) -> bool {
        true
    }
}

contract!(local);

#[tokio::test]
async fn git_itself_finds_nothing_wrong() {
    let place = local().await;
    let target = place.git();
    publish(&target, &site(&[("a/b", "1"), ("a.b", "2"), ("c", "3")]))
        .await
        .unwrap();
    publish(&target, &site(&[("a", "1"), ("a-b/c", "2")]))
        .await
        .unwrap();
    let git = |arguments: &[&str]| {
        let ran = Command::new("git")
            .arg("--git-dir")
            .arg(&*target.path)
            .args(arguments)
            .output();
        let ran = ran.expect("git is installed");
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8(ran.stdout).unwrap()
    };
    git(&["fsck", "--strict"]);
    assert_eq!(
        git(&["log", "-1", "--format=%an %at%n%B"]).trim(),
        format!("Cloud Voyages 1700000000\n{MESSAGE}")
    );
    assert_eq!(
        git(&["ls-tree", "-r", "--name-only", "HEAD"]),
        ".cloud-voyages.json\na\na-b/c\n"
    );
}

#[tokio::test]
async fn a_file_of_the_last_commit_is_read() {
    let place = local().await;
    let target = place.git();
    let path = |text: &str| SitePath::parse(text).unwrap();
    assert_eq!(target.file(&path("a/b")).await.unwrap(), None);
    publish(&target, &site(&[("a/b", "1")])).await.unwrap();
    assert_eq!(target.file(&path("a/b")).await.unwrap(), Some("1".into()));
    assert_eq!(target.file(&path("a")).await.unwrap(), None);
    assert_eq!(target.file(&path("a/b/c")).await.unwrap(), None);
}

#[tokio::test]
async fn a_list_that_somebody_has_damaged_is_told() {
    let place = local().await;
    publish(&place.git(), &site(&[("a", "1")])).await.unwrap();
    place.put(LIST_NAME, "{").await;
    let refused = place.git().head().await.unwrap_err();
    let Error::Refused { code, message } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(code, "list_unreadable");
    assert!(message.contains(LIST_NAME), "{message}");
}
