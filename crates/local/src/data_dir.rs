//! The data folder: who may use it, and what lies in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::Error;

/// The database.
pub const DATABASE: &str = "dynamodb.sqlite";
/// The folder of buckets.
pub const OBJECTS: &str = "s3";
/// The folder of queues.
pub const QUEUES: &str = "queues";
/// The folder of mails that went out.
pub const OUTBOX: &str = "outbox";
/// The keys that sign access tokens.
pub const SIGNING_KEYS: &str = "signing-keys.json";
/// The folder of the repositories of sites.
pub const SITES: &str = "sites";
/// What lets into GitHub, where sites go there: the JSON of the secret.
pub const GITHUB: &str = "github.json";
/// What the first run made.
pub const CREDENTIALS: &str = "credentials.json";

/// By how many seconds the clock is ahead of the machine's.
pub const CLOCK: &str = "clock";

const LOCK: &str = "lock";
const RUN: &str = "run.json";

/// Everything that the platform makes, and so all that a reset removes. The lock is not in it: it is being held.
const OWN: [&str; 11] = [
    CLOCK,
    DATABASE,
    "dynamodb.sqlite-wal",
    "dynamodb.sqlite-shm",
    OBJECTS,
    QUEUES,
    OUTBOX,
    SIGNING_KEYS,
    SITES,
    CREDENTIALS,
    RUN,
];

/// What the lock file says, so that a folder of somebody else's is never taken for this platform's.
const MARK: &str = "The data folder of a local Cloud Voyages platform.\n";

/// A data folder that this process alone uses, for as long as the value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    temporary: Option<TempDir>,
    // The lock goes with the file: the operating system takes it back even from a killed process.
    _lock: File,
}

/// Where a running platform can be reached, for operator commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The platform itself.
    pub base_url: String,
    /// Its embedded `DynamoDB`.
    pub dynamodb_url: String,
    /// Its embedded S3.
    pub s3_url: String,
    /// Its queues.
    pub sqs_url: String,
    /// Its process.
    pub pid: u32,
}

/// How an operator command gets at the data.
#[derive(Debug)]
pub enum Access {
    /// Through the platform that has the folder.
    Running(RunInfo),
    /// On its own: nobody else can start meanwhile.
    Owned(DataDir),
}

impl DataDir {
    /// Takes a folder, and makes it where it does not exist.
    ///
    /// # Errors
    /// [`Error::DataInUse`] when another process has it, [`Error::DataForeign`] when it holds other things.
    pub fn open(path: &Path) -> Result<Self, Error> {
        make_private_folder(path)?;
        let path = path.canonicalize().map_err(Error::file("open", path))?;
        let lock = take_lock(&path)?;
        make_private(&path)?;
        Ok(Self {
            path,
            temporary: None,
            _lock: lock,
        })
    }

    /// A folder that goes when the value does.
    ///
    /// # Errors
    /// Where there is no room for temporary files.
    pub fn temporary() -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("cloud-voyages-")
            .tempdir()
            .map_err(Error::file("make a folder in", std::env::temp_dir()))?;
        let mut data = Self::open(folder.path())?;
        data.temporary = Some(folder);
        Ok(data)
    }

    /// Takes the folder, or finds the platform that has it.
    ///
    /// A `run.json` that a killed platform left behind is never believed: its lock is free.
    ///
    /// # Errors
    /// As [`DataDir::open`]; [`Error::DataInUse`] only when the other process has not come up yet.
    pub fn attach(path: &Path) -> Result<Access, Error> {
        match Self::open(path) {
            Ok(data) => Ok(Access::Owned(data)),
            Err(Error::DataInUse { path, base_url }) => match read_run_info(&path) {
                Some(running) => Ok(Access::Running(running)),
                None => Err(Error::DataInUse { path, base_url }),
            },
            Err(other) => Err(other),
        }
    }

    /// Removes everything that the platform made here, and nothing else.
    ///
    /// # Errors
    /// Where a file cannot be removed.
    pub fn reset(&self) -> Result<(), Error> {
        for name in OWN {
            let path = self.file(name);
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether it goes with the process, so that nothing needs to reach the disk.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Says to operator commands where the platform is.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn publish(&self, info: &RunInfo) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(info).unwrap_or_default();
        write_private(&self.file(RUN), &text)
    }

    /// Takes [`publish`](Self::publish) back.
    pub fn withdraw(&self) {
        // A file that stays does no harm: without the lock nobody believes it.
        let _ = fs::remove_file(self.file(RUN));
    }
}

/// Reads a file; `None` where there is none.
///
/// # Errors
/// Where it cannot be read.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

/// Writes a file that its owner alone can read, all of it or nothing, and on disk when this returns.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        // Temporary files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(Error::file("write", path))
}

fn take_lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(Error::file("open", &path))?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::DataInUse {
            path: folder.to_owned(),
            base_url: read_run_info(folder).map(|info| info.base_url),
        },
        TryLockError::Error(source) => Error::file("lock", &path)(source),
    })?;

    let mut mark = String::new();
    file.read_to_string(&mut mark)
        .map_err(Error::file("read", &path))?;
    if mark != MARK {
        refuse_foreign_files(folder)?;
        file.write_all(MARK.as_bytes())
            .map_err(Error::file("write", &path))?;
    }
    Ok(file)
}

fn refuse_foreign_files(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
        let entry = entry.map_err(Error::file("read", folder))?;
        if entry.file_name() != LOCK {
            // The lock file was made a moment ago, by looking. Leave the folder as it was.
            let _ = fs::remove_file(folder.join(LOCK));
            return Err(Error::DataForeign {
                path: folder.to_owned(),
            });
        }
    }
    Ok(())
}

fn read_run_info(folder: &Path) -> Option<RunInfo> {
    serde_json::from_slice(&fs::read(folder.join(RUN)).ok()?).ok()
}

/// Keeps other users out, also of a folder that somebody made for this.
fn make_private(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(folder, owner_only).map_err(Error::file("protect", folder))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn make_private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(Error::file("make the folder", path))
}

#[cfg(test)]
mod tests;
