//! Folders that people work in by hand, and buckets as targets.

use domain::site::Target;

use super::{Stage, key};

#[tokio::test]
async fn a_file_that_was_uploaded_can_be_edited_by_hand() {
    let stage = Stage::start().await;
    stage.put("a.md", "# Uploaded\n").await;
    stage.publish().await;
    std::fs::write(stage.file("a.md"), "# By hand\n").expect("it is written");
    stage.publish().await;
    let page = stage.page("a/index.html").await.expect("a page");
    assert!(page.contains("By hand"), "{page}");
    stage.world.stop().await;
}

#[tokio::test]
async fn a_folder_that_was_removed_by_hand_leaves_a_site_without_it() {
    let stage = Stage::start().await;
    stage.put("a/b.md", "# One\n").await;
    stage.put("c.md", "# Two\n").await;
    stage.publish().await;
    std::fs::remove_dir_all(stage.file("a")).expect("it is removed");
    stage.publish().await;
    let site = stage.site(&Stage::tenant()).await;
    assert!(!site.contains_key("a/b/index.html") && site.contains_key("c/index.html"));
    std::fs::remove_file(stage.file("c.md")).expect("it is removed");
    stage.publish().await;
    let site = stage.site(&Stage::tenant()).await;
    assert!(site.contains_key("index.html") && !site.contains_key("c/index.html"));
    stage.world.stop().await;
}

#[tokio::test]
async fn a_site_goes_into_a_bucket_and_what_it_has_no_more_is_removed() {
    let stage = Stage::start().await;
    stage.set_up(|setup| setup.target = Target::S3 {}).await;
    stage.put("a.md", "# One\n").await;
    stage.put("b.md", "# Two\n").await;
    let status = stage.publish().await.status;
    assert_eq!(status.trouble, None);
    let folder = stage.world.variable("SITE_BUCKET");
    let folder = stage.world.data().join("s3").join(folder).join("demo/site");
    assert!(folder.join("a/index.html").is_file());
    stage.delete("a.md").await;
    stage.publish().await;
    assert!(!folder.join("a").exists() && folder.join("b/index.html").is_file());
    stage.world.stop().await;
}

#[tokio::test]
async fn where_others_have_all_places_nothing_is_published_and_all_is_reported() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    stage.publish().await;
    let places: Vec<String> = stage.site(&Stage::tenant()).await.into_keys().collect();
    let bucket = stage.world.variable("SITE_BUCKET");
    for place in &places {
        let call = stage.s3.put_object().bucket(&bucket);
        let call = call.key(key(&Stage::tenant(), place));
        let sent = call.body(b"theirs".to_vec().into()).send().await;
        sent.expect("the object is taken");
    }
    stage.set_up(|setup| setup.target = Target::S3 {}).await;
    let status = stage.publish().await.status;
    assert_eq!((status.published, status.trouble), (None, None));
    let reported = status.reports.into_iter();
    let reported: Vec<_> = reported.map(|report| (report.file, report.code)).collect();
    let taken = |place| (place, "foreign_file".to_owned());
    assert_eq!(
        reported,
        places.clone().into_iter().map(taken).collect::<Vec<_>>()
    );
    let folder = stage.world.data().join("s3").join(bucket).join("demo/site");
    for place in places {
        let there = std::fs::read_to_string(folder.join(&place)).expect("it is there");
        assert_eq!(there, "theirs", "{place}");
    }
    stage.world.stop().await;
}

#[tokio::test]
async fn a_folder_of_thousands_is_listed_whole() {
    let stage = Stage::start().await;
    let folder = stage.file("posts");
    std::fs::create_dir_all(&folder).expect("it is made");
    for number in 0..2_500 {
        std::fs::write(folder.join(format!("{number}.txt")), "").expect("it is written");
    }
    let markdown: bucket::MarkdownBucket = stage.world.get();
    let listed = markdown.list("demo/site/", 5_000).await.expect("a listing");
    assert_eq!(listed.len(), 2_500);
    assert!(listed.is_sorted_by(|a, b| a.key < b.key));
    let refused = markdown.list("demo/site/", 2_000).await;
    assert!(matches!(
        refused,
        Err(bucket::Error::TooMany { max: 2_000, .. })
    ));
    stage.world.stop().await;
}
