//! S3's notifications: looks what has changed in the folder of a bucket, and tells the bucket's queue.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use template::Notification;
use url::form_urlencoded::byte_serialize;

use crate::clock::Clock;
use crate::data_dir::{self, DataDir};
use crate::platform::REGION;
use crate::queues::{Message, Store};
use crate::service::Service;

/// How often the folders are looked at.
const TICK: Duration = Duration::from_secs(1);

/// When an object was written, and its size.
type Stamp = (SystemTime, u64);

/// A bucket that is watched.
struct Watch {
    folder: PathBuf,
    notification: Notification,
    /// The objects as they were when the queue was last told of them.
    known: BTreeMap<String, Stamp>,
}

/// Watches the buckets. At the start every object counts as created.
pub(crate) fn start(
    notifications: Vec<Notification>,
    data: &DataDir,
    store: &Store,
    clock: &Clock,
) -> Service {
    let watches = notifications.into_iter().map(|notification| Watch {
        folder: data.file(data_dir::OBJECTS).join(&notification.bucket),
        notification,
        known: BTreeMap::new(),
    });
    let mut watches: Vec<_> = watches.collect();
    let (store, clock) = (store.clone(), clock.clone());
    Service::spawn(|stopped| async move {
        let mut stopped = std::pin::pin!(stopped.wait());
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = &mut stopped => return,
                _ = ticks.tick() => {}
            }
            for watch in &mut watches {
                if let Err(error) = watch.look(&store, &clock).await {
                    tracing::warn!(%error, bucket = watch.notification.bucket, "the bucket can't be watched");
                }
            }
        }
    })
}

impl Watch {
    /// Tells the queue what has changed since the last time.
    async fn look(&mut self, store: &Store, clock: &Clock) -> io::Result<()> {
        let mut found = BTreeMap::new();
        list(&self.folder, "", &mut found)?;
        found.retain(|key, _| key.ends_with(&self.notification.suffix));
        let keys: BTreeSet<_> = found.keys().chain(self.known.keys()).cloned().collect();
        for key in keys {
            let stamp = found.get(&key);
            if stamp == self.known.get(&key) {
                continue;
            }
            let body = notification(&self.notification.bucket, &key, stamp);
            let message = Message::new(body.to_string(), clock.now());
            store.put(&self.notification.queue, message).await?;
            match stamp {
                Some(stamp) => self.known.insert(key, *stamp),
                None => self.known.remove(&key),
            };
        }
        Ok(())
    }
}

/// What S3 would send of an object; removed where there is none.
fn notification(bucket: &str, key: &str, object: Option<&Stamp>) -> Value {
    let encoded: String = byte_serialize(key.as_bytes()).collect();
    let name = if object.is_some() {
        "ObjectCreated:Put"
    } else {
        "ObjectRemoved:Delete"
    };
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": jiff::Timestamp::UNIX_EPOCH,
        "eventName": name,
        "userIdentity": {},
        "requestParameters": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": format!("arn:aws:s3:::{bucket}")},
            "object": {"key": encoded.replace("%2F", "/"), "size": object.map(|(_, size)| size)},
        },
    }]})
}

/// The objects of a bucket by their keys: the files in its folder. Links are not followed.
fn list(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Stamp>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // No key is anything but text.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let key = format!("{prefix}{name}");
        let file_type = entry.file_type()?;
        if file_type.is_dir() {
            list(&entry.path(), &format!("{key}/"), found)?;
        } else if file_type.is_file() {
            match entry.metadata() {
                Ok(file) => drop(found.insert(key, (file.modified()?, file.len()))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at a folder once more; the keys that the queue is told, with `x` before those that were removed.
    async fn look(watch: &mut Watch, store: &Store) -> Vec<String> {
        let before = store.newest_first("queue").len();
        watch.look(store, &Clock::default()).await.unwrap();
        let mut messages = store.newest_first("queue");
        let told = messages.drain(..messages.len() - before);
        let read = told.map(|message| {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            let record = &body["Records"][0];
            let removed = record["eventName"] == "ObjectRemoved:Delete";
            let mark = if removed { "x" } else { "" };
            format!("{mark}{}", record["s3"]["object"]["key"].as_str().unwrap())
        });
        read.collect()
    }

    #[tokio::test]
    async fn each_change_is_told_once() {
        let data = DataDir::temporary().unwrap();
        let store = Store::of_one(&data, "queue");
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut watch = Watch {
            folder: folder.path().to_owned(),
            notification: Notification {
                bucket: "bucket".to_owned(),
                queue: "queue".to_owned(),
                suffix: ".md".to_owned(),
            },
            known: BTreeMap::new(),
        };
        fs::create_dir(path("a b")).unwrap();
        fs::write(path("a b/ü+.md"), "1").unwrap();
        fs::write(path("other.txt"), "1").unwrap();
        let key = "a+b/%C3%BC%2B.md";
        assert_eq!(look(&mut watch, &store).await, [key]);
        assert!(look(&mut watch, &store).await.is_empty());
        fs::write(path("a b/ü+.md"), "22").unwrap();
        assert_eq!(look(&mut watch, &store).await, [key]);
        fs::remove_file(path("a b/ü+.md")).unwrap();
        assert_eq!(look(&mut watch, &store).await, [format!("x{key}")]);
        assert!(look(&mut watch, &store).await.is_empty());
    }
}
