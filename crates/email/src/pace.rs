//! The rate at which SES takes mail, kept by all workers together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::clock::SignedDuration;
use tokio::time::{Interval, MissedTickBehavior};

/// How long what SES has said about its rate is believed.
const BELIEF: SignedDuration = SignedDuration::from_mins(10);
/// Mails a second of an account in SES's sandbox, the least there is: taken until SES has said more
/// (<https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html>).
const SANDBOX: f64 = 1.0;
/// What can be a rate at all.
const MIN_RATE: f64 = 0.001;
/// Above it a worker is not the one who has to wait.
const MAX_RATE: f64 = 1_000_000.0;
/// How long a mail waits for its turn before it goes back into the queue: together with all else that a mail waits for,
/// shorter than the worker's time-out.
const PATIENCE: Duration = Duration::from_secs(15);

/// One worker's share of the rate: there are at most `workers` of them at a time, so that they need not talk to one
/// another. Cloning shares the share.
#[derive(Clone)]
pub(crate) struct Pace {
    workers: u32,
    state: Arc<Mutex<State>>,
}

struct State {
    turns: Arc<Turns>,
    rate: f64,
    asked_at: Option<Timestamp>,
}

/// The turns at one rate. They begin with the first mail, because a timer needs the runtime that it is for.
type Turns = tokio::sync::Mutex<Option<Interval>>;

/// A mail's turn did not come in time.
#[derive(Debug)]
pub(crate) struct TooMany;

impl Pace {
    pub(crate) fn new(workers: u32) -> Self {
        let workers = workers.max(1);
        Self {
            workers,
            state: Arc::new(Mutex::new(State {
                turns: Arc::default(),
                rate: SANDBOX,
                asked_at: None,
            })),
        }
    }

    /// Whether SES has to be asked for its rate. Who is told so asks; others go on by what is known.
    pub(crate) fn has_to_ask(&self, now: Timestamp) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = state
            .asked_at
            .is_some_and(|at| at <= now && now < at + BELIEF);
        if !is_known {
            state.asked_at = Some(now);
        }
        !is_known
    }

    /// SES takes `rate` mails a second.
    pub(crate) fn learn(&self, rate: f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if (MIN_RATE..=MAX_RATE).contains(&rate) && (rate - state.rate).abs() > f64::EPSILON {
            state.turns = Arc::default();
            state.rate = rate;
        }
    }

    /// Waits until one more mail may go.
    pub(crate) async fn turn(&self) -> Result<(), TooMany> {
        let (turns, rate) = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&state.turns), state.rate)
        };
        let turn = async {
            let mut turns = turns.lock().await;
            turns
                .get_or_insert_with(|| interval(rate, self.workers))
                .tick()
                .await;
        };
        tokio::time::timeout(PATIENCE, turn)
            .await
            .map_err(|_| TooMany)
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace")
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// One mail after the other, never several at once: what one worker saved up would be too much together with the others'.
fn interval(rate: f64, workers: u32) -> Interval {
    let mut interval = tokio::time::interval(Duration::from_secs_f64(f64::from(workers) / rate));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_workers_together_keep_the_rate() {
        let workers = [Pace::new(2), Pace::new(2)];
        let start = Instant::now();
        for pace in &workers {
            pace.learn(10.0);
        }
        let sending = workers.iter().map(|pace| async move {
            for _ in 0..50 {
                pace.turn().await.unwrap();
            }
        });
        futures::future::join_all(sending).await;
        let seconds = start.elapsed().as_secs_f64();
        // 100 mails at 10 a second, less the first of each worker.
        assert!((9.79..9.9).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn until_ses_has_said_more_the_rate_is_the_sandboxs() {
        let pace = Pace::new(1);
        let start = Instant::now();
        for _ in 0..5 {
            pace.turn().await.unwrap();
        }
        assert_eq!(start.elapsed().as_secs(), 4);
        // What SES does not have is no rate.
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            pace.learn(nonsense);
        }
        pace.turn().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_mail_does_not_wait_forever() {
        let pace = Pace::new(1);
        pace.learn(0.01);
        assert!(pace.turn().await.is_ok());
        assert!(pace.turn().await.is_err());
    }

    #[test]
    fn the_rate_is_asked_for_by_one_and_again_later() {
        let (pace, now) = (Pace::new(2), Timestamp::UNIX_EPOCH);
        assert!(pace.has_to_ask(now));
        assert!(!pace.has_to_ask(now + SignedDuration::from_mins(9)));
        assert!(pace.has_to_ask(now + SignedDuration::from_mins(10)));
    }
}
