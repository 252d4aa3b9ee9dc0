//! S3's notifications: looks what has changed in the folder of a bucket, and hands it to the function that takes the
//! messages of the bucket's queue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use template::Notification;
use trigger::SqsEvent;
use url::form_urlencoded::byte_serialize;

use crate::data_dir::{self, DataDir};
use crate::functions::BatchHandler;
use crate::platform::REGION;
use crate::service::Service;

/// How often the folders are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How many messages a function gets at once.
const BATCH: usize = 10;
/// How often a change is tried, as the template's queues do.
const TRIES: u32 = 5;

/// When an object was written, and its size.
type Stamp = (SystemTime, u64);

/// A bucket that is watched.
struct Watch {
    folder: PathBuf,
    notification: Notification,
    handler: BatchHandler,
    /// The objects as they were when the function was last told of them, or when it was given up to tell it.
    known: BTreeMap<String, Stamp>,
    tries: HashMap<String, u32>,
}

/// Watches the buckets. At the start every object counts as created.
pub(crate) fn start(
    notifications: Vec<(Notification, String)>,
    handlers: &HashMap<String, BatchHandler>,
    data: &DataDir,
) -> Service {
    let watches = notifications
        .into_iter()
        .filter_map(|(notification, function)| {
            Some(Watch {
                folder: data.file(data_dir::OBJECTS).join(&notification.bucket),
                notification,
                handler: handlers.get(&function)?.clone(),
                known: BTreeMap::new(),
                tries: HashMap::new(),
            })
        });
    let mut watches: Vec<_> = watches.collect();
    Service::spawn(|stopped| async move {
        let mut stopped = std::pin::pin!(stopped.wait());
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = &mut stopped => return,
                _ = ticks.tick() => {}
            }
            for watch in &mut watches {
                if let Err(error) = watch.look().await {
                    tracing::warn!(%error, bucket = watch.notification.bucket, "the bucket can't be watched");
                }
            }
        }
    })
}

impl Watch {
    /// Tells the function what has changed since the last time.
    async fn look(&mut self) -> io::Result<()> {
        let mut found = BTreeMap::new();
        list(&self.folder, "", &mut found)?;
        found.retain(|key, _| key.ends_with(&self.notification.suffix));
        let keys: BTreeSet<_> = found.keys().chain(self.known.keys()).collect();
        let changed = keys
            .into_iter()
            .filter(|key| found.get(*key) != self.known.get(*key));
        let changed: Vec<_> = changed.cloned().collect();
        for keys in changed.chunks(BATCH) {
            self.tell(keys, &found).await;
        }
        Ok(())
    }

    async fn tell(&mut self, keys: &[String], found: &BTreeMap<String, Stamp>) {
        let records = keys.iter().enumerate().map(|(number, key)| {
            let tries = self.tries.entry(key.clone()).or_default();
            *tries += 1;
            let body = notification(&self.notification.bucket, key, found.get(key));
            json!({
                "messageId": number.to_string(),
                "body": body.to_string(),
                "attributes": {"ApproximateReceiveCount": tries.to_string()},
                "eventSource": "aws:sqs",
                "awsRegion": REGION,
            })
        });
        let event = json!({ "Records": records.collect::<Vec<_>>() });
        let event: SqsEvent = serde_json::from_value(event).unwrap_or_default();
        let failures = (self.handler)(event).await.batch_item_failures;
        for (number, key) in keys.iter().enumerate() {
            let number = number.to_string();
            let has_failed = failures
                .iter()
                .any(|failure| failure.item_identifier == number);
            let tries = self.tries.get(key).copied().unwrap_or_default();
            if has_failed && tries < TRIES {
                continue;
            }
            if has_failed {
                tracing::error!(key, "the change of the object is given up");
            }
            self.tries.remove(key);
            match found.get(key) {
                Some(stamp) => self.known.insert(key.clone(), *stamp),
                None => self.known.remove(key),
            };
        }
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
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The keys of each batch, with `x` before those that were removed.
    type Told = Arc<Mutex<Vec<Vec<String>>>>;

    /// Watches a folder for a function to which `poison.md` is too much.
    fn watch(folder: &Path) -> (Watch, Told) {
        let told = Told::default();
        let heard = Arc::clone(&told);
        let handler: BatchHandler = Arc::new(move |event| {
            let heard = Arc::clone(&heard);
            Box::pin(async move {
                heard.lock().unwrap().push(Vec::new());
                trigger::batch(event, |message| {
                    let heard = Arc::clone(&heard);
                    async move {
                        let body: Value = message.json()?;
                        let removed = body["Records"][0]["eventName"] == "ObjectRemoved:Delete";
                        let key = message.changed_objects()?.remove(0);
                        let is_poison = key == "poison.md";
                        let mark = if removed { "x" } else { "" };
                        heard
                            .lock()
                            .unwrap()
                            .last_mut()
                            .unwrap()
                            .push(format!("{mark}{key}"));
                        if is_poison {
                            Err(trigger::BadMessage::NotFromS3)
                        } else {
                            Ok(())
                        }
                    }
                })
                .await
            })
        });
        let notification = Notification {
            bucket: "bucket".to_owned(),
            queue: "queue".to_owned(),
            suffix: ".md".to_owned(),
        };
        let watch = Watch {
            folder: folder.to_owned(),
            notification,
            handler,
            known: BTreeMap::new(),
            tries: HashMap::new(),
        };
        (watch, told)
    }

    async fn look(watch: &mut Watch, told: &Told) -> Vec<Vec<String>> {
        watch.look().await.unwrap();
        std::mem::take(&mut told.lock().unwrap())
    }

    #[tokio::test]
    async fn each_change_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (mut watch, told) = watch(folder.path());
        fs::create_dir(path("a b")).unwrap();
        fs::write(path("a b/ü+.md"), "1").unwrap();
        fs::write(path("other.txt"), "1").unwrap();
        assert_eq!(look(&mut watch, &told).await, [["a b/ü+.md"]]);
        assert!(look(&mut watch, &told).await.is_empty());
        fs::write(path("a b/ü+.md"), "22").unwrap();
        assert_eq!(look(&mut watch, &told).await, [["a b/ü+.md"]]);
        fs::remove_file(path("a b/ü+.md")).unwrap();
        assert_eq!(look(&mut watch, &told).await, [["xa b/ü+.md"]]);
        assert!(look(&mut watch, &told).await.is_empty());
    }

    #[tokio::test]
    async fn what_fails_is_tried_five_times_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, told) = watch(folder.path());
        for name in ["good.md", "poison.md"] {
            fs::write(folder.path().join(name), "1").unwrap();
        }
        assert_eq!(look(&mut watch, &told).await, [["good.md", "poison.md"]]);
        for _ in 1..TRIES {
            assert_eq!(look(&mut watch, &told).await, [["poison.md"]]);
        }
        assert!(look(&mut watch, &told).await.is_empty());
        fs::write(folder.path().join("poison.md"), "22").unwrap();
        assert_eq!(look(&mut watch, &told).await, [["poison.md"]]);
    }

    #[tokio::test]
    async fn a_batch_has_ten_messages_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, told) = watch(folder.path());
        for number in 0..11 {
            fs::write(folder.path().join(format!("{number}.md")), "1").unwrap();
        }
        let batches = look(&mut watch, &told).await;
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 1]);
    }
}
