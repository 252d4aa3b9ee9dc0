//! Publishers that overtake each other.

use std::sync::Arc;

use super::place::Then;
use super::{Stage, deliver, job};

/// The stage's own publisher, for use within one of its commits.
fn another(stage: &Stage) -> Arc<md_publisher::Deps> {
    Arc::clone(&stage.publisher)
}

#[tokio::test]
async fn whoever_was_overtaken_looks_again_and_loses_nothing() {
    let stage = Arc::new(Stage::start().await);
    stage.put("a.md", "# One\n").await;
    let (inner, publisher) = (Arc::clone(&stage), another(&stage));
    // While the first is about to commit `a`, it is removed, `b` comes, and another one publishes that.
    let meanwhile = async move {
        inner.delete("a.md").await;
        inner.put("b.md", "# Two\n").await;
        inner.world.clock.advance_seconds(1);
        let failed = deliver(&publisher, &[job(&Stage::tenant())]).await;
        assert!(failed.is_empty());
    };
    stage
        .place
        .at_commit(&Stage::tenant(), Then::After(Box::pin(meanwhile)));
    let status = stage.publish().await.status;
    let site = stage.site(&Stage::tenant()).await;
    assert!(
        !site.contains_key("a/index.html"),
        "a removed page came back"
    );
    assert!(site.contains_key("b/index.html"), "a new page was lost");
    assert_eq!(stage.place.commits().len(), 1);
    assert_eq!(status.trouble, None);
}

#[tokio::test]
async fn two_at_once_end_with_what_the_folder_says() {
    let stage = Arc::new(Stage::start().await);
    for round in 0..5 {
        let (old, new) = (format!("{round}.md"), format!("{}.md", round + 1));
        stage.put(&old, "# Old\n").await;
        let (publisher, bodies) = (another(&stage), [job(&Stage::tenant())]);
        let first = deliver(&publisher, &bodies);
        let second = async {
            stage.delete(&old).await;
            stage.put(&new, "# New\n").await;
            stage.world.clock.advance_seconds(1);
            deliver(&publisher, &bodies).await
        };
        let (first, second) = futures::join!(first, second);
        assert!(first.is_empty() && second.is_empty());
        let site = stage.site(&Stage::tenant()).await;
        assert!(
            site.contains_key(&format!("{}/index.html", round + 1)),
            "{round}"
        );
        assert!(
            !site.contains_key(&format!("{round}/index.html")),
            "{round}"
        );
        stage.delete(&new).await;
        stage.publish().await;
    }
}

#[tokio::test]
async fn what_is_removed_while_it_is_read_is_looked_at_again() {
    let stage = Arc::new(Stage::start().await);
    stage.put("a.md", "# One\n").await;
    stage.put("picture.png", "old").await;
    let inner = Arc::clone(&stage);
    // The picture is read for the commit, when it is not what was listed any more.
    let meanwhile = async move {
        inner.put("picture.png", "new").await;
    };
    stage
        .place
        .at_commit(&Stage::tenant(), Then::After(Box::pin(meanwhile)));
    let status = stage.publish().await.status;
    assert_eq!(status.trouble, None);
    assert_eq!(stage.page("picture.png").await.as_deref(), Some("new"));
    assert_eq!(stage.place.commits().len(), 1);
}

#[tokio::test]
async fn an_older_outcome_takes_no_newer_ones_place() {
    let stage = Arc::new(Stage::start().await);
    stage.put("a.md", "# One\n").await;
    let (inner, publisher) = (Arc::clone(&stage), another(&stage));
    let meanwhile = async move {
        inner.world.clock.advance_seconds(60);
        assert!(
            deliver(&publisher, &[job(&Stage::tenant())])
                .await
                .is_empty()
        );
    };
    let tenant = Stage::tenant();
    stage
        .place
        .at_commit(&tenant, Then::After(Box::pin(meanwhile)));
    stage.place.at_commit(
        &tenant,
        Then::Fails(site_target::Error::Refused {
            code: "branch_protected",
            message: "The branch is protected.".to_owned(),
        }),
    );
    // The inner one is later and refused; the outer one looked before that and commits.
    let status = stage.publish().await.status;
    let trouble = status.trouble.expect("the later one is kept");
    assert_eq!(trouble.code, "branch_protected");
    let commit = status.published.expect("the commit was made all the same");
    assert!(commit.message.contains("a.md"), "{commit:?}");
    assert!(stage.page("a/index.html").await.is_some());
}
