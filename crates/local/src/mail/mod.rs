//! Mail on this machine: where it goes, and what became of it.

mod message;
mod picture;
mod transport;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use domain::mail::EmailJob;
use jiff::Timestamp;
use repository::Emails;
use tokio::sync::watch;
use uuid::Uuid;

use crate::Surroundings;
use crate::queues::{Counts, Message, Store};

pub use message::Mail;
pub(crate) use message::pieces;
pub(crate) use picture::with_pictures;
pub use transport::Transport;

/// The longest that a program which asks for the mail waits for what is being sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many of the mails that were given up are told of one by one.
const DEAD_LETTERS: usize = 20;

/// The mail that went out, and what is on its way. Clones are the same inbox.
#[derive(Debug, Clone)]
pub struct Inbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbox: Option<PathBuf>,
    /// The name of the queue of jobs.
    queue: String,
    store: Store,
    emails: Emails,
    /// What was read, for as long as its file stays as it was.
    read: Mutex<HashMap<Uuid, (SystemTime, Arc<Mail>)>>,
    closed: watch::Sender<bool>,
}

/// A mail that was given up.
#[derive(Debug)]
pub struct DeadLetter {
    /// When it was queued, and its text.
    pub message: Message,
    /// What was to be sent; none where that can't be told.
    pub job: Option<EmailJob>,
    /// Why it was not sent, where that was written down.
    pub reason: Option<String>,
}

impl Inbox {
    pub(crate) fn new(surroundings: &Surroundings, store: &Store, emails: Emails) -> Self {
        let mut environments = surroundings.environment.values();
        let queue = environments.find_map(|variables| variables.get("EMAIL_QUEUE_URL"));
        let queue = queue.and_then(|url| url.rsplit('/').next());
        Self(Arc::new(Inner {
            outbox: surroundings.mail.outbox(),
            queue: queue.unwrap_or_default().to_owned(),
            store: store.clone(),
            emails,
            read: Mutex::default(),
            closed: watch::Sender::new(false),
        }))
    }

    /// The queues.
    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// The mail that went out, newest first.
    ///
    /// # Errors
    /// Where the outbox can't be read. A file in it that is no mail, or that somebody has just removed, is passed over.
    pub async fn mails(&self) -> io::Result<Vec<Arc<Mail>>> {
        let inbox = self.clone();
        let reading = tokio::task::spawn_blocking(move || inbox.0.mails());
        reading.await.map_err(io::Error::other)?
    }

    /// One mail with its file.
    ///
    /// # Errors
    /// As [`mails`](Self::mails).
    pub async fn mail(&self, id: Uuid) -> io::Result<Option<(Arc<Mail>, PathBuf)>> {
        let mail = self.mails().await?.into_iter().find(|mail| mail.id == id);
        let file = self
            .0
            .outbox
            .as_ref()
            .map(|folder| folder.join(format!("{id}.eml")));
        Ok(mail.zip(file))
    }

    /// Waits until the mails that are due by now were handled, but not for ever.
    pub async fn until_handled(&self) {
        self.0.store.until_handled(&self.0.queue, PATIENCE).await;
    }

    /// The jobs in the queue, newest first.
    #[must_use]
    pub fn queued(&self) -> Vec<Message> {
        self.0.store.newest_first(&self.0.queue)
    }

    /// How many jobs are in the queue.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.store.counts(&self.0.queue)
    }

    /// The newest mails that were given up, newest first, and how many there are in all.
    pub async fn dead_letters(&self) -> (Vec<DeadLetter>, usize) {
        let queue = self.0.store.queue(&self.0.queue);
        let redrive = queue.and_then(|queue| queue.redrive.as_ref());
        let messages = redrive.map(|to| self.0.store.newest_first(&to.dead_letter_queue));
        let mut messages = messages.unwrap_or_default();
        let count = messages.len();
        messages.truncate(DEAD_LETTERS);
        let letters = messages
            .into_iter()
            .map(|message| self.dead_letter(message));
        (futures::future::join_all(letters).await, count)
    }

    async fn dead_letter(&self, message: Message) -> DeadLetter {
        let job: Option<EmailJob> = serde_json::from_str(&message.body).ok();
        let reason = match &job {
            Some(job) => self.0.emails.get(job.email_id).await.ok().flatten(),
            None => None,
        };
        DeadLetter {
            message,
            job,
            reason: reason.and_then(|mail| mail.error),
        }
    }

    /// Resolves when something has changed since the last time; `false` once the platform stops.
    pub(crate) fn changes(&self) -> Changes {
        Changes {
            changes: self.0.store.changes(),
            closed: self.0.closed.subscribe(),
        }
    }

    /// Ends what waits for changes.
    pub(crate) fn close(&self) {
        self.0.closed.send_replace(true);
    }
}

/// What happens to mail.
#[derive(Debug)]
pub(crate) struct Changes {
    changes: watch::Receiver<()>,
    closed: watch::Receiver<bool>,
}

impl Changes {
    /// Waits for the next change; `None` once the platform stops.
    pub(crate) async fn next(&mut self) -> Option<()> {
        tokio::select! {
            _ = self.closed.wait_for(|closed| *closed) => None,
            changed = self.changes.changed() => changed.ok(),
        }
    }
}

impl Inner {
    fn mails(&self) -> io::Result<Vec<Arc<Mail>>> {
        let mut found = HashMap::new();
        let entries = match self.outbox.as_ref().map(fs::read_dir) {
            None => return Ok(Vec::new()),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Some(entries) => entries?,
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let Some(id) = id_of(&path) else { continue };
            let Ok(written_at) = entry.metadata().and_then(|file| file.modified()) else {
                continue;
            };
            let known = read.remove(&id).filter(|(then, _)| *then == written_at);
            let mail = known.map(|(_, mail)| mail).or_else(|| {
                let time = Timestamp::try_from(written_at).unwrap_or(Timestamp::UNIX_EPOCH);
                Mail::parse(id, &fs::read(&path).ok()?, time).map(Arc::new)
            });
            if let Some(mail) = mail {
                found.insert(id, (written_at, mail));
            }
        }
        *read = found;
        let mut mails: Vec<_> = read.values().cloned().collect();
        drop(read);
        mails.sort_by_key(|(written_at, mail)| std::cmp::Reverse((mail.created_at, *written_at)));
        Ok(mails.into_iter().map(|(_, mail)| mail).collect())
    }
}

/// The id of the mail in `<id>.eml`.
fn id_of(path: &Path) -> Option<Uuid> {
    let is_mail = path.extension().is_some_and(|extension| extension == "eml");
    let name = path.file_stem().filter(|_| is_mail)?;
    name.to_str()?.parse().ok()
}
