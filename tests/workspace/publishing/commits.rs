//! What is uploaded together is one commit, and what changes nothing is none.

use domain::TenantId;
use repository::{Sites, Tenants};

use super::{Stage, changed, job, key};

#[tokio::test]
async fn the_sample_event_publishes_its_site() {
    let stage = Stage::start().await;
    let tenant = stage.other("shop").await;
    stage
        .put_of(
            &tenant,
            "posts/hello world.md",
            "# Hello\n\n|a|\n|-|\n|1|\n",
        )
        .await;
    let event: serde_json::Value = serde_json::from_str(super::SAMPLE).expect("JSON");
    let body = event["Records"][0]["body"]
        .as_str()
        .expect("a body")
        .to_owned();
    assert!(stage.deliver(&[body]).await.is_empty());
    let site = stage.site(&tenant).await;
    let page = site
        .iter()
        .find(|(path, _)| path.starts_with("posts/hello"));
    let (_, page) = page.expect("a page");
    assert!(
        page.contains("Hello") && page.contains("<td>1</td>"),
        "{page}"
    );
    stage.world.stop().await;
}

#[tokio::test]
async fn a_hundred_uploads_are_one_commit() {
    let stage = Stage::start().await;
    let mut bodies = Vec::new();
    for number in 0..100 {
        let path = format!("posts/{number}.md");
        stage.put(&path, &format!("# Post {number}\n")).await;
        bodies.push(changed("ObjectCreated:Put", &key(&Stage::tenant(), &path)));
    }
    assert!(stage.deliver(&bodies).await.is_empty());
    let commits = stage.place.commits();
    assert_eq!(commits.len(), 1);
    assert!(
        commits[0].starts_with("Publish 100 files\n\nA posts/0.md\n"),
        "{}",
        commits[0]
    );
    assert!(stage.page("posts/99/index.html").await.is_some());
    let status = stage.status().await;
    assert_eq!((status.pages, status.trouble), (100, None));
    let published = status.published.expect("it is published");
    assert_eq!(published.message, "Publish 100 files");
    stage.world.stop().await;
}

#[tokio::test]
async fn an_edit_a_rename_and_a_removal_are_a_commit_each_and_nothing_is_none() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n\nfirst\n").await;
    stage.put("b.md", "# Two\n").await;
    stage.publish().await;
    assert_eq!(stage.place.commits().len(), 1);
    let before = stage.publish().await;
    assert!(stage.place.commits().is_empty());

    stage.put("a.md", "# One\n\nsecond\n").await;
    stage.publish().await;
    assert_eq!(stage.place.commits(), ["Publish a.md\n\nM a.md\n"]);
    assert!(
        stage
            .page("a/index.html")
            .await
            .expect("a page")
            .contains("second")
    );

    stage.delete("a.md").await;
    stage.put("c.md", "# One\n\nsecond\n").await;
    stage.publish().await;
    assert_eq!(
        stage.place.commits(),
        ["Rename a.md to c.md\n\nR a.md -> c.md\n"]
    );
    assert!(stage.page("a/index.html").await.is_none());

    stage.delete("b.md").await;
    let after = stage.publish().await;
    assert_eq!(stage.place.commits(), ["Remove b.md\n\nD b.md\n"]);
    assert!(stage.page("b/index.html").await.is_none());
    assert!(after.status.published != before.status.published);
    assert!(after.status.checked_at > before.status.checked_at);
    stage.world.stop().await;
}

#[tokio::test]
async fn the_folder_decides_and_not_what_a_notification_says() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    let key = key(&Stage::tenant(), "a.md");
    let late = changed("ObjectRemoved:Delete", &key);
    assert!(stage.deliver(&[late]).await.is_empty());
    assert!(stage.page("a/index.html").await.is_some());
    stage.delete("a.md").await;
    let late = changed("ObjectCreated:Put", &key);
    assert!(stage.deliver(&[late]).await.is_empty());
    assert!(stage.page("a/index.html").await.is_none());
    stage.world.stop().await;
}

#[tokio::test]
async fn messages_about_nothing_are_done_and_unreadable_ones_fail_alone() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    let nobody = TenantId::new("no", "body").expect("a name");
    let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
    let bodies = [
        job(&Stage::tenant()),
        "poison".to_owned(),
        changed("ObjectCreated:Put", "stray.md"),
        job(&nobody),
        test.to_owned(),
        "{}".to_owned(),
    ];
    assert_eq!(stage.deliver(&bodies).await, ["1", "5"]);
    assert!(stage.page("a/index.html").await.is_some());
    assert_eq!(stage.row(&nobody).await.status.checked_at, None);
    stage.world.stop().await;
}

#[tokio::test]
async fn what_is_due_without_a_site_is_due_no_more() {
    let stage = Stage::start().await;
    let sites: Sites = stage.world.get();
    let nobody = TenantId::new("no", "body").expect("a name");
    sites.ask(&nobody, stage.now()).await.expect("an answer");
    assert!(stage.row(&nobody).await.due_at.is_some());
    assert!(stage.deliver(&[job(&nobody)]).await.is_empty());
    assert_eq!(stage.row(&nobody).await.due_at, None);

    // As where somebody sets a site up at the moment that its tenant is removed.
    stage.set_up(|_| {}).await;
    let tenant = Stage::tenant();
    let tenants: Tenants = stage.world.get();
    tenants.delete(&tenant).await.expect("an answer");
    assert!(stage.row(&tenant).await.due_at.is_some());
    assert!(stage.deliver(&[job(&tenant)]).await.is_empty());
    assert_eq!(stage.row(&tenant).await.due_at, None);
    stage.world.stop().await;
}

#[tokio::test]
async fn a_folder_that_never_had_anything_makes_no_site() {
    let stage = Stage::start().await;
    let row = stage.publish().await;
    assert!(stage.place.commits().is_empty());
    assert!(row.status.checked_at.is_some() && row.status.published.is_none());
    stage.world.stop().await;
}

#[tokio::test]
async fn what_is_left_out_is_reported_and_the_rest_is_published() {
    let stage = Stage::start().await;
    stage.put("good.md", "# Good\n").await;
    stage.put("bad.md", "---\ntitle: [\n---\n# Bad\n").await;
    stage.put("link.md", "[gone](gone.md)\n").await;
    let status = stage.publish().await.status;
    assert!(stage.page("good/index.html").await.is_some());
    let reported: Vec<_> = status
        .reports
        .iter()
        .map(|report| report.file.as_str())
        .collect();
    assert_eq!(reported, ["bad.md", "link.md"]);
    assert_eq!(status.reports_total, 2);
    assert_eq!(
        status
            .reports
            .iter()
            .filter(|report| report.left_out)
            .count(),
        1
    );
    let commits = stage.place.commits();
    assert!(!commits[0].contains("bad.md"), "{}", commits[0]);
    stage.world.stop().await;
}

#[tokio::test]
async fn a_record_that_is_lost_or_damaged_makes_the_same_site() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    stage.put("img/x.png", "no picture").await;
    stage.publish().await;
    let before = stage.site(&Stage::tenant()).await;
    stage.place.commits();
    let records: bucket::BuildBucket = stage.world.get();
    records
        .delete("demo/site/record")
        .await
        .expect("it is removed");
    stage.publish().await;
    records
        .put("demo/site/record", b"nonsense")
        .await
        .expect("it is written");
    stage.publish().await;
    assert!(stage.place.commits().is_empty());
    assert_eq!(stage.site(&Stage::tenant()).await, before);
    stage.world.stop().await;
}
