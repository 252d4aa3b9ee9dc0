//! A change, small or large, and the first commit of a repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::BASE64;
use domain::site::{BlobId, SitePath};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::answer::{Asked, refused};
use super::read::Snapshot;
use super::{GithubTarget, NOJEKYLL};
use crate::difference::folders;
use crate::{Change, Committed, Contents, Error, Head, LIST_NAME, OwnList};

/// The most bytes that are sent in one mutation, a third less than they are in base64.
const MAX_MUTATION: u64 = 8_000_000;
/// The most files of one mutation: GitHub answers no mutation that takes it more than ten seconds.
const MAX_MUTATION_FILES: usize = 400;
/// The largest file that GitHub takes, in bytes.
const MAX_FILE: u64 = 100 * 1024 * 1024;

/// A file to write, by its place in the branch.
pub(super) enum Source<'a> {
    /// One of the site.
    Site(&'a SitePath, BlobId),
    /// One beside it.
    Known(Vec<u8>),
}

/// All that one commit does, by places in the branch.
pub(super) struct Edit<'a> {
    pub(super) message: &'a str,
    pub(super) additions: BTreeMap<String, Source<'a>>,
    pub(super) deletions: BTreeSet<String>,
    pub(super) contents: &'a dyn Contents,
    pub(super) deadline: Instant,
}

#[derive(Deserialize)]
struct FirstCommit {
    commit: Sha,
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

impl Edit<'_> {
    /// What a file to write says, and that it is what was promised.
    pub(super) async fn bytes(&self, place: &str) -> Result<Bytes, Error> {
        match self.additions.get(place) {
            Some(Source::Site(path, blob)) => {
                let bytes = self.contents.bytes(path).await?;
                if BlobId::of(&bytes) == *blob {
                    return Ok(bytes);
                }
                Err(Error::Contents(
                    format!("{path} says something else by now").into(),
                ))
            }
            Some(Source::Known(bytes)) => Ok(Bytes::copy_from_slice(bytes)),
            None => Err(Error::Contents(
                format!("{place} is not to be written").into(),
            )),
        }
    }

    /// How many bytes a file has; as many as are too many where nobody knows.
    pub(super) fn size(&self, place: &str) -> u64 {
        match self.additions.get(place) {
            Some(Source::Site(path, _)) => self.contents.size(path).unwrap_or(MAX_MUTATION),
            Some(Source::Known(bytes)) => bytes.len() as u64,
            None => 0,
        }
    }

    pub(super) fn blob(&self, place: &str) -> Option<BlobId> {
        match self.additions.get(place)? {
            Source::Site(_, blob) => Some(*blob),
            Source::Known(bytes) => Some(BlobId::of(bytes)),
        }
    }

    /// Whether a file takes the place of a folder or a folder that of a file.
    pub(super) fn changes_kinds(&self) -> bool {
        let added =
            |place: &String| folders(place).any(|folder| self.additions.contains_key(folder));
        let deleted = |place: &String| folders(place).any(|folder| self.deletions.contains(folder));
        self.deletions.iter().any(added) || self.additions.keys().any(deleted)
    }

    fn is_small(&self) -> bool {
        let files = self.additions.len() + self.deletions.len();
        let bytes = self
            .additions
            .keys()
            .map(|place| self.size(place))
            .sum::<u64>();
        files <= MAX_MUTATION_FILES && bytes <= MAX_MUTATION
    }
}

impl GithubTarget {
    pub(super) async fn commit_to(
        &self,
        head: &Head,
        change: Change<'_>,
    ) -> Result<Committed, Error> {
        let deadline = Instant::now() + self.budget;
        let mut snapshot = self.snapshot_of(head).await?;
        if snapshot.is_empty {
            snapshot = self.begin(&change.message).await?;
        }
        let mut edit = Edit {
            message: &change.message,
            additions: BTreeMap::new(),
            deletions: BTreeSet::new(),
            contents: change.contents,
            deadline,
        };
        for (path, blob) in &change.additions {
            if change
                .contents
                .size(path)
                .is_some_and(|size| size > MAX_FILE)
            {
                let message = format!("{path} has more bytes than GitHub takes in a file");
                return Err(refused("too_large", message));
            }
            let place = self.place(path.as_str())?;
            edit.additions.insert(place, Source::Site(path, *blob));
        }
        for path in &change.deletions {
            edit.deletions.insert(self.place(path.as_str())?);
        }
        let before = snapshot.list.as_ref();
        let list = OwnList {
            tenant: Some(self.tenant.clone()),
            files: change.own.clone(),
            nojekyll: before.is_some_and(|list| list.nojekyll) || !snapshot.has_nojekyll(),
        };
        if !snapshot.has_nojekyll() {
            edit.additions
                .insert(self.place(NOJEKYLL)?, Source::Known(Vec::new()));
        }
        if before != Some(&list) {
            let place = self.place(LIST_NAME)?;
            edit.additions.insert(place, Source::Known(list.to_bytes()));
        }
        self.write(&snapshot, &edit).await
    }

    async fn write(&self, snapshot: &Snapshot, edit: &Edit<'_>) -> Result<Committed, Error> {
        let special = |path: &String| {
            let place = self.place(path);
            place.is_ok_and(|place| edit.additions.contains_key(&place))
        };
        let is_plain = !edit.changes_kinds() && !snapshot.special.iter().any(special);
        match &snapshot.head.id {
            Some(id) if is_plain && edit.is_small() => self.mutate(id, edit).await,
            _ => self.write_objects(snapshot, edit).await,
        }
    }

    /// Removes what is the site's own, and the list of it.
    pub(super) async fn write_removal(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let list = snapshot.list.clone().unwrap_or_default();
        let there = |path: &&SitePath| snapshot.head.files.contains_key(path.as_str());
        let own = list.files.keys().filter(there);
        let mut names: BTreeSet<&str> = own.map(SitePath::as_str).collect();
        if list.nojekyll && snapshot.has_nojekyll() {
            names.insert(NOJEKYLL);
        }
        let mut edit = Edit {
            message: "Remove the site",
            additions: BTreeMap::new(),
            deletions: BTreeSet::new(),
            contents: &Nothing,
            deadline: Instant::now() + self.budget,
        };
        // Git knows branches without a file, but not everything that shows one does.
        if self.folder.is_none() && names.len() + 1 == snapshot.head.files.len() {
            let empty = OwnList::default();
            if list == empty {
                return Ok(());
            }
            let place = self.place(LIST_NAME)?;
            edit.additions
                .insert(place, Source::Known(empty.to_bytes()));
        } else {
            names.insert(LIST_NAME);
        }
        for name in names {
            edit.deletions.insert(self.place(name)?);
        }
        self.write(snapshot, &edit).await?;
        Ok(())
    }

    /// The first commit of a repository, which GitHub takes only as a single file.
    async fn begin(&self, message: &str) -> Result<Arc<Snapshot>, Error> {
        let path = self.place(LIST_NAME)?;
        let path = percent_encoding::utf8_percent_encode(&path, super::objects::IN_PATH);
        let body = json!({
            "message": message,
            "content": BASE64.encode(&OwnList::default().to_bytes()),
            "branch": self.branch.as_str(),
        });
        let asked = Asked::new(Method::PUT, self.url(&format!("contents/{path}")));
        let answer = self.ask(asked.json(&body)?).await?;
        match answer.status.as_u16() {
            200 | 201 => {}
            404 | 409 | 422
                if answer
                    .limited(&answer.message(), self.github.0.clock.now())
                    .is_none() =>
            {
                return Err(refused(
                    "repository_empty",
                    format!(
                        "{} has no commit yet, and GitHub makes none on the branch {} for a program: make the first one there, \
                         such as by adding a README",
                        self.repository, self.branch
                    ),
                ));
            }
            _ => return Err(self.error(&answer)),
        }
        let first = answer.json::<FirstCommit>()?.commit.sha;
        let snapshot = self.snapshot().await?;
        if snapshot.head.id == Some(first) {
            Ok(snapshot)
        } else {
            Err(Error::Moved)
        }
    }
}

/// The contents of a change that writes no file of the site.
struct Nothing;

impl Contents for Nothing {
    fn bytes<'a>(
        &'a self,
        path: &'a SitePath,
    ) -> futures::future::BoxFuture<'a, Result<Bytes, Error>> {
        Box::pin(async move {
            Err(Error::Contents(
                format!("{path} is not to be written").into(),
            ))
        })
    }

    fn size(&self, _: &SitePath) -> Option<u64> {
        None
    }
}
