//! What has to be changed for a target to be as it should.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use domain::site::{BlobId, SitePath};

use crate::Head;

/// The way from what is there to what should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files to write.
    pub additions: BTreeMap<SitePath, BlobId>,
    /// The site's own files that it has no more.
    pub deletions: BTreeSet<SitePath>,
    /// Files that can't be written because somebody else has one at their place.
    pub foreign: BTreeSet<SitePath>,
    /// The site's own files once it is done.
    pub own: BTreeMap<SitePath, BlobId>,
}

impl Difference {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.additions.is_empty() && self.deletions.is_empty()
    }
}

/// Compares what should be with what is there. Files of others are neither written over nor removed; one that already says the
/// same stays theirs, and needs nothing. A file has no place where others have a folder, nor in a folder where others have a file.
#[must_use]
pub fn difference(wanted: &BTreeMap<SitePath, BlobId>, head: &Head) -> Difference {
    let is_own = |path: &str| SitePath::parse(path).is_ok_and(|path| head.own.contains_key(&path));
    let foreign = head.files.keys().map(String::as_str);
    let foreign: BTreeSet<&str> = foreign.filter(|path| !is_own(path)).collect();

    let mut found = Difference::default();
    for (path, blob) in wanted {
        let there = head.files.get(path.as_str());
        if there == Some(blob) {
            // Who owned it because it is the same could change or remove it then.
            if head.own.contains_key(path) {
                found.own.insert(path.clone(), *blob);
            }
        } else if has_no_place(path.as_str(), &foreign)
            || folders(path.as_str()).any(|folder| contains(&found.own, folder))
        {
            found.foreign.insert(path.clone());
        } else {
            found.own.insert(path.clone(), *blob);
            found.additions.insert(path.clone(), *blob);
        }
    }
    let gone = head
        .own
        .keys()
        .filter(|path| !found.own.contains_key(*path) && head.files.contains_key(path.as_str()));
    found.deletions = gone.cloned().collect();
    found
}

fn has_no_place(path: &str, foreign: &BTreeSet<&str>) -> bool {
    let inside = format!("{path}/");
    let first_inside = foreign
        .range::<str, _>((Bound::Included(inside.as_str()), Bound::Unbounded))
        .next();
    foreign.contains(path)
        || folders(path).any(|folder| foreign.contains(folder))
        || first_inside.is_some_and(|first| first.starts_with(&inside))
}

/// Whether a file is wanted where another one needs a folder: no target can have both, and the shorter path comes first.
fn contains(files: &BTreeMap<SitePath, BlobId>, path: &str) -> bool {
    SitePath::parse(path).is_ok_and(|path| files.contains_key(&path))
}

/// The folders that a path is in, the outermost first.
pub(crate) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> SitePath {
        SitePath::parse(text).unwrap()
    }

    fn files(list: &[(&str, &str)]) -> BTreeMap<SitePath, BlobId> {
        let entry = |(name, says): &(&str, &str)| (path(name), BlobId::of(says.as_bytes()));
        list.iter().map(entry).collect()
    }

    /// A head of own files, and of others' besides.
    fn head(own: &[(&str, &str)], others: &[(&str, &str)]) -> Head {
        let both = own.iter().chain(others);
        let entry = |(name, says): &(&str, &str)| ((*name).to_owned(), BlobId::of(says.as_bytes()));
        Head {
            id: Some("1".into()),
            files: both.map(entry).collect(),
            own: files(own),
        }
    }

    fn names(found: &Difference) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
        (
            found.additions.keys().map(SitePath::as_str).collect(),
            found.deletions.iter().map(SitePath::as_str).collect(),
            found.foreign.iter().map(SitePath::as_str).collect(),
        )
    }

    #[test]
    fn what_is_new_changed_or_gone_is_told_and_nothing_else() {
        let head = head(
            &[("same", "1"), ("changed", "1"), ("gone", "1")],
            &[("README", "x")],
        );
        let wanted = files(&[("same", "1"), ("changed", "2"), ("new", "1")]);
        let found = difference(&wanted, &head);
        assert_eq!(
            names(&found),
            (vec!["changed", "new"], vec!["gone"], vec![])
        );
        assert_eq!(found.own, wanted);
    }

    #[test]
    fn a_file_of_others_stays_and_is_told() {
        let head = head(&[], &[("index.html", "theirs"), ("same", "1")]);
        let found = difference(&files(&[("index.html", "ours"), ("same", "1")]), &head);
        assert_eq!(names(&found), (vec![], vec![], vec!["index.html"]));
        assert!(found.is_empty());
        assert!(found.own.is_empty());
    }

    #[test]
    fn a_file_has_no_place_where_others_have_a_folder() {
        let found = difference(&files(&[("a", "1")]), &head(&[], &[("a/.hidden", "x")]));
        assert_eq!(names(&found), (vec![], vec![], vec!["a"]));
        let beside = difference(&files(&[("a", "1")]), &head(&[], &[("a-b/c", "x")]));
        assert_eq!(names(&beside), (vec!["a"], vec![], vec![]));
    }

    #[test]
    fn a_file_has_no_place_within_a_file_of_others() {
        let found = difference(&files(&[("a/b/c", "1")]), &head(&[], &[("a", "x")]));
        assert_eq!(names(&found), (vec![], vec![], vec!["a/b/c"]));
    }

    #[test]
    fn an_own_file_becomes_a_folder_and_a_folder_a_file() {
        let found = difference(&files(&[("a/b", "1")]), &head(&[("a", "1")], &[]));
        assert_eq!(names(&found), (vec!["a/b"], vec!["a"], vec![]));
        let found = difference(&files(&[("a", "1")]), &head(&[("a/b", "1")], &[]));
        assert_eq!(names(&found), (vec!["a"], vec!["a/b"], vec![]));
    }

    #[test]
    fn what_others_have_removed_already_is_not_removed() {
        let mut head = head(&[("a", "1")], &[]);
        head.files.clear();
        assert!(difference(&BTreeMap::new(), &head).is_empty());
    }

    #[test]
    fn an_own_file_that_others_have_edited_is_written_again() {
        let mut head = head(&[("a", "1")], &[]);
        head.files.insert("a".into(), BlobId::of(b"edited"));
        let found = difference(&files(&[("a", "1")]), &head);
        assert_eq!(names(&found), (vec!["a"], vec![], vec![]));
    }

    /// Few names and few contents, so that all kinds of meetings happen.
    fn tree() -> impl Strategy<Value = BTreeMap<SitePath, BlobId>> {
        let part = prop_oneof!["a", "b", "c"];
        let name = proptest::collection::vec(part, 1..4).prop_map(|parts| path(&parts.join("/")));
        let blob = (0_u8..3).prop_map(|number| BlobId::of(&[number]));
        proptest::collection::btree_map(name, blob, 0..8).prop_map(without_files_as_folders)
    }

    fn without_files_as_folders(
        mut files: BTreeMap<SitePath, BlobId>,
    ) -> BTreeMap<SitePath, BlobId> {
        let names: BTreeSet<String> = files.keys().map(ToString::to_string).collect();
        files.retain(|name, _| !folders(name.as_str()).any(|folder| names.contains(folder)));
        files
    }

    proptest! {
        #[test]
        fn following_it_ends_where_it_should(wanted in tree(), there in tree(), listed in tree()) {
            let text = |files: &BTreeMap<SitePath, BlobId>| -> BTreeMap<String, BlobId> {
                files.iter().map(|(name, blob)| (name.to_string(), *blob)).collect()
            };
            let head = Head { id: None, files: text(&there), own: listed.clone() };
            let found = difference(&wanted, &head);

            let mut after = there.clone();
            after.retain(|name, _| !found.deletions.contains(name));
            after.extend(found.additions.clone());
            // It can be written: no file is also a folder.
            prop_assert_eq!(&without_files_as_folders(after.clone()), &after);
            // Files of others are as they were.
            for (name, blob) in there.iter().filter(|(name, _)| !listed.contains_key(*name)) {
                prop_assert_eq!(after.get(name), Some(blob));
            }
            // What is wanted is there or told of.
            for (name, blob) in &wanted {
                prop_assert!(after.get(name) == Some(blob) || found.foreign.contains(name));
            }
            // Own files that are not wanted are gone, and the list is true.
            for name in listed.keys().filter(|name| !found.own.contains_key(*name)) {
                prop_assert!(!after.contains_key(name));
            }
            for (name, blob) in &found.own {
                prop_assert_eq!(after.get(name), Some(blob));
            }
            // A second look finds nothing to do.
            let next = Head { id: None, files: text(&after), own: found.own.clone() };
            let again = difference(&wanted, &next);
            prop_assert!(again.is_empty());
            prop_assert_eq!(again.foreign, found.foreign);
        }
    }
}
