//! Replacing the key set where it is kept: exactly one of those who rotate at the same time does it.

use std::sync::Arc;

use domain::clock::SignedDuration;
use domain::{Random, Timestamp};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, KeySet};

/// The age of the newest key at which the next one is made.
pub const ROTATION_PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often a rotation begins anew when another one was faster.
const ATTEMPTS: usize = 3;

/// A secret, and what names this state of it.
pub struct Versioned {
    /// The secret.
    pub secret: SecretString,
    /// Its version.
    pub version: String,
}

/// Why a secret can't be read or written.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A place where the key set can be replaced: Secrets Manager, or a file on a laptop.
pub trait SecretStore: Send + Sync {
    /// Reads the secret; `None` where it has no value yet.
    fn read(&self) -> BoxFuture<'_, Result<Option<Versioned>, Failure>>;

    /// Puts `secret` in the place of the version `replaces`, or of nothing. False, and nothing is written, where another
    /// one took that place: of all who replace the same version, one succeeds.
    fn replace<'a>(
        &'a self,
        replaces: Option<&'a str>,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<bool, Failure>>;
}

/// The key set where it is kept, for who rotates it. Nothing is cached. Cloning shares the place.
#[derive(Clone)]
pub struct KeyStore(Arc<dyn SecretStore>);

impl KeyStore {
    /// The key set kept in `store`.
    #[must_use]
    pub fn new(store: impl SecretStore + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// The keys as they are now; an empty set where none was ever made.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::KeySet`].
    pub async fn current(&self) -> Result<KeySet, Error> {
        Ok(self.read().await?.0)
    }

    /// Makes the next key, whatever the age of the newest.
    ///
    /// # Errors
    /// [`Error::Replaced`] where another rotation was faster, and as [`current`](Self::current).
    pub async fn rotate(&self, random: &Random, now: Timestamp) -> Result<KeySet, Error> {
        let (keys, version) = self.read().await?;
        self.replace(keys, version, random, now)
            .await?
            .ok_or(Error::Replaced)
    }

    /// Makes the next key where the newest is [`ROTATION_PERIOD`] old, or the first where there is none. `None` where
    /// nothing had to be done, also because another rotation did it meanwhile.
    ///
    /// # Errors
    /// [`Error::Replaced`] where the place of the version that is read is taken again and again; else as
    /// [`current`](Self::current).
    pub async fn rotate_when_due(
        &self,
        random: &Random,
        now: Timestamp,
    ) -> Result<Option<KeySet>, Error> {
        for _ in 0..ATTEMPTS {
            let (keys, version) = self.read().await?;
            if !is_due(&keys, now) {
                return Ok(None);
            }
            if let Some(keys) = self.replace(keys, version, random, now).await? {
                return Ok(Some(keys));
            }
        }
        Err(Error::Replaced)
    }

    async fn read(&self) -> Result<(KeySet, Option<String>), Error> {
        match self.0.read().await.map_err(Error::Unavailable)? {
            Some(known) => {
                let keys = KeySet::parse(known.secret.expose_secret())?;
                Ok((keys, Some(known.version)))
            }
            None => Ok((KeySet::empty(), None)),
        }
    }

    async fn replace(
        &self,
        keys: KeySet,
        version: Option<String>,
        random: &Random,
        now: Timestamp,
    ) -> Result<Option<KeySet>, Error> {
        let keys = keys.rotated(random, now)?;
        let secret = keys.to_secret();
        let is_replaced = self.0.replace(version.as_deref(), &secret).await;
        Ok(is_replaced.map_err(Error::Unavailable)?.then_some(keys))
    }
}

fn is_due(keys: &KeySet, now: Timestamp) -> bool {
    keys.newest()
        .is_none_or(|made_at| made_at + ROTATION_PERIOD <= now)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::key_set::tests::{at, random};

    const DAY: i64 = 86_400;

    /// A shelf that lets others in between a reading and a writing.
    #[derive(Default, Clone)]
    struct Shelf {
        secret: Arc<Mutex<Option<String>>>,
        is_stuck: bool,
    }

    impl SecretStore for Shelf {
        fn read(&self) -> BoxFuture<'_, Result<Option<Versioned>, Failure>> {
            Box::pin(async {
                let secret = self.secret.lock().unwrap().clone();
                tokio::task::yield_now().await;
                Ok(secret.map(|secret| Versioned {
                    version: crate::hash(&secret),
                    secret: secret.into(),
                }))
            })
        }

        fn replace<'a>(
            &'a self,
            replaces: Option<&'a str>,
            secret: &'a SecretString,
        ) -> BoxFuture<'a, Result<bool, Failure>> {
            Box::pin(async move {
                let mut kept = self.secret.lock().unwrap();
                let is_same = kept.as_deref().map(crate::hash).as_deref() == replaces;
                if is_same && !self.is_stuck {
                    *kept = Some(secret.expose_secret().to_owned());
                }
                Ok(is_same && !self.is_stuck)
            })
        }
    }

    async fn kids(store: &KeyStore, second: i64) -> Vec<String> {
        let keys = store.current().await.unwrap().public(at(second));
        keys.into_iter().map(|key| key.kid).collect()
    }

    #[tokio::test]
    async fn the_next_key_is_made_when_the_newest_is_thirty_days_old() {
        let store = KeyStore::new(Shelf::default());
        let made = async |second| {
            let keys = store.rotate_when_due(&random(), at(second)).await.unwrap();
            keys.is_some()
        };
        assert!(made(0).await, "the first key");
        assert!(!made(30 * DAY - 1).await);
        assert!(made(30 * DAY).await);
        assert!(!made(30 * DAY).await, "a second delivery of the same event");
        assert_eq!(kids(&store, 30 * DAY).await.len(), 2);
        assert!(!made(60 * DAY - 1).await);
    }

    #[tokio::test]
    async fn keys_that_have_retired_are_left_out_of_what_is_stored() {
        let shelf = Shelf::default();
        let store = KeyStore::new(shelf.clone());
        store.rotate(&random(), at(0)).await.unwrap();
        let first = kids(&store, 0).await.remove(0);
        store.rotate(&random(), at(30 * DAY)).await.unwrap();
        store.rotate(&random(), at(61 * DAY)).await.unwrap();
        let stored = shelf.secret.lock().unwrap().clone().unwrap();
        assert!(!stored.contains(&first), "the first key is still stored");
        assert_eq!(kids(&store, 61 * DAY).await.len(), 2);
    }

    #[tokio::test]
    async fn of_two_runs_at_once_one_makes_a_key() {
        let (store, random) = (KeyStore::new(Shelf::default()), random());
        for second in [0, 30 * DAY] {
            let before = kids(&store, second).await.len();
            let run = || store.rotate_when_due(&random, at(second));
            let (one, other) = futures::future::join(run(), run()).await;
            let made = [one.unwrap(), other.unwrap()];
            assert_eq!(made.iter().flatten().count(), 1);
            assert_eq!(kids(&store, second).await.len(), before + 1);
        }
    }

    #[tokio::test]
    async fn an_operator_hears_that_another_rotation_was_faster() {
        let (store, random) = (KeyStore::new(Shelf::default()), random());
        let run = || store.rotate(&random, at(0));
        let (one, other) = futures::future::join(run(), run()).await;
        assert!(one.is_ok() && matches!(other, Err(Error::Replaced)));
        assert_eq!(kids(&store, 0).await.len(), 1);
    }

    #[tokio::test]
    async fn a_place_that_stays_taken_is_an_error() {
        let store = KeyStore::new(Shelf {
            is_stuck: true,
            ..Shelf::default()
        });
        let outcome = store.rotate_when_due(&random(), at(0)).await;
        assert!(matches!(outcome, Err(Error::Replaced)));
    }
}
