//! Repositories in memory, with git's own hashes.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use sha1::{Digest as _, Sha1};

/// A repository.
#[derive(Debug, Default)]
pub struct Repository {
    /// `owner/name` as its owner writes it.
    pub name: String,
    objects: HashMap<String, Object>,
    /// Branches to commits.
    pub branches: BTreeMap<String, String>,
    /// Whether nobody may write.
    pub archived: bool,
}

/// What git keeps.
#[derive(Debug, Clone)]
pub enum Object {
    /// A file.
    Blob(Bytes),
    /// A folder.
    Tree(Vec<Entry>),
    /// A commit.
    Commit(Commit),
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its tree.
    pub tree: String,
    /// Those before.
    pub parents: Vec<String>,
    /// What it says.
    pub message: String,
}

/// What a folder has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// Six octal digits.
    pub mode: String,
    /// Which object.
    pub sha: String,
}

impl Entry {
    /// What git calls it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.mode.as_str() {
            "040000" => "tree",
            "160000" => "commit",
            _ => "blob",
        }
    }
}

/// A file by its path: mode and object.
pub type Files = BTreeMap<String, (String, String)>;

/// A change to a tree: mode and object, or none for a file that goes.
pub type Edits = Vec<(String, Option<(String, String)>)>;

impl Repository {
    /// An empty one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Keeps an object under the name that git gives to it.
    pub fn keep(&mut self, object: Object) -> String {
        let (kind, content) = encoded(&object);
        let mut hash = Sha1::new();
        hash.update(format!("{kind} {}\0", content.len()));
        hash.update(&content);
        let sha = data_encoding::HEXLOWER.encode(&hash.finalize());
        self.objects.insert(sha.clone(), object);
        sha
    }

    /// A file's bytes.
    #[must_use]
    pub fn blob(&self, sha: &str) -> Option<&Bytes> {
        match self.objects.get(sha)? {
            Object::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A folder's entries.
    #[must_use]
    pub fn tree(&self, sha: &str) -> Option<&[Entry]> {
        match self.objects.get(sha)? {
            Object::Tree(entries) => Some(entries),
            _ => None,
        }
    }

    /// A commit.
    #[must_use]
    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        match self.objects.get(sha)? {
            Object::Commit(commit) => Some(commit),
            _ => None,
        }
    }

    /// Keeps a commit.
    pub fn keep_commit(&mut self, tree: String, parents: Vec<String>, message: String) -> String {
        self.keep(Object::Commit(Commit {
            tree,
            parents,
            message,
        }))
    }

    /// All files below a tree.
    #[must_use]
    pub fn files(&self, tree: &str) -> Files {
        let mut files = Files::new();
        self.collect(tree, "", &mut files);
        files
    }

    fn collect(&self, tree: &str, prefix: &str, files: &mut Files) {
        for entry in self.tree(tree).unwrap_or_default() {
            let path = format!("{prefix}{}", entry.name);
            if entry.kind() == "tree" {
                self.collect(&entry.sha, &format!("{path}/"), files);
            } else {
                files.insert(path, (entry.mode.clone(), entry.sha.clone()));
            }
        }
    }

    /// The entry of a path, of a tree.
    #[must_use]
    pub fn entry(&self, tree: &str, path: &str) -> Option<Entry> {
        let (first, rest) = path
            .split_once('/')
            .map_or((path, None), |(a, b)| (a, Some(b)));
        let entry = self.tree(tree)?.iter().find(|entry| entry.name == first)?;
        match rest {
            None => Some(entry.clone()),
            Some(rest) => self.entry(&entry.sha, rest),
        }
    }

    /// A tree with changes on top.
    ///
    /// # Errors
    /// What GitHub says, where a change can't be: a file that is to go and is not there, or one in the place of a folder.
    pub fn edit(&mut self, base: Option<&str>, edits: Edits) -> Result<String, String> {
        let mut files = base.map(|base| self.files(base)).unwrap_or_default();
        for (path, _) in edits.iter().filter(|(_, to)| to.is_none()) {
            if files.remove(path).is_none() {
                return Err("GitRPC::BadObjectState".into());
            }
        }
        for (path, to) in edits {
            let Some(to) = to else { continue };
            if path
                .split('/')
                .any(|part| ["", ".", "..", ".git"].contains(&part))
            {
                return Err(format!("tree.path {path} is malformed"));
            }
            files.insert(path, to);
        }
        let is_folder = |path: &String| {
            let inside = format!("{path}/");
            files
                .range(inside.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&inside))
        };
        if let Some(path) = files.keys().find(|path| is_folder(path)) {
            return Err(format!("tree.path {path} is a file and a folder"));
        }
        Ok(self.keep_files(&files))
    }

    fn keep_files(&mut self, files: &Files) -> String {
        let mut entries: Vec<Entry> = Vec::new();
        let mut folders: BTreeMap<String, Files> = BTreeMap::new();
        for (path, (mode, sha)) in files {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    let inside = folders.entry(folder.into()).or_default();
                    inside.insert(rest.into(), (mode.clone(), sha.clone()));
                }
                None => entries.push(Entry {
                    name: path.clone(),
                    mode: mode.clone(),
                    sha: sha.clone(),
                }),
            }
        }
        for (name, inside) in folders {
            let sha = self.keep_files(&inside);
            let mode = "040000".into();
            entries.push(Entry { name, mode, sha });
        }
        // Git compares folders as if their names ended in a slash.
        entries.sort_by_key(|entry| match entry.kind() {
            "tree" => format!("{}/", entry.name),
            _ => entry.name.clone(),
        });
        self.keep(Object::Tree(entries))
    }

    /// What a branch has, by paths.
    #[must_use]
    pub fn contents(&self, branch: &str) -> BTreeMap<String, Bytes> {
        let commit = self.branches.get(branch).and_then(|sha| self.commit(sha));
        let files = commit
            .map(|commit| self.files(&commit.tree))
            .unwrap_or_default();
        let read = |(path, (_, sha)): (String, (String, String))| {
            (path, self.blob(&sha).cloned().unwrap_or_default())
        };
        files.into_iter().map(read).collect()
    }

    /// The commits of a branch by their first parents, the newest first.
    #[must_use]
    pub fn log(&self, branch: &str) -> Vec<&str> {
        let newest = self.branches.get(branch).map(String::as_str);
        let parent = |sha: &&str| self.commit(sha)?.parents.first().map(String::as_str);
        std::iter::successors(newest, parent).collect()
    }

    /// Commits as somebody else: writes files, or removes those without bytes.
    ///
    /// # Errors
    /// As [`Repository::edit`].
    pub fn push(
        &mut self,
        branch: &str,
        files: Vec<(String, Option<Bytes>)>,
        mode: &str,
    ) -> Result<String, String> {
        let parent = self.branches.get(branch).cloned();
        let base = parent
            .as_ref()
            .and_then(|sha| self.commit(sha))
            .map(|commit| commit.tree.clone());
        let mut edits = Edits::new();
        for (path, bytes) in files {
            let to = bytes.map(|bytes| (mode.to_owned(), self.keep(Object::Blob(bytes))));
            edits.push((path, to));
        }
        let tree = self.edit(base.as_deref(), edits)?;
        let commit = self.keep_commit(tree, parent.into_iter().collect(), "Pushed".into());
        self.branches.insert(branch.into(), commit.clone());
        Ok(commit)
    }

    /// Whether a commit is another one or comes after it.
    #[must_use]
    pub fn is_after(&self, commit: &str, other: &str) -> bool {
        commit == other
            || self.commit(commit).is_some_and(|commit| {
                commit
                    .parents
                    .iter()
                    .any(|parent| self.is_after(parent, other))
            })
    }
}

fn encoded(object: &Object) -> (&'static str, Vec<u8>) {
    match object {
        Object::Blob(bytes) => ("blob", bytes.to_vec()),
        Object::Tree(entries) => {
            let mut content = Vec::new();
            for entry in entries {
                let mode = entry.mode.trim_start_matches('0');
                content.extend(format!("{mode} {}\0", entry.name).bytes());
                let sha = data_encoding::HEXLOWER.decode(entry.sha.as_bytes());
                content.extend(sha.unwrap_or_default());
            }
            ("tree", content)
        }
        Object::Commit(commit) => {
            let mut content = format!("tree {}\n", commit.tree);
            for parent in &commit.parents {
                content.extend(["parent ", parent, "\n"]);
            }
            content += "author Stand-In <x@localhost> 0 +0000\ncommitter Stand-In <x@localhost> 0 +0000\n\n";
            content += &commit.message;
            ("commit", content.into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_git() {
        let mut repository = Repository::new("a/b");
        assert_eq!(
            repository.edit(None, Vec::new()).unwrap(),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        );
        // printf hello > x; mkdir x-y; printf hello > x-y/z; git add .; git write-tree
        let blob = repository.keep(Object::Blob("hello".into()));
        assert_eq!(blob, "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
        let file = |path: &str| (path.to_owned(), Some(("100644".to_owned(), blob.clone())));
        let tree = repository
            .edit(None, vec![file("x"), file("x-y/z")])
            .unwrap();
        assert_eq!(repository.entry(&tree, "x-y/z").unwrap().sha, blob);
        assert!(repository.edit(Some(&tree), vec![file("x/a")]).is_err());
        assert!(
            repository
                .edit(Some(&tree), vec![("q".into(), None)])
                .is_err()
        );
    }
}
