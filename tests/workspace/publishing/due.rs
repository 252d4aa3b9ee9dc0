//! What waits for its date.

use domain::Clock;

use super::{Stage, job};

#[tokio::test]
async fn a_date_that_has_come_is_published_by_the_schedule() {
    let stage = Stage::start().await;
    let tomorrow = stage.now() + domain::clock::SignedDuration::from_hours(24);
    let date = tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ");
    stage.put("now.md", "# Now\n").await;
    stage
        .put("later.md", &format!("---\ndate: {date}\n---\n# Later\n"))
        .await;
    stage
        .put("draft.md", "---\ndraft: true\n---\n# Draft\n")
        .await;
    let row = stage.publish().await;
    let waiting: Vec<_> = row
        .status
        .waiting
        .iter()
        .map(|file| file.file.as_str())
        .collect();
    assert_eq!(waiting, ["draft.md", "later.md"]);
    assert!(row.due_at.is_some());
    assert!(stage.page("later/index.html").await.is_none());
    assert_eq!(stage.place.commits(), ["Publish now.md\n\nA now.md\n"]);

    let ticker: std::sync::Arc<site_due::Deps> = stage.world.deps();
    site_due::handle(&ticker).await.expect("a tick");
    assert_eq!(
        stage.row(&Stage::tenant()).await.due_at,
        row.due_at,
        "it is not due yet"
    );
    stage.world.clock.advance_seconds(24 * 60 * 60);
    site_due::handle(&ticker).await.expect("a tick");
    let taken = stage.row(&Stage::tenant()).await.due_at;
    assert!(taken > row.due_at, "the tick takes it");
    assert!(stage.deliver(&[job(&Stage::tenant())]).await.is_empty());
    assert!(stage.page("later/index.html").await.is_some());
    assert!(stage.page("draft/index.html").await.is_none());
    assert_eq!(stage.place.commits(), ["Publish later.md\n\nA later.md\n"]);
    let row = stage.row(&Stage::tenant()).await;
    assert_eq!((row.due_at, row.status.waiting.len()), (None, 1));
    let _: Clock = stage.world.get();
    stage.world.stop().await;
}
