//! The repository, in calls that block.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use domain::site::{BlobId, SitePath};
use gix::actor::Signature;
use gix::create::{Kind, Options};
use gix::date::Time;
use gix::object::tree::EntryKind;
use gix::{ObjectId, ThreadSafeRepository, open};
use site_target::{Error, Head, LIST_NAME, OwnList, Unreadable};

/// The branch, which a new repository's `HEAD` names.
const BRANCH: &str = "refs/heads/main";

/// An open repository.
pub(crate) struct Repository(gix::Repository);

/// A commit to make.
pub(crate) struct Edit {
    pub(crate) expected: Option<String>,
    /// Their blobs have been written.
    pub(crate) additions: BTreeMap<SitePath, BlobId>,
    pub(crate) deletions: BTreeSet<SitePath>,
    pub(crate) own: BTreeMap<SitePath, BlobId>,
    pub(crate) message: String,
    pub(crate) second: i64,
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unavailable(error.into())
}

fn unreadable(error: &Unreadable) -> Error {
    Error::Refused {
        code: "list_unreadable",
        message: format!("{error}: restore {LIST_NAME} of the branch main as it was"),
    }
}

impl Repository {
    /// The repository in a folder. It reads no configuration but its own: what somebody has set for their work is not for sites.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let options = open::Options::isolated().open_path_as_is(true);
        let opened = if path.join("HEAD").exists() {
            ThreadSafeRepository::open_opts(path, options)
        } else {
            std::fs::create_dir_all(path).map_err(failed)?;
            let create = Options {
                destination_must_be_empty: Some(false),
                ..Options::default()
            };
            ThreadSafeRepository::init_opts(path, Kind::Bare, create, options)
        };
        Ok(Self(opened.map_err(failed)?.to_thread_local()))
    }

    pub(crate) fn head(&self) -> Result<Head, Error> {
        let Some(id) = self.id()? else {
            return Ok(Head::default());
        };
        let tree = self.0.find_commit(id).map_err(failed)?;
        let tree = tree.tree().map_err(failed)?;
        let entries = tree.traverse().breadthfirst.files().map_err(failed)?;
        let mut head = Head {
            id: Some(id.to_string()),
            ..Head::default()
        };
        for entry in entries.iter().filter(|entry| !entry.mode.is_tree()) {
            let path = entry.filepath.to_string();
            if path == LIST_NAME {
                let list = self.0.find_blob(entry.oid).map_err(failed)?;
                let read = OwnList::read(&list.data);
                head.own = read.map_err(|error| unreadable(&error))?.files;
            }
            // A link or a submodule says nothing that a file could say.
            let kind = entry.mode.kind();
            let blob = match kind {
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    BlobId::from_hex(&entry.oid.to_string())
                }
                _ => None,
            };
            let other = || BlobId::of(format!("{kind:?} {}", entry.oid).as_bytes());
            head.files.insert(path, blob.unwrap_or_else(other));
        }
        Ok(head)
    }

    pub(crate) fn file(&self, path: &str) -> Result<Option<Bytes>, Error> {
        let Some(id) = self.id()? else {
            return Ok(None);
        };
        let commit = self.0.find_commit(id).map_err(failed)?;
        let tree = commit.tree().map_err(failed)?;
        let entry = tree.lookup_entry_by_path(path).map_err(failed)?;
        let Some(entry) = entry.filter(|entry| entry.mode().is_blob()) else {
            return Ok(None);
        };
        let blob = self.0.find_blob(entry.object_id()).map_err(failed)?;
        Ok(Some(Bytes::from(blob.data.clone())))
    }

    /// Keeps what a file says, which has been promised to be `blob`.
    pub(crate) fn write(&self, blob: BlobId, bytes: &[u8]) -> Result<(), Error> {
        let written = self.0.write_blob(bytes).map_err(failed)?;
        if written.detach() == object(blob) {
            return Ok(());
        }
        Err(Error::Contents(
            format!("{written} was read in place of {blob}").into(),
        ))
    }

    pub(crate) fn commit(&self, edit: &Edit) -> Result<String, Error> {
        let expected = match &edit.expected {
            Some(id) => Some(ObjectId::from_hex(id.as_bytes()).map_err(failed)?),
            None => None,
        };
        if self.id()? != expected {
            return Err(Error::Moved);
        }
        let tree = self.tree(expected, edit)?;
        let author = Signature {
            name: "Cloud Voyages".into(),
            // Reserved (RFC 2606): no mail goes there, and nobody else is named by it.
            email: "cloud-voyages@localhost.invalid".into(),
            time: Time::new(edit.second, 0),
        };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let author = author.to_ref(&mut buffer);
        let message = &edit.message;
        // The branch is moved only from where it was.
        match self
            .0
            .commit_as(author, author, BRANCH, message, tree, expected)
        {
            Ok(id) => Ok(id.to_string()),
            Err(_) if self.id()? != expected => Err(Error::Moved),
            Err(error) => Err(failed(error)),
        }
    }

    fn tree(&self, base: Option<ObjectId>, edit: &Edit) -> Result<ObjectId, Error> {
        let base = match base {
            Some(commit) => {
                let commit = self.0.find_commit(commit).map_err(failed)?;
                commit.tree_id().map_err(failed)?.detach()
            }
            None => self.0.empty_tree().id,
        };
        let mut tree = self.0.edit_tree(base).map_err(failed)?;
        // First, so that a file can take a folder's place.
        for path in &edit.deletions {
            tree.remove(path.as_str()).map_err(failed)?;
        }
        for (path, blob) in &edit.additions {
            tree.upsert(path.as_str(), EntryKind::Blob, object(*blob))
                .map_err(failed)?;
        }
        if edit.own.is_empty() {
            tree.remove(LIST_NAME).map_err(failed)?;
        } else {
            let list = OwnList {
                files: edit.own.clone(),
                ..OwnList::default()
            };
            let list = self.0.write_blob(list.to_bytes()).map_err(failed)?;
            tree.upsert(LIST_NAME, EntryKind::Blob, list.detach())
                .map_err(failed)?;
        }
        Ok(tree.write().map_err(failed)?.detach())
    }

    /// The branch's last commit.
    fn id(&self) -> Result<Option<ObjectId>, Error> {
        let branch = self.0.try_find_reference(BRANCH).map_err(failed)?;
        Ok(branch.and_then(|branch| branch.try_id().map(gix::Id::detach)))
    }
}

fn object(blob: BlobId) -> ObjectId {
    ObjectId::Sha1(*blob.as_bytes())
}

#[cfg(test)]
impl Repository {
    /// Commits a file as somebody else does.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        let parent = self.id().unwrap();
        let base = parent.map_or(self.0.empty_tree().id, |parent| {
            let commit = self.0.find_commit(parent).unwrap();
            commit.tree_id().unwrap().detach()
        });
        let blob = self.0.write_blob(bytes).unwrap().detach();
        let mut tree = self.0.edit_tree(base).unwrap();
        tree.upsert(path, EntryKind::Blob, blob).unwrap();
        let tree = tree.write().unwrap().detach();
        let somebody = Signature {
            name: "Somebody".into(),
            email: "somebody@example.com".into(),
            time: Time::new(0, 0),
        };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let somebody = somebody.to_ref(&mut buffer);
        self.0
            .commit_as(somebody, somebody, BRANCH, "x", tree, parent)
            .unwrap();
    }

    pub(crate) fn all(&self) -> BTreeMap<String, Bytes> {
        let head = self.head().unwrap();
        let names = head.files.into_keys().filter(|path| path != LIST_NAME);
        let read = |path: String| {
            let bytes = self.file(&path).unwrap().unwrap();
            (path, bytes)
        };
        names.map(read).collect()
    }
}
