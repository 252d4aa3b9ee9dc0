//! What has to be done for a folder in the bucket to be equal to one of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bucket::Listed;

use super::folder::File;

/// What has to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) uploads: Vec<File>,
    /// Paths within the folder.
    pub(super) deletions: Vec<String>,
    kept: usize,
}

impl Plan {
    pub(super) fn new(prefix: &str, files: Vec<File>, there: Vec<Listed>) -> Self {
        let there = there.into_iter().filter_map(|object| {
            let path = object.key.strip_prefix(prefix)?.to_owned();
            Some((path, object.etag.trim_matches('"').to_owned()))
        });
        let mut there: BTreeMap<String, String> = there.collect();
        let mut kept = 0;
        let uploads = files.into_iter().filter(|file| {
            // What was uploaded in parts has another name, and is uploaded again.
            let is_same = there
                .remove(&file.path)
                .is_some_and(|etag| etag == file.hash);
            kept += usize::from(is_same);
            !is_same
        });
        Self {
            uploads: uploads.collect(),
            deletions: there.into_keys().collect(),
            kept,
        }
    }

    /// Whether nothing would be left of something.
    pub(super) fn empties(&self) -> bool {
        !self.deletions.is_empty() && self.uploads.is_empty() && self.kept == 0
    }

    /// What is removed before anything is written, and what after: where a folder takes the place of a file, or a file that of a
    /// folder, a laptop's bucket can't have both.
    pub(super) fn deletions_in_order(&self) -> (Vec<&String>, Vec<&String>) {
        let new: BTreeSet<&str> = self.uploads.iter().map(|file| file.path.as_str()).collect();
        let parents: BTreeSet<&str> = new.iter().flat_map(|path| above(path)).collect();
        self.deletions.iter().partition(|path| {
            parents.contains(path.as_str()) || above(path).any(|parent| new.contains(parent))
        })
    }

    /// How much it is.
    pub(super) fn summary(&self) -> String {
        let (uploads, deletions) = (self.uploads.len(), self.deletions.len());
        format!(
            "{uploads} uploaded, {deletions} removed, {} as before",
            self.kept
        )
    }
}

/// The folders that a path is in.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(place, _)| &path[..place])
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.uploads {
            writeln!(f, "+ {}", file.path)?;
        }
        for path in &self.deletions {
            writeln!(f, "- {path}")?;
        }
        let (uploads, deletions) = (self.uploads.len(), self.deletions.len());
        write!(
            f,
            "{uploads} to upload, {deletions} to remove, {} as before",
            self.kept
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(files: &[(&str, &str)], there: &[(&str, &str)]) -> Plan {
        let files = files.iter().map(|(path, hash)| File {
            path: (*path).to_owned(),
            place: path.into(),
            hash: (*hash).to_owned(),
        });
        let there = there.iter().map(|(path, hash)| Listed {
            key: format!("acme/shop/{path}"),
            etag: format!("\"{hash}\""),
            bytes: 1,
        });
        Plan::new("acme/shop/", files.collect(), there.collect())
    }

    #[test]
    fn only_what_differs_is_uploaded_and_what_is_gone_removed() {
        let plan = plan(
            &[("a", "1"), ("b", "2"), ("new", "3")],
            &[("a", "1"), ("b", "9"), ("old", "3")],
        );
        let expected = "+ b\n+ new\n- old\n2 to upload, 1 to remove, 1 as before";
        assert_eq!(plan.to_string(), expected);
        assert!(!plan.empties());
    }

    #[test]
    fn nothing_in_place_of_something_empties() {
        assert!(plan(&[], &[("a", "1")]).empties());
        assert!(!plan(&[], &[]).empties());
        assert!(!plan(&[("a", "1")], &[("a", "1"), ("b", "1")]).empties());
    }

    #[test]
    fn what_stands_in_the_way_goes_first() {
        let plan = plan(
            &[("a/b", "1"), ("c", "1")],
            &[("a", "1"), ("c/d", "1"), ("e", "1")],
        );
        let (first, last) = plan.deletions_in_order();
        assert_eq!(first, ["a", "c/d"]);
        assert_eq!(last, ["e"]);
    }
}
