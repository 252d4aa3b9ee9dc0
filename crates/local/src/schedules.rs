//! `EventBridge`: runs functions again and again, by the platform's clock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use template::Schedule;
use tokio::sync::Mutex;
use trigger::CloudWatchEvent;
use uuid::Uuid;

use crate::clock::Clock;
use crate::functions::ScheduledHandler;
use crate::platform::{ACCOUNT_ID, REGION};
use crate::service::Service;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);

/// A function with its next run.
struct Due {
    handler: ScheduledHandler,
    function: String,
    period: SignedDuration,
    next: Timestamp,
}

/// The schedules of a platform. Clones are the same schedules.
#[derive(Clone)]
pub(crate) struct Schedules {
    due: Arc<Mutex<Vec<Due>>>,
    clock: Clock,
}

impl Schedules {
    /// Each function is due at once, and then whenever its period has passed. AWS would wait for the first period to pass;
    /// here that could take longer than a laptop is on.
    pub(crate) fn new(
        schedules: Vec<Schedule>,
        handlers: &HashMap<String, ScheduledHandler>,
        clock: Clock,
    ) -> Self {
        let next = clock.now();
        let due = schedules.into_iter().filter_map(|schedule| {
            let period = Duration::from_secs(schedule.period_seconds);
            Some(Due {
                handler: handlers.get(&schedule.function)?.clone(),
                function: schedule.function,
                period: SignedDuration::try_from(period).ok()?,
                next,
            })
        });
        Self {
            due: Arc::new(Mutex::new(due.collect())),
            clock,
        }
    }

    /// Runs what is due, again and again.
    pub(crate) fn start(&self) -> Service {
        let schedules = self.clone();
        Service::spawn(|stopped| async move {
            let mut stopped = std::pin::pin!(stopped.wait());
            let mut ticks = tokio::time::interval(TICK);
            loop {
                tokio::select! {
                    () = &mut stopped => return,
                    _ = ticks.tick() => schedules.run_due().await,
                }
            }
        })
    }

    /// Runs what is due, one after the other. A run that failed has said so in the log, and has its next chance a period
    /// later.
    pub(crate) async fn run_due(&self) {
        let now = self.clock.now();
        for task in self.due.lock().await.iter_mut() {
            if task.next <= now {
                let _ = (task.handler)(event(&task.function, now)).await;
                task.next = now.checked_add(task.period).unwrap_or(Timestamp::MAX);
            }
        }
    }
}

/// The event that `EventBridge` would send.
fn event(function: &str, now: Timestamp) -> CloudWatchEvent {
    #[expect(
        clippy::disallowed_methods,
        reason = "this stands in for EventBridge, which has randomness of its own"
    )]
    let id = Uuid::now_v7();
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": now,
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/local-{function}")],
        "detail": {},
    });
    serde_json::from_value(event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_function_runs_at_once_and_whenever_its_period_has_passed() {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let handler: ScheduledHandler = Arc::new(move |event| {
            assert_eq!(event.detail_type.as_deref(), Some("Scheduled Event"));
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Err(trigger::Failed) })
        });
        let (function, clock) = ("test".to_owned(), Clock::default());
        let handlers = HashMap::from([(function.clone(), handler)]);
        let daily = Schedule {
            function,
            period_seconds: 86_400,
        };
        let schedules = Schedules::new(vec![daily], &handlers, clock.clone());
        for (advance_seconds, expected) in [(0, 1), (0, 1), (43_200, 1), (43_200, 2), (864_000, 3)]
        {
            clock.advance(advance_seconds).unwrap();
            schedules.run_due().await;
            schedules.run_due().await;
            assert_eq!(runs.load(Ordering::SeqCst), expected, "runs");
        }
    }
}
