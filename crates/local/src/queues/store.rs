//! Messages as files: `<data>/queues/<queue>/<message id>.json`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use template::Queue;
use uuid::Uuid;

use crate::Error;
use crate::data_dir::{self, DataDir};

/// A message that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// A `UUIDv7`, so that file names sort by time.
    pub message_id: Uuid,
    /// When, by the platform's clock.
    pub sent_at: Timestamp,
    /// What was sent.
    pub body: String,
    /// What was sent beside it.
    #[serde(default)]
    pub attributes: Value,
}

impl Message {
    #[expect(
        clippy::disallowed_methods,
        reason = "the queue stands in for SQS, which has a clock and randomness of its own"
    )]
    pub(super) fn new(body: String, attributes: Value, sent_at: Timestamp) -> Self {
        Self {
            message_id: Uuid::now_v7(),
            sent_at,
            body,
            attributes,
        }
    }
}

/// The queues of a data folder.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    queues: Arc<BTreeSet<String>>,
    durable: bool,
}

impl Store {
    pub(super) fn open(data: &DataDir, queues: &[Queue]) -> Result<Self, Error> {
        let root = data.file(data_dir::QUEUES);
        let queues: BTreeSet<_> = queues.iter().map(|queue| queue.name.clone()).collect();
        for queue in &queues {
            let path = root.join(queue);
            fs::create_dir_all(&path).map_err(Error::file("make the folder", path))?;
        }
        Ok(Self {
            root,
            queues: Arc::new(queues),
            durable: !data.is_temporary(),
        })
    }

    /// Whether the template declares the queue.
    #[must_use]
    pub fn has(&self, queue: &str) -> bool {
        self.queues.contains(queue)
    }

    /// Keeps a message: when this returns it is on disk.
    pub(super) async fn put(&self, queue: &str, message: Message) -> io::Result<()> {
        let folder = self.root.join(queue);
        let durable = self.durable;
        tokio::task::spawn_blocking(move || write(&folder, &message, durable))
            .await
            .map_err(io::Error::other)?
    }

    /// How many messages a queue holds.
    pub(super) fn count(&self, queue: &str) -> io::Result<usize> {
        Ok(files(&self.root.join(queue))?.len())
    }

    /// The messages of all queues, newest first.
    ///
    /// # Errors
    /// Where a folder cannot be read. A file that is no message is passed over.
    pub fn newest_first(&self) -> io::Result<Vec<Message>> {
        let mut paths = Vec::new();
        for queue in self.queues.iter() {
            paths.extend(files(&self.root.join(queue))?);
        }
        paths.sort_by(|a, b| b.file_name().cmp(&a.file_name()));
        Ok(paths
            .iter()
            .filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
            .collect())
    }
}

fn write(folder: &Path, message: &Message, durable: bool) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(message)?)?;
    if durable {
        file.as_file().sync_all()?;
    }
    file.persist(folder.join(format!("{}.json", message.message_id)))?;
    if durable {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The files of finished messages; what is being written has no such name yet.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            paths.push(path);
        }
    }
    Ok(paths)
}
