//! What is particular to GitHub.

use super::*;

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
async fn github_enterprise_has_its_addresses() {
    let mut place = AtGithub::new(None).await;
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
