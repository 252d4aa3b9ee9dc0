//! The key set in a running function: loaded once, read again before a rotation can matter.

use std::sync::Arc;

use domain::Timestamp;
use domain::clock::SignedDuration;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::{Error, KeySet};

/// How long a loaded set is used before it is read again: shorter than [`crate::key_set::LEAD`], so that a new key is
/// known everywhere before it signs anywhere.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);

/// Where the key set is kept: Secrets Manager, or a file on a laptop.
pub trait SecretSource: Send + Sync {
    /// Reads the secret; `None` where it has no value yet.
    fn load(
        &self,
    ) -> BoxFuture<'_, Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>>;
}

/// The signing keys of a function. Cloning shares them.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    source: Box<dyn SecretSource>,
    loaded: Mutex<Option<Loaded>>,
}

struct Loaded {
    keys: Arc<KeySet>,
    at: Timestamp,
}

impl KeyRing {
    /// A ring that reads `source` when it is first asked.
    #[must_use]
    pub fn new(source: Box<dyn SecretSource>) -> Self {
        Self(Arc::new(Inner {
            source,
            loaded: Mutex::new(None),
        }))
    }

    /// The key set, read again when it is older than [`MAX_AGE`] or has no key yet: a new stack works as soon as its first
    /// key is made. A set that was read before stays in use while its source does not answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::KeySet`] when no set was ever read.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<KeySet>, Error> {
        let mut loaded = self.0.loaded.lock().await;
        let is_usable = |known: &&Loaded| is_fresh(known.at, now) && !known.keys.is_empty();
        if let Some(known) = loaded.as_ref().filter(is_usable) {
            return Ok(known.keys.clone());
        }
        let keys = match (self.load().await, loaded.as_ref()) {
            (Ok(keys), _) => Arc::new(keys),
            (Err(error), Some(known)) => {
                tracing::warn!(%error, "the signing keys were not read again; the known ones stay in use");
                known.keys.clone()
            }
            (Err(error), None) => return Err(error),
        };
        *loaded = Some(Loaded {
            keys: keys.clone(),
            at: now,
        });
        Ok(keys)
    }

    async fn load(&self) -> Result<KeySet, Error> {
        match self.0.source.load().await.map_err(Error::Unavailable)? {
            Some(text) => KeySet::parse(text.expose_secret()),
            None => Ok(KeySet::empty()),
        }
    }
}

/// A clock that went back (a laptop's was advanced before) makes the set stale, too.
fn is_fresh(loaded_at: Timestamp, now: Timestamp) -> bool {
    loaded_at <= now && now < loaded_at + MAX_AGE
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Lock;

    use super::*;
    use crate::key_set::tests::{at, keys, random};

    #[derive(Default, Clone)]
    struct Shelf(Arc<Lock<Option<SecretString>>>, Arc<Lock<bool>>);

    impl SecretSource for Shelf {
        fn load(
            &self,
        ) -> BoxFuture<'_, Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>>
        {
            let answer = if *self.1.lock().unwrap() {
                Err("away".into())
            } else {
                Ok(self.0.lock().unwrap().clone())
            };
            Box::pin(async move { answer })
        }
    }

    #[tokio::test]
    async fn a_new_key_is_picked_up_without_a_restart_and_before_it_signs() {
        let shelf = Shelf::default();
        let first = keys();
        *shelf.0.lock().unwrap() = Some(first.to_secret());
        let ring = KeyRing::new(Box::new(shelf.clone()));
        assert_eq!(ring.current(at(0)).await.unwrap().public(at(0)).len(), 1);

        *shelf.0.lock().unwrap() = Some(first.rotated(&random(), at(1)).unwrap().to_secret());
        assert_eq!(
            ring.current(at(299)).await.unwrap().public(at(299)).len(),
            1
        );
        assert_eq!(
            ring.current(at(300)).await.unwrap().public(at(300)).len(),
            2
        );
        assert!(MAX_AGE < crate::key_set::LEAD);
    }

    #[tokio::test]
    async fn the_first_key_is_found_at_once() {
        let shelf = Shelf::default();
        let ring = KeyRing::new(Box::new(shelf.clone()));
        assert!(ring.current(at(0)).await.unwrap().is_empty());
        *shelf.0.lock().unwrap() = Some(keys().to_secret());
        assert!(!ring.current(at(0)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn known_keys_stay_in_use_while_the_source_is_away() {
        let shelf = Shelf::default();
        *shelf.1.lock().unwrap() = true;
        let ring = KeyRing::new(Box::new(shelf.clone()));
        assert!(matches!(
            ring.current(at(0)).await,
            Err(Error::Unavailable(_))
        ));
        *shelf.1.lock().unwrap() = false;
        *shelf.0.lock().unwrap() = Some(keys().to_secret());
        ring.current(at(0)).await.unwrap();
        *shelf.1.lock().unwrap() = true;
        assert_eq!(
            ring.current(at(900)).await.unwrap().public(at(900)).len(),
            1
        );
    }
}
