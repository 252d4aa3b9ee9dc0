//! Buckets as folders and objects as files, which people change by hand as well.
//!
//! What an object is called by S3 besides its bytes lies in a file of its own, and counts only as long as the bytes are those that
//! it was written with.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

/// The folder of what S3 calls objects, beside the buckets. No bucket's name begins with a dot.
const ATTRIBUTES: &str = ".attributes";

/// The buckets.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// By its path: when a file was written, its size, and the hash that it had then.
    hashes: Mutex<HashMap<PathBuf, (Stamp, String)>>,
}

type Stamp = (SystemTime, u64);

/// An object without its bytes.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
    /// The MD5 of its bytes, as S3 gives it of what is written at once.
    pub(super) hash: String,
}

/// What S3 calls an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub(super) hash: String,
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            hashes: Mutex::default(),
        }
    }

    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.path(bucket, "").is_some_and(|path| path.is_dir())
    }

    /// The file of a key. None where a key would lead elsewhere, or is written so that two keys were one file.
    fn path(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        let is_plain = |path: &str| {
            let mut parts = Path::new(path).components();
            parts.all(|part| matches!(part, Component::Normal(_)))
                && !path.split('/').any(|part| part == ".")
                && !path.contains("//")
                && !path.ends_with('/')
        };
        if bucket.starts_with('.') || bucket.contains('/') || !is_plain(bucket) || !is_plain(key) {
            return None;
        }
        let folder = self.root.join(bucket);
        Some(if key.is_empty() {
            folder
        } else {
            folder.join(key)
        })
    }

    /// Reads an object.
    pub(super) fn read(&self, bucket: &str, key: &str) -> io::Result<Option<(Vec<u8>, Found)>> {
        let Some(path) = self.path(bucket, key).filter(|_| !key.is_empty()) else {
            return Ok(None);
        };
        // What a link leads to is nobody's object.
        let Some(file) = there(fs::symlink_metadata(&path))?.filter(fs::Metadata::is_file) else {
            return Ok(None);
        };
        let Some(bytes) = there(fs::read(&path))? else {
            return Ok(None);
        };
        let found = Found {
            bytes: bytes.len() as u64,
            modified: file.modified()?,
            hash: hash(&bytes),
        };
        Ok(Some((bytes, found)))
    }

    /// What S3 calls an object that has this hash.
    pub(super) fn attributes(&self, bucket: &str, key: &str, hash: &str) -> Attributes {
        let read = fs::read(self.attributes_path(bucket, key));
        let known = read
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let known = known.filter(|known: &Attributes| known.hash == hash);
        known.unwrap_or_default()
    }

    /// Writes an object, and gives its hash.
    pub(super) fn write(
        &self,
        bucket: &str,
        key: &str,
        bytes: &[u8],
        attributes: Attributes,
    ) -> io::Result<String> {
        let path = self.path(bucket, key).filter(|_| !key.is_empty());
        let path = path.ok_or(io::ErrorKind::InvalidFilename)?;
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        if path.is_dir() {
            // It stays when something is in it, and then the file can't be written.
            fs::remove_dir(&path)?;
        }
        let hash = hash(bytes);
        let attributes = Attributes {
            hash: hash.clone(),
            ..attributes
        };
        let described = self.root.join(ATTRIBUTES);
        fs::create_dir_all(&described)?;
        let text = serde_json::to_vec(&attributes).map_err(io::Error::other)?;
        // Not in the bucket: what is half written is no object.
        replace(&described, &path, bytes)?;
        replace(&described, &self.attributes_path(bucket, key), &text)?;
        Ok(hash)
    }

    /// Removes an object, and the folders that it leaves empty: another object can have their name then. A site's own folder
    /// stays, because somebody may be about to write into it.
    pub(super) fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        let Some(path) = self.path(bucket, key).filter(|_| !key.is_empty()) else {
            return Ok(());
        };
        let is_file = there(fs::symlink_metadata(&path))?.is_some_and(|file| !file.is_dir());
        if is_file {
            there(fs::remove_file(&path))?;
        }
        there(fs::remove_file(self.attributes_path(bucket, key)))?;
        let depth = key.split('/').count();
        let parents = path.ancestors().skip(1).take(depth.saturating_sub(3));
        for folder in parents {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The objects whose keys begin so, by their keys.
    pub(super) fn list(&self, bucket: &str, prefix: &str) -> io::Result<BTreeMap<String, Found>> {
        let mut found = BTreeMap::new();
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(path) = self.path(bucket, folder) {
            let start = if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            };
            self.walk(&path, &start, prefix, &mut found)?;
        }
        Ok(found)
    }

    fn walk(
        &self,
        folder: &Path,
        start: &str,
        prefix: &str,
        found: &mut BTreeMap<String, Found>,
    ) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(()),
            entries => there(entries)?,
        };
        for entry in entries.into_iter().flatten() {
            let entry = entry?;
            // No key is anything but text.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let key = format!("{start}{name}");
            let Some(kind) = there(entry.file_type())? else {
                continue;
            };
            if kind.is_dir() {
                let start = format!("{key}/");
                if start.starts_with(prefix) || prefix.starts_with(&start) {
                    self.walk(&entry.path(), &start, prefix, found)?;
                }
            } else if kind.is_file()
                && key.starts_with(prefix)
                && let Some(object) = self.describe(&entry.path())?
            {
                found.insert(key, object);
            }
        }
        Ok(())
    }

    /// An object by its file; the hash is made anew when the file was written since.
    fn describe(&self, path: &Path) -> io::Result<Option<Found>> {
        let Some(file) = there(fs::symlink_metadata(path))? else {
            return Ok(None);
        };
        let stamp = (file.modified()?, file.len());
        let known = self.hashes().get(path).cloned();
        let hash = match known {
            Some((known, hash)) if known == stamp && is_settled(stamp.0) => hash,
            _ => {
                let Some(bytes) = there(fs::read(path))? else {
                    return Ok(None);
                };
                let hash = hash(&bytes);
                self.hashes().insert(path.to_owned(), (stamp, hash.clone()));
                hash
            }
        };
        Ok(Some(Found {
            bytes: file.len(),
            modified: stamp.0,
            hash,
        }))
    }

    fn hashes(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Stamp, String)>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key can be longer than the name of a file.
    fn attributes_path(&self, bucket: &str, key: &str) -> PathBuf {
        let name = hash(format!("{bucket}/{key}").as_bytes());
        self.root.join(ATTRIBUTES).join(format!("{name}.json"))
    }
}

/// Whether a file that was written then shows it when it is written again: clocks of file systems are coarse.
#[expect(
    clippy::disallowed_methods,
    reason = "the time of files is the machine's"
)]
fn is_settled(modified: SystemTime) -> bool {
    let age = SystemTime::now().duration_since(modified);
    age.is_ok_and(|age| age.as_secs() >= 2)
}

/// What was asked of a file, `None` where there is none.
fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes a file at once.
fn replace(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(temporary)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Md5::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("b")).unwrap();
        let folder = Folder::new(root.path().to_owned());
        (root, folder)
    }

    fn keys(folder: &Folder, prefix: &str) -> Vec<String> {
        folder.list("b", prefix).unwrap().into_keys().collect()
    }

    #[test]
    fn what_is_changed_by_hand_is_another_object() {
        let (root, folder) = folder();
        let attributes = Attributes {
            content_type: Some("text/markdown".to_owned()),
            ..Attributes::default()
        };
        let hash = folder.write("b", "a/x.md", b"one", attributes).unwrap();
        let known = folder.attributes("b", "a/x.md", &hash);
        assert_eq!(known.content_type.as_deref(), Some("text/markdown"));

        fs::write(root.path().join("b/a/x.md"), "two").unwrap();
        let (bytes, found) = folder.read("b", "a/x.md").unwrap().unwrap();
        assert_eq!(bytes, b"two");
        assert_ne!(found.hash, hash);
        assert_eq!(folder.list("b", "").unwrap()["a/x.md"].hash, found.hash);
        let known = folder.attributes("b", "a/x.md", &found.hash);
        assert_eq!(known, Attributes::default());
    }

    #[test]
    fn objects_are_listed_by_how_their_keys_begin() {
        let (root, folder) = folder();
        for key in ["a/b/c.md", "a/b.md", "ab.md", "z.md"] {
            folder.write("b", key, b"", Attributes::default()).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("b/link.md")).unwrap();
        assert_eq!(keys(&folder, ""), ["a/b.md", "a/b/c.md", "ab.md", "z.md"]);
        assert_eq!(keys(&folder, "a/"), ["a/b.md", "a/b/c.md"]);
        assert_eq!(keys(&folder, "a/b"), ["a/b.md", "a/b/c.md"]);
        assert_eq!(keys(&folder, "a"), ["a/b.md", "a/b/c.md", "ab.md"]);
        assert!(keys(&folder, "z.md/").is_empty());
        assert!(keys(&folder, "../").is_empty());
        assert!(folder.read("b", "link.md").unwrap().is_none());
    }

    #[test]
    fn a_file_can_have_the_name_of_a_folder_that_was_emptied() {
        let (root, folder) = folder();
        let write = |key: &str| folder.write("b", key, b"", Attributes::default());
        write("acme/shop/a/b/c.md").unwrap();
        folder.remove("b", "acme/shop/a/b/c.md").unwrap();
        assert!(root.path().join("b/acme/shop").is_dir());
        write("acme/shop/a").unwrap();
        assert_eq!(keys(&folder, ""), ["acme/shop/a"]);
        assert!(write("acme/shop/a/b").is_err());
        folder.remove("b", "acme/shop/never").unwrap();
    }

    #[test]
    fn no_key_leads_out_of_its_bucket_or_has_two_names() {
        let (_root, folder) = folder();
        for key in ["../x", "/x", "a/../x", "a//x", "./x", "a/./x", "a/", ""] {
            let written = folder.write("b", key, b"", Attributes::default());
            assert!(written.is_err(), "{key}");
            assert!(folder.read("b", key).unwrap().is_none(), "{key}");
        }
        let written = folder.write(ATTRIBUTES, "x", b"", Attributes::default());
        assert!(written.is_err());
        let long = format!("{}.md", "x/".repeat(200));
        folder
            .write("b", &long, b"1", Attributes::default())
            .unwrap();
        assert!(folder.read("b", &long).unwrap().is_some());
    }
}
