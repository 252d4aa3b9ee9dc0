//! Messages as files: `<data>/queues/<queue>/<message id>.json`. Who has received which, and how often, is only in memory:
//! both begin anew with the platform, and a message that was being handled when it ended is delivered again. In memory alone
//! is also by what a FIFO queue knows a message that is sent again: what was sent before a restart is taken once more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use template::Queue;
use tokio::sync::watch;
use uuid::Uuid;

use super::deduplication::Accepted;
use super::groups;
use super::message::{Fifo, Kept, Message, Received, State, after, new_id};
use crate::Error;
use crate::clock::Clock;
use crate::data_dir::{self, DataDir};

/// The queues of a data folder.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    durable: bool,
    clock: Clock,
    queues: BTreeMap<String, Queue>,
    kept: Mutex<BTreeMap<String, BTreeMap<Uuid, Kept>>>,
    /// Of the FIFO queues.
    accepted: BTreeMap<String, Mutex<Accepted>>,
    changes: watch::Sender<()>,
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That can be received.
    pub visible: usize,
    /// That somebody has received and not deleted yet.
    pub in_flight: usize,
    /// That nobody can have yet.
    pub delayed: usize,
}

impl Store {
    pub(super) fn open(data: &DataDir, queues: &[Queue], clock: Clock) -> Result<Self, Error> {
        let root = data.file(data_dir::QUEUES);
        let mut kept = BTreeMap::new();
        for queue in queues {
            let path = root.join(&queue.name);
            fs::create_dir_all(&path).map_err(Error::file("make the folder", &path))?;
            let messages = read(&path).map_err(Error::file("read", path))?;
            kept.insert(queue.name.clone(), messages);
        }
        let fifo = queues.iter().filter(|queue| queue.fifo);
        let accepted = fifo.map(|queue| (queue.name.clone(), Mutex::default()));
        let accepted = accepted.collect();
        let queues = queues
            .iter()
            .map(|queue| (queue.name.clone(), queue.clone()));
        Ok(Self(Arc::new(Inner {
            root,
            durable: !data.is_temporary(),
            clock,
            queues: queues.collect(),
            kept: Mutex::new(kept),
            accepted,
            changes: watch::Sender::new(()),
        })))
    }

    /// One queue in a folder, for a test.
    #[cfg(test)]
    pub(crate) fn of_one(data: &DataDir, name: &str) -> Self {
        let queue = Queue {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            visibility_timeout_seconds: 30,
            redrive: None,
            fifo: false,
            deduplicates_by_group: false,
        };
        Self::open(data, &[queue], Clock::default()).unwrap()
    }

    /// What the template says of a queue; `None` where it declares none of this name.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.0.queues.get(name)
    }

    /// Tells of everything that changes from now on.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    /// Has everybody look again, as when the clock was moved.
    pub fn wake(&self) {
        self.0.changes.send_replace(());
    }

    /// Keeps a message: when this returns it is on disk. A caller that goes away meanwhile has sent it all the same. Returned is
    /// the id by which it is kept, which is an earlier one's where a FIFO queue has had the message already.
    pub(crate) async fn put(&self, queue: &str, message: Message) -> io::Result<Uuid> {
        let (store, queue) = (self.clone(), queue.to_owned());
        let keeping = tokio::task::spawn_blocking(move || match message.fifo.clone() {
            Some(fifo) => store.keep_once(&queue, message, fifo),
            None => store.keep(&queue, message),
        });
        keeping.await.map_err(io::Error::other)?
    }

    /// Keeps a message that nobody has sent before, at the end of its group. Messages of a queue are kept one after the other:
    /// their ids are in the order in which they can be had, and nobody is told of a first message that it is kept before it is.
    fn keep_once(&self, queue: &str, message: Message, fifo: Fifo) -> io::Result<Uuid> {
        let Some(accepted) = self.0.accepted.get(queue) else {
            return self.keep(queue, message);
        };
        let by_group = self.queue(queue).is_some_and(|q| q.deduplicates_by_group);
        let known_by = if by_group {
            // A space is in neither.
            format!("{} {}", fifo.group_id, fifo.deduplication_id)
        } else {
            fifo.deduplication_id
        };
        let mut accepted = accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        if let Some(first) = accepted.find(&known_by, now) {
            return Ok(first);
        }
        let last = Message {
            message_id: new_id(),
            ..message
        };
        let id = self.keep(queue, last)?;
        accepted.remember(known_by, id, now);
        Ok(id)
    }

    fn keep(&self, queue: &str, message: Message) -> io::Result<Uuid> {
        write(&self.folder(queue), &message, self.0.durable)?;
        let id = message.message_id;
        let mut kept = self.kept();
        let messages = kept.entry(queue.to_owned()).or_default();
        messages.insert(id, Kept::new(message));
        drop(kept);
        self.wake();
        Ok(id)
    }

    /// Takes up to `count` messages, the oldest first: for `seconds`, or else until they are given back or deleted. What was
    /// taken too often goes to the dead-letter queue instead. A FIFO queue gives none of a group of which somebody has one.
    pub(super) fn receive(&self, queue: &str, count: usize, seconds: Option<u32>) -> Vec<Received> {
        let now = self.0.clock.now();
        let mut kept = self.kept();
        let (mut received, mut given_up) = (Vec::new(), Vec::new());
        let redrive = self.queue(queue).and_then(|queue| queue.redrive.as_ref());
        let messages = kept.entry(queue.to_owned()).or_default();
        let held = self.is_fifo(queue).then(|| groups::held(messages, now));
        let is_held = |message: &Kept| {
            let held = held.as_ref().zip(message.group());
            held.is_some_and(|(held, group)| held.contains(group))
        };
        for (id, message) in messages {
            if received.len() == count {
                break;
            }
            if !message.is_visible(now) || is_held(message) {
                continue;
            }
            if redrive.is_some_and(|to| message.receive_count >= to.max_receive_count) {
                given_up.push(*id);
                continue;
            }
            let receipt = new_id();
            message.receive_count += 1;
            message.state = State::Received {
                receipt,
                until: seconds.map(|seconds| after(now, seconds)),
            };
            received.push(Received {
                message: message.message.clone(),
                receipt,
                receive_count: message.receive_count,
            });
        }
        let is_changed = !(received.is_empty() && given_up.is_empty());
        if let Some(redrive) = redrive {
            for id in given_up {
                self.give_up(&mut kept, queue, &redrive.dead_letter_queue, id);
            }
        }
        drop(kept);
        if is_changed {
            self.wake();
        }
        received
    }

    /// Moves a message at once: a crash leaves it in one queue or the other.
    fn give_up(
        &self,
        kept: &mut BTreeMap<String, BTreeMap<Uuid, Kept>>,
        from: &str,
        to: &str,
        id: Uuid,
    ) {
        let moved = fs::rename(self.file(from, id), self.file(to, id));
        let Some(message) = kept.get_mut(from).and_then(|queue| queue.remove(&id)) else {
            return;
        };
        tracing::error!(queue = from, message_id = %id, "a message is given up");
        if let Err(error) = moved {
            tracing::error!(%error, message_id = %id, "the message can't be moved, and comes again after a restart");
            return;
        }
        let messages = kept.entry(to.to_owned()).or_default();
        messages.insert(id, Kept::new(message.message));
    }

    /// Ends a message that was handled. As in SQS, a receipt that is no longer good is no error.
    pub(super) fn delete(&self, queue: &str, receipt: Uuid) -> io::Result<()> {
        let mut kept = self.kept();
        let Some(messages) = kept.get_mut(queue) else {
            return Ok(());
        };
        let found = messages.iter().find(|(_, kept)| kept.has_receipt(receipt));
        let Some(id) = found.map(|(id, _)| *id) else {
            return Ok(());
        };
        match fs::remove_file(self.file(queue, id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => messages.remove(&id),
        };
        drop(kept);
        self.wake();
        Ok(())
    }

    /// Keeps a message for `seconds` more; `false` where the receipt is no longer good.
    pub(super) fn hold(&self, queue: &str, receipt: Uuid, seconds: u32) -> bool {
        let until = Some(after(self.0.clock.now(), seconds));
        self.set(queue, receipt, State::Received { receipt, until })
    }

    /// Gives a message back, to be had again after `seconds`.
    pub(super) fn give_back(&self, queue: &str, receipt: Uuid, seconds: u32) {
        let until = after(self.0.clock.now(), seconds);
        self.set(queue, receipt, State::Waiting { until });
    }

    fn set(&self, queue: &str, receipt: Uuid, state: State) -> bool {
        let mut kept = self.kept();
        let mut messages = kept
            .get_mut(queue)
            .into_iter()
            .flat_map(BTreeMap::values_mut);
        let Some(message) = messages.find(|kept| kept.has_receipt(receipt)) else {
            return false;
        };
        message.state = state;
        drop(kept);
        self.wake();
        true
    }

    /// When the next message can be received; `None` while there is none to wait for.
    pub(super) fn next_visible(&self, queue: &str) -> Option<Timestamp> {
        let kept = self.kept();
        let messages = kept.get(queue)?;
        if self.is_fifo(queue) {
            return groups::next_visible(messages);
        }
        messages.values().filter_map(Kept::visible_at).min()
    }

    fn is_fifo(&self, queue: &str) -> bool {
        self.0.accepted.contains_key(queue)
    }

    /// How many messages a queue has.
    #[must_use]
    pub fn counts(&self, queue: &str) -> Counts {
        let now = self.0.clock.now();
        let mut counts = Counts::default();
        for message in self
            .kept()
            .get(queue)
            .into_iter()
            .flat_map(BTreeMap::values)
        {
            let count = if message.is_visible(now) {
                &mut counts.visible
            } else if message.is_in_flight(now) {
                &mut counts.in_flight
            } else {
                &mut counts.delayed
            };
            *count += 1;
        }
        counts
    }

    /// The messages of a queue, newest first.
    #[must_use]
    pub fn newest_first(&self, queue: &str) -> Vec<Message> {
        let kept = self.kept();
        let messages = kept.get(queue).into_iter().flat_map(BTreeMap::values).rev();
        messages.map(|kept| kept.message.clone()).collect()
    }

    /// Waits until what is due or being handled by now has left a queue, but no longer than `patience`.
    pub async fn until_handled(&self, queue: &str, patience: Duration) {
        let mut changes = self.changes();
        let now = self.0.clock.now();
        let mut due: BTreeSet<Uuid> = {
            let kept = self.kept();
            let messages = kept.get(queue).into_iter().flatten();
            let due = messages.filter(|(_, kept)| kept.is_visible(now) || kept.is_in_flight(now));
            due.map(|(id, _)| *id).collect()
        };
        let is_left = |id: &Uuid| {
            self.kept()
                .get(queue)
                .is_some_and(|kept| kept.contains_key(id))
        };
        let handled = async {
            while let Some(id) = due.first().copied() {
                if !is_left(&id) {
                    due.pop_first();
                } else if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        // Whoever asks gets what there is.
        let _ = tokio::time::timeout(patience, handled).await;
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<Uuid, Kept>>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, queue: &str) -> PathBuf {
        self.0.root.join(queue)
    }

    fn file(&self, queue: &str, id: Uuid) -> PathBuf {
        self.folder(queue).join(format!("{id}.json"))
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

/// The messages that an earlier run has left. What was being written has no name that ends so.
fn read(folder: &Path) -> io::Result<BTreeMap<Uuid, Kept>> {
    let mut messages = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match serde_json::from_slice::<Message>(&fs::read(&path)?) {
            Ok(message) => drop(messages.insert(message.message_id, Kept::new(message))),
            Err(error) => {
                tracing::error!(%error, file = %path.display(), "the file is no message, and is left alone");
            }
        }
    }
    Ok(messages)
}
