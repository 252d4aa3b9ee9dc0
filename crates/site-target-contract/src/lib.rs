//! What every target of sites must do, whatever it is: [`contract!`] makes a test of each of [`cases`].

pub mod cases;

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use domain::site::{BlobId, SitePath};
use futures::future::BoxFuture;
use site_target::{Change, Committed, Contents, Difference, Error, Target, difference};

/// A place for one site, seen from its target and from others who have files there.
pub trait Place: Send + Sync {
    /// A new target of this place, as another function would open it.
    fn target(&self) -> BoxFuture<'_, Box<dyn Target>>;
    /// Writes a file as somebody else, past the target.
    fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()>;
    /// All files of the site's folder, but for the target's own list.
    fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>>;
    /// Whether a change is seen whole or not at all. Of a bucket it is only promised that the next commit puts it right.
    fn is_atomic(&self) -> bool;
}

/// Makes a test of each case; `$new` is an async function that makes a new, empty [`Place`].
#[macro_export]
macro_rules! contract {
    ($new:path) => {
        $crate::contract!(@ $new:
            a_place_is_empty_at_first,
            what_is_committed_is_there,
            only_what_changed_is_written,
            what_is_gone_is_removed,
            a_file_becomes_a_folder_and_back,
            files_of_others_stay_and_are_told,
            a_file_of_others_that_says_the_same_stays_theirs,
            a_file_has_no_place_among_those_of_others,
            a_change_to_another_state_is_refused,
            the_first_of_two_first_commits_wins,
            contents_that_fail_leave_nothing_half_done,
            clearing_removes_what_is_its_own,
            three_hundred_files_go_in_one_commit,
            any_bytes_and_names_arrive,
        );
    };
    (@ $new:path: $($case:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::cases::$case(&$new().await).await;
            }
        )*
    };
}

/// A site, by its files.
pub type Site = BTreeMap<SitePath, Bytes>;

/// A site of a few texts.
///
/// # Panics
/// Where a path is none.
#[must_use]
pub fn site(files: &[(&str, &str)]) -> Site {
    let entry =
        |(path, says): &(&str, &str)| (path_of(path), Bytes::copy_from_slice(says.as_bytes()));
    files.iter().map(entry).collect()
}

pub(crate) fn path_of(path: &str) -> SitePath {
    SitePath::parse(path).unwrap_or_else(|why| panic!("{path:?} {why}"))
}

/// Contents that are in memory.
#[derive(Debug, Clone)]
pub struct Known(pub Site);

impl Contents for Known {
    fn bytes<'a>(&'a self, path: &'a SitePath) -> BoxFuture<'a, Result<Bytes, Error>> {
        let known = self.0.get(path).cloned();
        let missing = || Error::Contents(Box::new(io::Error::from(io::ErrorKind::NotFound)));
        Box::pin(async move { known.ok_or_else(missing) })
    }

    fn size(&self, path: &SitePath) -> Option<u64> {
        self.0.get(path).map(|bytes| bytes.len() as u64)
    }
}

/// What every commit of these tests says.
pub const MESSAGE: &str = "Publish the site\n\nBecause of a test.";

/// The hashes of a site.
#[must_use]
pub fn wanted(site: &Site) -> BTreeMap<SitePath, BlobId> {
    let entry = |(path, bytes): (&SitePath, &Bytes)| (path.clone(), BlobId::of(bytes));
    site.iter().map(entry).collect()
}

/// A change as the publisher makes it of a difference.
#[must_use]
pub fn change(found: Difference, contents: &dyn Contents) -> Change<'_> {
    Change {
        message: MESSAGE.into(),
        additions: found.additions,
        deletions: found.deletions,
        own: found.own,
        contents,
    }
}

/// Publishes a site as the publisher does it; `None` where there was nothing to do. Also what could not be written.
///
/// # Errors
/// Those of the target.
pub async fn publish(
    target: &dyn Target,
    site: &Site,
) -> Result<(Option<Committed>, Vec<SitePath>), Error> {
    let head = target.head().await?;
    let found = difference(&wanted(site), &head);
    let foreign = found.foreign.iter().cloned().collect();
    if found.is_empty() {
        return Ok((None, foreign));
    }
    let contents = Known(site.clone());
    let committed = target.commit(&head, change(found, &contents)).await?;
    let foreign = [foreign, committed.foreign.clone()].concat();
    Ok((Some(committed), foreign))
}
