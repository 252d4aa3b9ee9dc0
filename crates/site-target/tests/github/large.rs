//! Sites that are more than one request can take.

use domain::site::SitePath;

use super::*;

fn path(text: &str) -> SitePath {
    SitePath::parse(text).unwrap()
}

/// 12 MB: texts and what is none.
fn large() -> Site {
    let text = |number: u8| {
        let says = vec![b'a' + number; 1_000_000];
        (path(&format!("text/{number:02}.html")), Bytes::from(says))
    };
    let binary = |number: u8| {
        let says = vec![number | 0x80; 500_000];
        (path(&format!("image/{number:02}.png")), Bytes::from(says))
    };
    (0..10).map(text).chain((0..4).map(binary)).collect()
}

#[tokio::test]
async fn a_large_site_is_one_commit() {
    let place = AtGithub::new(Some("docs")).await;
    let before = place.commit();
    let committed = published(&place, &large()).await;
    let branch = place.branch();
    for (path, bytes) in large() {
        assert_eq!(branch.get(&format!("docs/{path}")), Some(&bytes), "{path}");
    }
    let world = place.stand_in.world();
    let commit = world
        .named(REPOSITORY)
        .unwrap()
        .commit(&committed.id)
        .unwrap();
    assert_eq!(
        Some(commit.parents.clone()),
        before.map(|before| vec![before])
    );
    assert_eq!(commit.message, MESSAGE);
}

/// Each attempt has no time at all, and does one batch all the same.
#[tokio::test]
async fn an_attempt_goes_on_where_the_one_before_had_to_stop() {
    let mut place = AtGithub::new(Some("docs")).await;
    place.budget = Duration::ZERO;
    let before = place.commit();
    let mut attempts = 0;
    loop {
        let target = place.open().await.unwrap();
        match publish(&target, &large()).await {
            Err(Error::Unfinished) => assert_eq!(place.commit(), before),
            done => {
                done.unwrap();
                break;
            }
        }
        attempts += 1;
        assert!(attempts < 20, "it does not get on");
    }
    assert!(attempts > 2, "it was done at once");
    let sent = place
        .requests()
        .iter()
        .filter(|asked| asked.ends_with("/git/blobs"))
        .count();
    assert!(sent <= 4 + 4, "the blobs were sent {sent} times");
    let again = place.open().await.unwrap();
    assert_eq!(publish(&again, &large()).await.unwrap().0, None);
}

#[tokio::test]
async fn blobs_that_github_has_forgotten_are_sent_again() {
    let mut place = AtGithub::new(Some("docs")).await;
    place.budget = Duration::ZERO;
    let target = place.open().await.unwrap();
    assert!(matches!(
        publish(&target, &large()).await,
        Err(Error::Unfinished)
    ));
    place.budget = Duration::from_mins(10);
    place.answer(
        "POST /repos/acme/site/git/trees",
        422,
        "tree.sha 0 is not a valid blob",
        &[],
    );
    let target = place.open().await.unwrap();
    publish(&target, &large()).await.unwrap();
}

#[tokio::test]
async fn an_outage_in_the_middle_leaves_the_branch_and_keeps_the_work() {
    let place = AtGithub::new(Some("docs")).await;
    let before = place.commit();
    for on in ["/git/blobs", "/git/trees", "/git/commits", "PATCH"] {
        place.answer(&format!("POST /repos/acme/site{on}"), 502, "bad", &[]);
        if on == "PATCH" {
            place.stand_in.world().faults.clear();
            place.answer(on, 502, "bad", &[]);
        }
        let target = place.open().await.unwrap();
        let error = publish(&target, &large()).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{on}: {error:?}");
        assert_eq!(place.commit(), before);
    }
    published(&place, &large()).await;
}

#[tokio::test]
async fn a_tree_that_is_not_given_whole_is_read_folder_by_folder() {
    let place = AtGithub::new(Some("docs")).await;
    let file = |number: usize| {
        let name = format!("{}/{}/{number}.html", number % 4, number % 9);
        (path(&name), Bytes::from(format!("{number}")))
    };
    let mut many: Site = (0..github_stand_in::MAX_ENTRIES + 100).map(file).collect();
    published(&place, &many).await;
    place.stand_in.world().requests.clear();
    let target = place.open().await.unwrap();
    let head = target.head().await.unwrap();
    assert_eq!(head.own.len(), many.len());
    assert_eq!(head.files.len(), many.len() + 2);
    many.remove(&path("0/0/0.html"));
    published(&place, &many).await;
    assert!(!place.branch().contains_key("docs/0/0/0.html"));
}

/// The list is longer than GraphQL gives of a file.
#[tokio::test]
async fn a_long_list_is_read_whole() {
    let place = AtGithub::new(Some("docs")).await;
    let file = |number: usize| {
        let name = format!(
            "{}/{}.html",
            "x".repeat(250),
            "y".repeat(240) + &number.to_string()
        );
        (path(&name), Bytes::from(format!("{number}")))
    };
    let many: Site = (0..1_200).map(file).collect();
    published(&place, &many).await;
    assert!(place.branch()["docs/.cloud-voyages.json"].len() > 512 * 1024);
    let target = place.open().await.unwrap();
    assert_eq!(target.head().await.unwrap().own.len(), many.len());
    assert_eq!(publish(&target, &many).await.unwrap().0, None);
}
