//! What is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use domain::site::{BlobId, Folder};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Asked, failed, is_protection, protected, refused, said};
use super::{GithubTarget, NOJEKYLL};
use crate::difference::folders;
use crate::{Error, Head, LIST_NAME, OwnList};

/// How many folders are asked for one by one, where a site's tree does not fit into one answer.
const MAX_TREES: usize = 200;

/// A commit, as far as a site is concerned.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) head: Head,
    /// The tree of the whole branch.
    pub(super) tree: Option<String>,
    /// Whether the repository has no commit at all.
    pub(super) is_empty: bool,
    /// The list as it is there.
    pub(super) list: Option<OwnList>,
    /// Links and submodules.
    pub(super) special: BTreeSet<String>,
}

impl Snapshot {
    pub(super) fn has_nojekyll(&self) -> bool {
        self.head.files.contains_key(NOJEKYLL)
    }
}

#[derive(Deserialize)]
pub(super) struct Response {
    #[serde(default)]
    pub(super) data: Value,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    is_empty: bool,
    is_archived: bool,
    #[serde(rename = "ref")]
    branch: Option<Ref>,
}

#[derive(Deserialize)]
struct Ref {
    target: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    oid: String,
    tree: Option<Oid>,
    list: Option<Entry>,
    /// The folders that the site's folder is in, and that itself.
    #[serde(flatten)]
    folders: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Oid {
    oid: String,
}

#[derive(Deserialize)]
struct Entry {
    oid: String,
    #[serde(rename = "type")]
    kind: String,
    object: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Tree {
    truncated: bool,
    tree: Vec<TreeEntry>,
}

#[derive(Deserialize)]
struct TreeEntry {
    path: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    sha: String,
}

impl GithubTarget {
    pub(super) async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        let snapshot = Arc::new(self.read().await?);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// What was read when `head` was, or is there now.
    pub(super) async fn snapshot_of(&self, head: &Head) -> Result<Arc<Snapshot>, Error> {
        let last = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let snapshot = match last {
            Some(last) if last.head.id == head.id => last,
            _ => self.snapshot().await?,
        };
        if snapshot.head.id == head.id {
            Ok(snapshot)
        } else {
            Err(Error::Moved)
        }
    }

    async fn read(&self) -> Result<Snapshot, Error> {
        let answer = self.graphql(&self.question()?).await?;
        let data = self.data(&answer)?;
        let repository = data.get("repository").cloned().unwrap_or_default();
        let repository: Option<Repository> = serde_json::from_value(repository).map_err(failed)?;
        let repository = repository.ok_or_else(|| missing(self))?;
        if repository.is_archived {
            return Err(refused(
                "repository_archived",
                format!(
                    "{} is archived at GitHub, which makes it read-only",
                    self.repository
                ),
            ));
        }
        let commit = repository.branch.and_then(|branch| branch.target);
        let Some(commit) = commit else {
            return Ok(Snapshot {
                is_empty: repository.is_empty,
                ..Snapshot::default()
            });
        };
        let tree = commit
            .tree
            .as_ref()
            .ok_or_else(|| failed("a branch without a tree"))?;
        let mut snapshot = Snapshot {
            tree: Some(tree.oid.clone()),
            ..Snapshot::default()
        };
        if let Some(folder) = self.folder_of(&commit, &tree.oid)? {
            self.read_tree(&folder, &mut snapshot).await?;
        }
        snapshot.list = self.list(commit.list).await?;
        let list = snapshot.list.as_ref();
        snapshot.head.own = list.map(|list| list.files.clone()).unwrap_or_default();
        snapshot.head.id = Some(commit.oid);
        Ok(snapshot)
    }

    fn question(&self) -> Result<Value, Error> {
        let mut parts = String::new();
        let mut arguments = String::new();
        let mut variables = json!({
            "owner": self.repository.owner(),
            "name": self.repository.name(),
            "ref": format!("refs/heads/{}", self.branch),
            "list": self.place(LIST_NAME)?,
        });
        for (index, path) in self.folders().enumerate() {
            // Into a text, which takes anything.
            let _ = write!(arguments, ", $folder{index}: String!");
            let _ = write!(
                parts,
                " folder{index}: file(path: $folder{index}) {{ oid type }}"
            );
            variables[format!("folder{index}")] = path.into();
        }
        let query = format!(
            "query($owner: String!, $name: String!, $ref: String!, $list: String!{arguments}) {{ \
             repository(owner: $owner, name: $name) {{ isEmpty isArchived ref(qualifiedName: $ref) {{ \
             target {{ oid ... on Commit {{ tree {{ oid }} \
             list: file(path: $list) {{ oid type object {{ ... on Blob {{ isTruncated text }} }} }}{parts} }} }} }} }} }}"
        );
        Ok(json!({ "query": query, "variables": variables }))
    }

    fn folders(&self) -> impl Iterator<Item = &str> {
        let folder = self.folder.as_ref().map(Folder::as_str);
        let outer = folder.into_iter().flat_map(folders);
        outer.chain(folder)
    }

    /// The tree of the site's folder, if there is one.
    fn folder_of(&self, commit: &Commit, root: &str) -> Result<Option<String>, Error> {
        let mut found = Some(root.to_owned());
        for (index, path) in self.folders().enumerate() {
            let entry = commit.folders.get(&format!("folder{index}")).cloned();
            let entry: Option<Entry> =
                serde_json::from_value(entry.unwrap_or_default()).map_err(failed)?;
            found = match entry {
                Some(entry) if entry.kind == "tree" => Some(entry.oid),
                Some(_) => {
                    return Err(refused(
                        "folder_taken",
                        format!(
                            "{path} is a file of the branch {}, and no folder",
                            self.branch
                        ),
                    ));
                }
                None => None,
            };
        }
        Ok(found)
    }

    async fn list(&self, entry: Option<Entry>) -> Result<Option<OwnList>, Error> {
        let Some(entry) = entry else {
            return Ok(None);
        };
        let text = entry
            .object
            .filter(|text| !text.is_truncated)
            .and_then(|text| text.text);
        let read = if let Some(text) = text {
            OwnList::read(text.as_bytes())
        } else {
            let blob = self.url(&format!("git/blobs/{}", entry.oid));
            let answer = self.ask(Asked::new(Method::GET, blob).raw()).await?;
            if !answer.status.is_success() {
                return Err(self.error(&answer));
            }
            OwnList::read(&answer.body)
        };
        let place = self.place(LIST_NAME).unwrap_or_default();
        let list = read.map_err(|error| {
            let message = format!(
                "{error}: restore {place} of the branch {} as it was",
                self.branch
            );
            refused("list_unreadable", message)
        })?;
        if list
            .tenant
            .as_ref()
            .is_some_and(|tenant| *tenant != self.tenant)
        {
            let message = format!(
                "another site goes to this folder of the branch {}: choose another folder, or remove {place} if that site is gone",
                self.branch
            );
            return Err(refused("folder_taken", message));
        }
        Ok(Some(list))
    }

    async fn read_tree(&self, root: &str, snapshot: &mut Snapshot) -> Result<(), Error> {
        let mut folders = vec![(String::new(), root.to_owned())];
        let mut asked = 0;
        while let Some((prefix, oid)) = folders.pop() {
            asked += 1;
            if asked > MAX_TREES {
                return Err(refused(
                    "too_large",
                    "the site's folder at GitHub has too many files to be read",
                ));
            }
            let mut tree = self.tree(&format!("git/trees/{oid}?recursive=1")).await?;
            let is_whole = !tree.truncated;
            if !is_whole {
                tree = self.tree(&format!("git/trees/{oid}")).await?;
                if tree.truncated {
                    return Err(refused(
                        "too_large",
                        "a folder at GitHub has too many files to be read",
                    ));
                }
            }
            for entry in tree.tree {
                let path = format!("{prefix}{}", entry.path);
                if entry.kind != "tree" {
                    snapshot.add(path, &entry);
                } else if !is_whole {
                    folders.push((format!("{path}/"), entry.sha));
                }
            }
        }
        Ok(())
    }

    async fn tree(&self, path: &str) -> Result<Tree, Error> {
        let answer = self.ask(Asked::new(Method::GET, self.url(path))).await?;
        if answer.status.is_success() {
            answer.json()
        } else {
            Err(self.error(&answer))
        }
    }

    /// What GraphQL answered, if it was no error.
    pub(super) fn data(&self, answer: &Answer) -> Result<Value, Error> {
        if !answer.status.is_success() {
            return Err(self.error(answer));
        }
        let response: Response = answer.json()?;
        let Some(problem) = response.errors.first() else {
            return Ok(response.data);
        };
        let message = problem.message.as_str();
        Err(match problem.kind.as_str() {
            "STALE_DATA" => Error::Moved,
            "NOT_FOUND" => missing(self),
            "RATE_LIMITED" | "RATE_LIMIT" => answer.rest(self.github.0.clock.now()),
            kind if kind.contains("BRANCH_PROTECTION") || is_protection(message) => {
                protected(message)
            }
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => refused(
                "token_refused",
                said("does not let the credential do it", message),
            ),
            // Of its own failures GitHub says no type.
            "" if message.starts_with("Something went wrong") => failed(message.to_owned()),
            _ if message.contains("does not exist as of commit") => Error::Moved,
            _ => refused("refused", said("refuses it", message)),
        })
    }
}

impl Snapshot {
    fn add(&mut self, path: String, entry: &TreeEntry) {
        let is_file = entry.kind == "blob" && entry.mode != "120000";
        let blob = BlobId::from_hex(&entry.sha).filter(|_| is_file);
        // A link or a submodule says nothing that a file could say.
        let other = || BlobId::of(format!("{} {}", entry.mode, entry.sha).as_bytes());
        if !is_file {
            self.special.insert(path.clone());
        }
        self.head.files.insert(path, blob.unwrap_or_else(other));
    }
}

fn missing(target: &GithubTarget) -> Error {
    refused(
        "repository_missing",
        format!(
            "GitHub has no repository {}, or the credential may not see it",
            target.repository
        ),
    )
}
