//! The cases, one thing each. Each panics where the target does something else.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "these are tests, in a crate of their own so that all targets can have them"
)]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use site_target::{Error, Target, difference};

use crate::{Known, Place, Site, change, path_of, publish, site, wanted};

async fn published(place: &dyn Place, site: &Site) {
    let (committed, foreign) = publish(&*place.target().await, site).await.unwrap();
    assert!(committed.is_some(), "nothing was committed");
    assert_eq!(foreign, []);
}

fn texts(site: &Site) -> BTreeMap<String, Bytes> {
    let entry =
        |(path, bytes): (&domain::site::SitePath, &Bytes)| (path.to_string(), bytes.clone());
    site.iter().map(entry).collect()
}

async fn id(target: &dyn Target) -> Option<String> {
    target.head().await.unwrap().id
}

/// Nothing is there.
pub async fn a_place_is_empty_at_first(place: &dyn Place) {
    let head = place.target().await.head().await.unwrap();
    assert!(head.files.is_empty() && head.own.is_empty(), "{head:?}");
}

/// The files, their hashes, whose they are, and the commit's name.
pub async fn what_is_committed_is_there(place: &dyn Place) {
    let site = site(&[
        ("index.html", "<p>Hello"),
        ("a/b/c.css", "x{}"),
        ("a/d.txt", "d"),
    ]);
    let target = place.target().await;
    let (committed, _) = publish(&*target, &site).await.unwrap();
    assert_eq!(place.files().await, texts(&site));

    let head = place.target().await.head().await.unwrap();
    assert_eq!(head.own, wanted(&site));
    assert_eq!(head.id, Some(committed.unwrap().id));
    assert!(difference(&wanted(&site), &head).is_empty());
}

/// A second look at the same site does nothing; one changed file is the only one that is read.
pub async fn only_what_changed_is_written(place: &dyn Place) {
    let mut site = site(&[("a.html", "1"), ("b.html", "1"), ("c/d.html", "1")]);
    published(place, &site).await;
    let before = id(&*place.target().await).await;
    assert_eq!(
        publish(&*place.target().await, &site).await.unwrap().0,
        None
    );
    assert_eq!(id(&*place.target().await).await, before);

    site.insert(path_of("c/d.html"), "2".into());
    let target = place.target().await;
    let head = target.head().await.unwrap();
    let found = difference(&wanted(&site), &head);
    let changed = Known(Site::from([(path_of("c/d.html"), "2".into())]));
    target.commit(&head, change(found, &changed)).await.unwrap();
    assert_eq!(place.files().await, texts(&site));
    assert_ne!(id(&*place.target().await).await, before);
}

/// Deletions, of a folder's last file as well.
pub async fn what_is_gone_is_removed(place: &dyn Place) {
    published(
        place,
        &site(&[("a.html", "1"), ("b/c/d.html", "1"), ("b/e.html", "1")]),
    )
    .await;
    let less = site(&[("a.html", "1"), ("b/e.html", "1")]);
    published(place, &less).await;
    assert_eq!(place.files().await, texts(&less));
    assert_eq!(
        place.target().await.head().await.unwrap().own,
        wanted(&less)
    );
    published(place, &Site::new()).await;
    assert!(place.files().await.is_empty());
}

/// In one commit each.
pub async fn a_file_becomes_a_folder_and_back(place: &dyn Place) {
    let file = site(&[("a", "1"), ("z", "1")]);
    let folder = site(&[("a/b", "1"), ("a/c", "2"), ("z", "1")]);
    for site in [&file, &folder, &file] {
        published(place, site).await;
        assert_eq!(place.files().await, texts(site));
    }
}

/// Neither written over nor removed.
pub async fn files_of_others_stay_and_are_told(place: &dyn Place) {
    published(place, &site(&[("ours.html", "1")])).await;
    place.put("README", "theirs").await;
    place.put("about.html", "theirs").await;
    let target = place.target().await;
    let both = site(&[("ours.html", "2"), ("about.html", "ours")]);
    let (_, foreign) = publish(&*target, &both).await.unwrap();
    assert_eq!(foreign, [path_of("about.html")]);

    let expected = [
        ("README", "theirs"),
        ("about.html", "theirs"),
        ("ours.html", "2"),
    ];
    let mut files = texts(&site(&expected));
    assert_eq!(place.files().await, files);

    // And they stay when the site has nothing any more.
    publish(&*place.target().await, &Site::new()).await.unwrap();
    files.remove("ours.html");
    assert_eq!(place.files().await, files);
}

/// Who could make it their own by saying the same could change it then.
pub async fn a_file_of_others_that_says_the_same_stays_theirs(place: &dyn Place) {
    published(place, &site(&[("ours.html", "1")])).await;
    place.put("CNAME", "example.com").await;
    let same = site(&[("ours.html", "2"), ("CNAME", "example.com")]);
    publish(&*place.target().await, &same).await.unwrap();
    let other = site(&[("ours.html", "3"), ("CNAME", "evil.example")]);
    let (_, foreign) = publish(&*place.target().await, &other).await.unwrap();
    assert_eq!(foreign, [path_of("CNAME")]);
    publish(&*place.target().await, &Site::new()).await.unwrap();
    let files = place.files().await;
    assert_eq!(files, texts(&site(&[("CNAME", "example.com")])));
}

/// Others have `a/.hidden`, and the site would have a file `a`. A bucket has no folders: there both can be.
pub async fn a_file_has_no_place_among_those_of_others(place: &dyn Place) {
    if !place.is_atomic() {
        return;
    }
    published(place, &site(&[("x", "1")])).await;
    place.put("a/.hidden", "theirs").await;
    place.put("b", "theirs").await;
    let both = site(&[("a", "1"), ("b/c", "1"), ("x", "2")]);
    let (_, foreign) = publish(&*place.target().await, &both).await.unwrap();
    assert_eq!(foreign, [path_of("a"), path_of("b/c")]);
    let expected = [("a/.hidden", "theirs"), ("b", "theirs"), ("x", "2")];
    let expected = expected.map(|(path, says)| (path.to_owned(), Bytes::from(says)));
    assert_eq!(place.files().await, BTreeMap::from(expected));
}

/// Whoever looked before somebody else's commit has to look again.
pub async fn a_change_to_another_state_is_refused(place: &dyn Place) {
    published(place, &site(&[("a", "1")])).await;
    let late = place.target().await;
    let head = late.head().await.unwrap();
    published(place, &site(&[("a", "1"), ("b", "1")])).await;
    let before = place.files().await;

    let site = site(&[("a", "late"), ("c", "late")]);
    let found = difference(&wanted(&site), &head);
    let contents = Known(site);
    let refused = late.commit(&head, change(found, &contents)).await;
    assert!(matches!(refused, Err(Error::Moved)), "{refused:?}");
    assert_eq!(place.files().await, before);
}

/// Neither knew of the other.
pub async fn the_first_of_two_first_commits_wins(place: &dyn Place) {
    let late = place.target().await;
    let head = late.head().await.unwrap();
    let first = site(&[("a", "first")]);
    published(place, &first).await;
    let site = site(&[("a", "late")]);
    let found = difference(&wanted(&site), &head);
    let contents = Known(site);
    let refused = late.commit(&head, change(found, &contents)).await;
    assert!(matches!(refused, Err(Error::Moved)), "{refused:?}");
    assert_eq!(place.files().await, texts(&first));
}

/// One of the files can't be read: the error says so, and the next commit is whole.
pub async fn contents_that_fail_leave_nothing_half_done(place: &dyn Place) {
    let old = site(&[("a.html", "1"), ("gone.html", "1")]);
    published(place, &old).await;
    let new = site(&[("a.html", "2"), ("b.html", "2"), ("c/d.html", "2")]);
    let target = place.target().await;
    let head = target.head().await.unwrap();
    let found = difference(&wanted(&new), &head);
    let mut some = new.clone();
    some.remove(&path_of("c/d.html"));
    let contents = Known(some);
    let failed = target.commit(&head, change(found, &contents)).await;
    assert!(matches!(failed, Err(Error::Contents(_))), "{failed:?}");
    if place.is_atomic() {
        assert_eq!(place.files().await, texts(&old));
    }
    published(place, &new).await;
    assert_eq!(place.files().await, texts(&new));
}

/// Others' files stay; a second time there is nothing to do.
pub async fn clearing_removes_what_is_its_own(place: &dyn Place) {
    place.target().await.clear().await.unwrap();
    published(place, &site(&[("a.html", "1"), ("b/c.html", "1")])).await;
    place.put("b/theirs.html", "theirs").await;
    place.target().await.clear().await.unwrap();
    let left = texts(&site(&[("b/theirs.html", "theirs")]));
    assert_eq!(place.files().await, left);
    assert!(place.target().await.head().await.unwrap().own.is_empty());
    place.target().await.clear().await.unwrap();
    assert_eq!(place.files().await, left);
    // It can be made again.
    published(place, &site(&[("a.html", "1")])).await;
}

/// A site of some size.
pub async fn three_hundred_files_go_in_one_commit(place: &dyn Place) {
    let file = |number: usize| {
        let path = format!("posts/{}/{number}/index.html", number % 7);
        (path_of(&path), Bytes::from(format!("<p>{number}")))
    };
    let site: Site = (0..300).map(file).collect();
    published(place, &site).await;
    assert_eq!(place.files().await, texts(&site));
    let less: Site = (100..200).map(file).collect();
    published(place, &less).await;
    assert_eq!(place.files().await, texts(&less));
}

/// What is no text, nothing at all, and names with anything in them that a name may have.
pub async fn any_bytes_and_names_arrive(place: &dyn Place) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let site = Site::from([
        (path_of("image.png"), Bytes::from(every_byte)),
        (path_of("empty"), Bytes::new()),
        (path_of("über 100% #1 & co/日本.html"), "ü".into()),
        (path_of("a+b=c~d'e(f).css"), "\u{feff}bom\r\n".into()),
    ]);
    published(place, &site).await;
    assert_eq!(place.files().await, texts(&site));
    let own: BTreeSet<_> = place
        .target()
        .await
        .head()
        .await
        .unwrap()
        .own
        .into_keys()
        .collect();
    assert_eq!(own, site.into_keys().collect());
}
