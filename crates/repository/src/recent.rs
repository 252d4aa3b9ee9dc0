//! What was read a short while ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::clock::SignedDuration;

/// How long a warm function believes what it read: revoking a key takes effect within it.
const BELIEF: SignedDuration = SignedDuration::from_secs(60);
/// As many entries are kept at the most; there are as many as sites.
const MOST: usize = 1_000;

/// What a warm function has read, for a minute. Cloning shares what is known.
#[derive(Debug)]
pub struct Recent<K, V>(Arc<Mutex<HashMap<K, Read<V>>>>);

#[derive(Debug)]
struct Read<V> {
    value: Arc<V>,
    at: Timestamp,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Clone for Recent<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// What is known of a key, where it was read a short while ago.
    #[must_use]
    pub fn get(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(key)
            .filter(|read| read.at <= now && now < read.at + BELIEF)
            .map(|read| read.value.clone())
    }

    /// Keeps what was just read.
    pub fn put(&self, key: K, value: Arc<V>, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, Read { value, at: now });
    }

    /// Keeps what was just read; what was known keeps its age.
    pub fn put_once(&self, key: K, value: &Arc<V>, now: Timestamp) {
        if self.get(&key, now).is_none() {
            self.put(key, value.clone(), now);
        }
    }

    /// A newer value of the same age.
    pub fn replace(&self, key: K, value: Arc<V>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).and_modify(|read| read.value = value);
    }
}
