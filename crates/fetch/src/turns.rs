//! One request at a time to a host, and time between them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, Timestamp};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// How many hosts are remembered before those that matter no more are forgotten.
const REMEMBERED: usize = 1024;

/// Who asks which host when.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Host>>>>);

/// What is known of a host.
#[derive(Debug, Default)]
pub(crate) struct Host {
    /// When the next request may begin.
    free_at: Option<Instant>,
    /// Until when it wants no request.
    not_before: Option<Timestamp>,
}

/// The right to ask a host, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    host: OwnedMutexGuard<Host>,
    delay: Duration,
}

impl Turns {
    /// Lets one at a time do something about a host.
    pub(crate) async fn lock(&self, host: &str, clock: &Clock) -> OwnedMutexGuard<Host> {
        self.of(host, clock).lock_owned().await
    }

    /// Waits until a host may be asked; after it has been, it is left alone for `delay`.
    ///
    /// # Errors
    /// The time before which the host wants no request.
    pub(crate) async fn take(
        &self,
        host: &str,
        delay: Duration,
        clock: &Clock,
    ) -> Result<Turn, Timestamp> {
        let host = self.lock(host, clock).await;
        if let Some(not_before) = host.not_before.filter(|time| *time > clock.now()) {
            return Err(not_before);
        }
        if let Some(free_at) = host.free_at {
            tokio::time::sleep_until(free_at).await;
        }
        Ok(Turn { host, delay })
    }

    fn of(&self, host: &str, clock: &Clock) -> Arc<tokio::sync::Mutex<Host>> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED {
            let now = (Instant::now(), clock.now());
            hosts.retain(|_, host| match host.try_lock() {
                // Somebody may be about to lock what only they and this map hold.
                Ok(free) => Arc::strong_count(host) > 1 || free.is_of_use(now),
                Err(_) => true,
            });
        }
        Arc::clone(hosts.entry(host.to_owned()).or_default())
    }
}

impl Host {
    fn is_of_use(&self, (instant, now): (Instant, Timestamp)) -> bool {
        self.not_before.is_some_and(|time| time > now)
            || self.free_at.is_some_and(|time| time > instant)
    }
}

impl Turn {
    /// Lets nobody ask the host before a time.
    pub(crate) fn end_until(mut self, not_before: Timestamp) {
        self.host.not_before = Some(not_before);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.host.free_at = Some(Instant::now() + self.delay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn clock() -> Clock {
        Clock::new(|| Timestamp::UNIX_EPOCH)
    }

    async fn take(turns: &Turns, host: &str, delay: Duration) -> Turn {
        turns.take(host, delay, &clock()).await.unwrap()
    }

    #[tokio::test]
    async fn a_host_is_asked_by_one_at_a_time_and_another_host_meanwhile() {
        let turns = Turns::default();
        let first = take(&turns, "a.example", Duration::ZERO).await;
        let mut second = Box::pin(take(&turns, "a.example", Duration::ZERO));
        assert!(futures::poll!(&mut second).is_pending());
        drop(take(&turns, "b.example", Duration::ZERO).await);
        drop(first);
        drop(second.await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_lies_between_the_end_of_one_and_the_next() {
        let turns = Turns::default();
        let turn = take(&turns, "a.example", 3 * SECOND).await;
        tokio::time::advance(SECOND).await;
        let ended = Instant::now();
        drop(turn);
        drop(take(&turns, "a.example", SECOND).await);
        assert_eq!(Instant::now() - ended, 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_while_waiting_makes_nobody_wait_longer() {
        let turns = Turns::default();
        drop(take(&turns, "a.example", 3 * SECOND).await);
        let ended = Instant::now();
        tokio::time::advance(SECOND).await;
        let mut given_up = Box::pin(take(&turns, "a.example", 3 * SECOND));
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        drop(take(&turns, "a.example", SECOND).await);
        assert_eq!(Instant::now() - ended, 3 * SECOND);
    }

    #[tokio::test]
    async fn a_host_that_wants_to_be_left_alone_is_until_the_time_comes() {
        let turns = Turns::default();
        let later = Timestamp::UNIX_EPOCH + 2 * SECOND;
        let turn = take(&turns, "a.example", Duration::ZERO).await;
        turn.end_until(later);
        let refused = turns.take("a.example", Duration::ZERO, &clock()).await;
        assert_eq!(refused.unwrap_err(), later);
        let clock = Clock::new(move || later);
        assert!(turns.take("a.example", SECOND, &clock).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_matter_no_more_are_forgotten() {
        let turns = Turns::default();
        let held = take(&turns, "held.example", SECOND).await;
        for number in 0..REMEMBERED {
            drop(take(&turns, &format!("{number}.example"), SECOND).await);
        }
        tokio::time::advance(2 * SECOND).await;
        drop(take(&turns, "last.example", SECOND).await);
        let known = turns.0.lock().unwrap();
        let mut names: Vec<_> = known.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["held.example", "last.example"]);
        drop(held);
    }
}
