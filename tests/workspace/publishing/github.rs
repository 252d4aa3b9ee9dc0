//! Sites at GitHub, whose stand-in checks each request against GitHub's own schemas.

use std::collections::BTreeMap;

use domain::site::{Branch, Repository, Target};
use github_stand_in::{Fault, StandIn, What};
use serde_json::json;

use super::{Stage, deliver, job};

const REPOSITORY: &str = "acme/site";
const TOKEN: &str = "github_pat_test";

/// A stage whose first tenant's site goes to the stand-in.
async fn stage() -> (Stage, StandIn) {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    stand_in.world().create(REPOSITORY);
    stand_in.world().let_in(TOKEN, None);
    let mut stage = Stage::start().await;
    let secret = json!([{"token": TOKEN, "repositories": ["acme/*"], "tenants": ["demo#*"]}]);
    let file = stage.world.variable("GITHUB_FILE");
    std::fs::write(file, secret.to_string()).expect("it is written");
    let there = [("GITHUB_API_URL", stand_in.url())];
    let there = there.each_ref().map(|(name, url)| (*name, url.as_str()));
    stage.publisher = stage.world.with(&there).deps();
    stage
        .set_up(|setup| {
            setup.target = Target::Github {
                repository: Repository::parse(REPOSITORY).expect("a repository"),
                branch: Branch::parse("main").expect("a branch"),
                folder: None,
            };
        })
        .await;
    (stage, stand_in)
}

/// What is on the branch.
fn branch(stand_in: &StandIn) -> BTreeMap<String, String> {
    let world = stand_in.world();
    let repository = world.named(REPOSITORY).expect("it is there");
    let files = repository.contents("main").into_iter();
    files
        .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
        .collect()
}

/// The next tick of the schedule after a trouble's time, and what it queues.
async fn retried(stage: &Stage) {
    let due_at = stage.row(&Stage::tenant()).await.due_at.expect("it is due");
    let wait = due_at.duration_since(stage.now()).as_secs() + 1;
    stage.world.clock.advance_seconds(wait);
    let ticker: std::sync::Arc<site_due::Deps> = stage.world.deps();
    site_due::handle(&ticker).await.expect("a tick");
    let taken = stage.row(&Stage::tenant()).await.due_at;
    assert!(taken > Some(due_at), "the tick takes it");
    let failed = deliver(&stage.publisher, &[job(&Stage::tenant())]).await;
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn a_folder_is_one_commit_and_files_of_others_stay() {
    let (stage, stand_in) = stage().await;
    stage.put("a.md", "# One\n").await;
    stage.put("img/x.png", "no picture").await;
    let status = stage.publish().await.status;
    assert_eq!(status.trouble, None);
    let there = branch(&stand_in);
    assert!(there["a/index.html"].contains("One") && there.contains_key(".nojekyll"));
    assert_eq!(there["img/x.png"], "no picture");
    let published = status.published.expect("it is published");
    assert!(published.url.is_some(), "{published:?}");
    assert_eq!(published.message, "Publish 2 files");

    stage.delete("a.md").await;
    stage.publish().await;
    assert!(!branch(&stand_in).contains_key("a/index.html"));
    assert_eq!(stand_in.world().violations, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_leads_to_the_page_of_somebody_else() {
    let (stage, stand_in) = stage().await;
    let theirs = ("lamp/index.html".to_owned(), Some("theirs".into()));
    let pushed = stand_in.world().push(REPOSITORY, "main", vec![theirs]);
    pushed.expect("it is pushed");
    let lamp = "---\ndate: 2020-01-01\n---\n# A lamp\n";
    stage.put("lamp.md", lamp).await;
    stage.put("a.md", "See [the lamp](lamp.md).\n").await;
    let status = stage.publish().await.status;
    let reports = status.reports.iter();
    let reports: Vec<_> = reports
        .map(|one| (one.file.as_str(), one.code.as_str()))
        .collect();
    assert_eq!(
        reports,
        [("a.md", "broken_link"), ("lamp.md", "foreign_file")]
    );
    let there = branch(&stand_in);
    assert_eq!(there["lamp/index.html"], "theirs");
    for (path, text) in there.iter().filter(|(path, _)| *path != "a/index.html") {
        assert!(
            !text.contains("A lamp") && !text.contains("lamp/"),
            "{path}: {text}"
        );
    }

    // Once it is gone there, the page is published.
    let gone = ("lamp/index.html".to_owned(), None);
    let pushed = stand_in.world().push(REPOSITORY, "main", vec![gone]);
    pushed.expect("it is removed");
    assert!(stage.publish().await.status.reports.is_empty());
    assert!(branch(&stand_in)["feed.xml"].contains("A lamp"));
    assert_eq!(stand_in.world().violations, Vec::<String>::new());
}

#[tokio::test]
async fn what_github_refuses_is_kept_and_published_when_it_takes_it() {
    let (stage, stand_in) = stage().await;
    stage.put("a.md", "# One\n").await;
    stage.publish().await;
    stage.put("b.md", "# Two\n").await;
    let answer = |status: u16, message: &str| What::Answer {
        status,
        message: message.to_owned(),
        headers: BTreeMap::new(),
    };
    let protected = What::Graphql {
        kind: "BRANCH_PROTECTION_RULE_VIOLATION".to_owned(),
        message: "At least 1 approving review is required".to_owned(),
    };
    for (code, on, what) in [
        ("branch_protected", "createCommitOnBranch", protected),
        ("unavailable", "/", answer(503, "Service Unavailable")),
    ] {
        let before = branch(&stand_in);
        let fault = Fault {
            on: on.to_owned(),
            times: 50,
            what,
        };
        stand_in.world().faults.push(fault);
        let trouble = stage.publish().await.status.trouble.expect("it is told");
        assert_eq!(trouble.code, code);
        assert_eq!(branch(&stand_in), before, "nothing is half there");
        stand_in.world().faults.clear();
    }
    // A token that has expired, too; its time is the schedule's.
    stand_in.world().revoke(TOKEN);
    retried(&stage).await;
    let trouble = stage.status().await.trouble.expect("it is told");
    assert_eq!(
        (trouble.code.as_str(), trouble.attempts),
        ("token_refused", 3)
    );
    stand_in.world().let_in(TOKEN, None);
    retried(&stage).await;
    assert_eq!(stage.status().await.trouble, None);
    assert!(branch(&stand_in).contains_key("b/index.html"));
    assert_eq!(stand_in.world().violations, Vec::<String>::new());
}

#[tokio::test]
async fn somebody_elses_push_in_between_is_kept_and_the_site_follows() {
    let (stage, stand_in) = stage().await;
    stage.put("a.md", "# One\n").await;
    stage.publish().await;
    stage.put("b.md", "# Two\n").await;
    let what = What::Push {
        repository: REPOSITORY.to_owned(),
        branch: "main".to_owned(),
        path: "theirs.txt".to_owned(),
    };
    let on = "createCommitOnBranch".to_owned();
    stand_in.world().faults.push(Fault { on, times: 1, what });
    assert_eq!(stage.publish().await.status.trouble, None);
    let there = branch(&stand_in);
    let requests = stand_in.world().requests.clone();
    assert!(
        there.contains_key("theirs.txt") && there.contains_key("b/index.html"),
        "{requests:?}"
    );
    assert_eq!(stand_in.world().violations, Vec::<String>::new());
}
