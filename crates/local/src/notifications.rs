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
const TICK: Duration = Duration::from_millis(500);
/// How many times a folder that does not stand still is looked at before what has changed is told all the same: what is copied
/// into it, or made equal to another, is told together.
const MOST_LOOKS: u32 = 20;

/// When an object was written, and its size.
type Stamp = (SystemTime, u64);

/// A bucket that is watched.
struct Watch {
    folder: PathBuf,
    notification: Notification,
    /// The objects as they were when the queue was last told of them; none before the first time.
    known: Option<Objects>,
    /// As they were the last time.
    seen: Objects,
    /// How often they were looked at since the queue could have been told.
    looks: u32,
    /// Links that somebody was told of.
    links: BTreeSet<PathBuf>,
    /// Folders of which the queue is told at the start, whatever is in them.
    folders: Vec<String>,
}

/// The objects of a bucket by their keys.
type Objects = BTreeMap<String, Stamp>;

/// Watches the buckets. At the start the queue is told once of each folder of a site, because nobody knows what has changed
/// while nobody looked: of those that hold anything, and of `folders`.
pub(crate) fn start(
    notifications: Vec<Notification>,
    folders: &[String],
    data: &DataDir,
    store: &Store,
    clock: &Clock,
) -> Service {
    let watches = notifications.into_iter().map(|notification| Watch {
        folder: data.file(data_dir::OBJECTS).join(&notification.bucket),
        notification,
        known: None,
        seen: Objects::new(),
        looks: 0,
        links: BTreeSet::new(),
        folders: folders.to_vec(),
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
    /// Tells the queue what has changed since the last time, once it stands still.
    async fn look(&mut self, store: &Store, clock: &Clock) -> io::Result<()> {
        let mut found = Objects::new();
        list(&self.folder, "", &mut found, &mut self.links)?;
        found.retain(|key, _| key.ends_with(&self.notification.suffix));
        let Some(known) = &mut self.known else {
            let folders = found.keys().map(|key| site_of(key).to_owned());
            let folders: BTreeSet<_> = folders.chain(self.folders.clone()).collect();
            for folder in folders {
                tell(&self.notification, &folder, None, store, clock).await?;
            }
            self.seen.clone_from(&found);
            self.known = Some(found);
            return Ok(());
        };
        let stands_still = found == self.seen;
        self.seen.clone_from(&found);
        if found == *known {
            self.looks = 0;
            return Ok(());
        }
        self.looks += 1;
        if !stands_still && self.looks < MOST_LOOKS {
            return Ok(());
        }
        self.looks = 0;
        let keys: BTreeSet<_> = found.keys().chain(known.keys()).cloned().collect();
        for key in keys {
            let stamp = found.get(&key);
            if stamp == known.get(&key) {
                continue;
            }
            tell(&self.notification, &key, stamp, store, clock).await?;
            match stamp {
                Some(stamp) => known.insert(key, *stamp),
                None => known.remove(&key),
            };
        }
        Ok(())
    }
}

/// The folder of the site that a key belongs to, its first two parts; the key itself where it has no more.
fn site_of(key: &str) -> &str {
    let mut slashes = key.match_indices('/').map(|(place, _)| place);
    slashes.nth(1).map_or(key, |end| &key[..=end])
}

async fn tell(
    to: &Notification,
    key: &str,
    object: Option<&Stamp>,
    store: &Store,
    clock: &Clock,
) -> io::Result<()> {
    let body = notification(&to.bucket, key, object);
    let message = Message::new(body.to_string(), clock.now());
    store.put(&to.queue, message).await.map(drop)
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

/// The objects of a bucket by their keys: the files in its folder, but not those of editors and file managers, whose names begin
/// with a dot. Links are not followed, which is said once of each.
fn list(
    folder: &Path,
    prefix: &str,
    found: &mut Objects,
    links: &mut BTreeSet<PathBuf>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        // It was removed meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !prefix.is_empty() => {
            return Ok(());
        }
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // No key is anything but text.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let key = format!("{prefix}{name}");
        let file_type = match entry.file_type() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file_type => file_type?,
        };
        if file_type.is_symlink() && links.insert(entry.path()) {
            let path = entry.path();
            tracing::warn!(path = %path.display(), "a link in a bucket's folder is no object and is passed over");
        }
        if file_type.is_dir() {
            list(&entry.path(), &format!("{key}/"), found, links)?;
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
        let told = messages.drain(..messages.len() - before).rev();
        let read = told.map(|message| {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            let record = &body["Records"][0];
            let removed = record["eventName"] == "ObjectRemoved:Delete";
            let mark = if removed { "x" } else { "" };
            format!("{mark}{}", record["s3"]["object"]["key"].as_str().unwrap())
        });
        // Those of one moment come in any order.
        let mut read: Vec<String> = read.collect();
        read.sort();
        read
    }

    fn watch(folder: &Path) -> Watch {
        Watch {
            folder: folder.to_owned(),
            notification: Notification {
                bucket: "bucket".to_owned(),
                queue: "queue".to_owned(),
                suffix: String::new(),
            },
            known: None,
            seen: Objects::new(),
            looks: 0,
            links: BTreeSet::new(),
            folders: vec!["gone/site/".to_owned()],
        }
    }

    #[tokio::test]
    async fn each_change_is_told_once_when_it_stands_still() {
        let data = DataDir::temporary().unwrap();
        let store = Store::of_one(&data, "queue");
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut watch = watch(folder.path());
        let looked = look(&mut watch, &store).await;
        assert_eq!(looked, ["xgone/site/"]);
        fs::create_dir(path("a b")).unwrap();
        fs::write(path("a b/ü+.md"), "1").unwrap();
        fs::write(path(".hidden.swp"), "1").unwrap();
        let key = "a+b/%C3%BC%2B.md";
        assert!(look(&mut watch, &store).await.is_empty());
        fs::write(path("a b/other.png"), "1").unwrap();
        assert!(look(&mut watch, &store).await.is_empty());
        assert_eq!(look(&mut watch, &store).await, [key, "a+b/other.png"]);
        assert!(look(&mut watch, &store).await.is_empty());
        fs::remove_dir_all(path("a b")).unwrap();
        assert!(look(&mut watch, &store).await.is_empty());
        let removed = [format!("x{key}"), "xa+b/other.png".to_owned()];
        assert_eq!(look(&mut watch, &store).await, removed);
        assert!(look(&mut watch, &store).await.is_empty());
    }

    #[tokio::test]
    async fn what_never_stands_still_is_told_all_the_same() {
        let data = DataDir::temporary().unwrap();
        let store = Store::of_one(&data, "queue");
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path());
        look(&mut watch, &store).await;
        let mut told = Vec::new();
        for number in 0..MOST_LOOKS {
            assert!(told.is_empty(), "{number}");
            fs::write(folder.path().join("a.log"), "x".repeat(number as usize + 1)).unwrap();
            told = look(&mut watch, &store).await;
        }
        assert_eq!(told, ["a.log"]);
    }

    #[tokio::test]
    async fn at_the_start_each_site_is_told_once() {
        let data = DataDir::temporary().unwrap();
        let store = Store::of_one(&data, "queue");
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("acme/shop/a")).unwrap();
        for name in ["acme/shop/a/b.md", "acme/shop/c.md", "stray.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let mut told = look(&mut watch(folder.path()), &store).await;
        told.sort();
        assert_eq!(told, ["xacme/shop/", "xgone/site/", "xstray.md"]);
    }
}
