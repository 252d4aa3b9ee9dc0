//! The files of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};

use crate::Error;

/// The largest file that is uploaded; no site takes one of a fifth of it.
const MOST_BYTES: u64 = 100_000_000;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path within the folder, with `/` between its parts.
    pub(super) path: String,
    /// Where it is.
    pub(super) place: PathBuf,
    /// Its MD5, as buckets name what was uploaded at once.
    pub(super) hash: String,
}

/// The files of a folder, by their paths. Those whose names begin with a dot are left out.
///
/// # Errors
/// A file that can't be read, is a link, is too large, or has a name that is no text.
pub(super) fn read(folder: &Path) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    walk(folder, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file("read the folder", folder))? {
        let entry = entry.map_err(Error::file("read the folder", folder))?;
        let place = entry.path();
        let refuse = |why: &str| Err(Error::Operator(format!("{}: {why}", place.display())));
        let Ok(name) = entry.file_name().into_string() else {
            return refuse("its name is no text");
        };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        let file = fs::symlink_metadata(&place).map_err(Error::file("read", &place))?;
        if file.is_dir() {
            walk(&place, &format!("{path}/"), files)?;
        } else if file.is_symlink() {
            return refuse(
                "it is a link, and where it leads may be nobody's to publish: put the file itself there",
            );
        } else if file.len() > MOST_BYTES {
            return refuse("it has more than 100 MB");
        } else if file.is_file() {
            let content = fs::read(&place).map_err(Error::file("read", &place))?;
            let hash = HEXLOWER.encode(&Md5::digest(&content));
            files.push(File { path, place, hash });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_paths_and_hidden_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/.git")).unwrap();
        for name in ["b.md", "a/x.png", "a/.git/config", ".DS_Store"] {
            fs::write(folder.path().join(name), "hello").unwrap();
        }
        let files = read(folder.path()).unwrap();
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a/x.png", "b.md"]);
        // `printf hello | md5sum`
        assert_eq!(files[0].hash, "5d41402abc4b2a76b9719d911017c592");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("a.md")).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("a.md: it is a link"), "{error}");
        assert!(read(&folder.path().join("none")).is_err());
    }
}
