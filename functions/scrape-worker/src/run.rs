//! One run: the look at the page, and what is written down of it.

use std::time::Duration;

use domain::Timestamp;
use domain::clock::SignedDuration;
use domain::scrape::{RunError, Scrape, delay_after};
use fetch::Validators;
use repository::scrapes::{Ending, Found};
use scraping::{Definition, MIN_INTERVAL, Outcome as Field, Results};
use visit::{Read, Seen};

use crate::notice::Notice;
use crate::outcome::Outcome;
use crate::{Deps, Error, tell};

/// How many results come in between two looks for what is too many: half of what one such look forgets.
const PRUNED_EACH: u64 = 10;
/// How long a look may take with all pauses that the site wants. The five runs that a function gets at once can be of one host,
/// one after another, and it has 300 s for them, with the pauses after each.
const LONGEST: Duration = Duration::from_secs(45);
/// Of how many fields the reasons are told why they are not there.
const REASONS: usize = 5;

/// For how long a run is put off before that counts as a failure.
const PUT_OFF: SignedDuration = SignedDuration::from_hours(24);

/// What came of a look.
pub(crate) enum Looked {
    /// The page is what it was.
    Unchanged,
    /// What the page says.
    Page(Box<Read>),
    /// Nothing, for a reason; and before when the site wants to be left alone.
    Failed(RunError, Option<Timestamp>),
    /// The site was not asked, for a reason: it wants to be left alone until then.
    Postponed(RunError, Timestamp),
}

/// Does a run of a scrape. On its last delivery the page is not asked for again.
pub(crate) async fn run(
    deps: &Deps,
    scrape: &Scrape,
    run: Timestamp,
    is_last: bool,
) -> Result<(), Error> {
    let definition: Definition = serde_json::from_str(&scrape.definition)?;
    let looked = if is_last {
        Looked::Failed(crashed(), None)
    } else {
        look(deps, scrape, &definition).await?
    };
    let outcome = Outcome::of(deps, scrape, &definition, run, looked).await?;
    end(deps, scrape, &definition, run, outcome).await?;
    // The next one of this host in the queue may be done by another process.
    deps.fetcher.rest(&definition.url).await;
    Ok(())
}

async fn look(deps: &Deps, scrape: &Scrape, definition: &Definition) -> Result<Looked, Error> {
    // Who waits for a result gets one, even if the page is unchanged. What another version has written is of no use.
    let known: Option<Validators> = match (&scrape.validators, scrape.forced) {
        (Some(validators), false) => serde_json::from_str(validators).ok(),
        _ => None,
    };
    let known = known.as_ref();
    let looking = visit::look(&deps.fetcher, &deps.origins, definition, known, &deps.clock);
    let Ok(looked) = tokio::time::timeout(LONGEST, looking).await else {
        return Ok(Looked::Failed(too_long(), None));
    };
    Ok(match looked {
        Ok(Seen::Unchanged) => Looked::Unchanged,
        Ok(Seen::Page(read)) if read.is_nothing() => Looked::Failed(nothing(&read.results), None),
        Ok(Seen::Page(read)) => Looked::Page(Box::new(read)),
        Err(visit::Error::Database(error)) => return Err(error.into()),
        Err(error @ visit::Error::Fetch(fetch::Error::NotYet { not_before, .. })) => {
            // A day later it is no delay any more: somebody has to know.
            let is_late = scrape
                .slot
                .is_some_and(|slot| slot + PUT_OFF < deps.clock.now());
            if is_late && !scrape.forced {
                Looked::Failed(error.told(), Some(not_before))
            } else {
                Looked::Postponed(error.told(), not_before)
            }
        }
        Err(error) => {
            visit::leave_alone(&deps.origins, definition, &error, deps.clock.now()).await;
            Looked::Failed(error.told(), error.not_before())
        }
    })
}

fn too_long() -> RunError {
    RunError {
        code: "timeout".into(),
        message: format!(
            "not done within {} s, with the pauses that the site wants between requests",
            LONGEST.as_secs()
        ),
    }
}

fn crashed() -> RunError {
    RunError {
        code: "crashed".into(),
        message: "the run was begun more than once, and never came to an end".to_owned(),
    }
}

/// Says of some fields why they are not there.
fn nothing(results: &Results) -> RunError {
    let reasons = results.iter().filter_map(|(name, field)| match field {
        Field::Missing(missing) => Some(format!("{name}: {}", missing.message)),
        Field::Value(_) => None,
    });
    let reasons: Vec<String> = reasons.take(REASONS).collect();
    RunError {
        code: "nothing_found".into(),
        message: format!(
            "nothing of what is looked for is there: {}",
            reasons.join("; ")
        ),
    }
}

/// Writes down how a run ended, once, and tells of it.
async fn end(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    run: Timestamp,
    outcome: Outcome,
) -> Result<(), Error> {
    let now = deps.clock.now();
    // A run that was put off is still to come.
    let slot = if outcome.is_looked_at {
        next_slot(scrape, definition, now)
    } else {
        scrape.slot
    };
    let due_at = slot.map(|slot| due_at(slot, now, &outcome));
    let notice = Notice::of(
        definition,
        scrape,
        run,
        &outcome,
        due_at,
        deps.random.uuid(now),
    );
    let notice_text = notice.as_ref().map(serde_json::to_string).transpose()?;
    let ending = Ending {
        scrape,
        run,
        status: outcome.status,
        found: outcome.result.as_ref().map(|result| Found {
            result,
            validators: outcome.validators.as_deref(),
        }),
        failures: outcome.failures,
        slot,
        due_at,
        notice: notice_text.as_deref(),
        checked_at: outcome.is_looked_at.then_some(now),
    };
    let ended = deps.scrapes.end(&deps.results, &ending).await?;
    if !ended {
        return forget(deps, outcome).await;
    }
    if let Some(error) = outcome
        .result
        .as_ref()
        .and_then(|result| result.error.as_ref())
    {
        tracing::info!(scrape_id = %scrape.scrape_id, code = %error.code, failures = outcome.failures, "a scrape failed");
    }
    if let Some(result) = &outcome.result
        && result.number.is_multiple_of(PRUNED_EACH)
    {
        prune(deps, scrape, result.number).await;
    }
    match notice {
        Some(notice) => tell::tell(deps, scrape, &notice).await,
        None => Ok(()),
    }
}

/// When the schedule wants the next run. One that was asked for in between does not take the place of one that is to come.
fn next_slot(scrape: &Scrape, definition: &Definition, now: Timestamp) -> Option<Timestamp> {
    match scrape.slot {
        Some(slot) if slot > now => Some(slot),
        last => definition.schedule.next(last, now),
    }
}

/// When a scrape is taken next: at its slot, later while it fails. Where the site says when it is to be asked again, then: the
/// next slot can be a week away.
fn due_at(slot: Timestamp, now: Timestamp, outcome: &Outcome) -> Timestamp {
    let earliest = now + delay_after(outcome.failures);
    let wanted = match outcome.not_before {
        // What was not asked comes as soon as it may.
        Some(until) if !outcome.is_looked_at => until,
        Some(until) => until.max(now + MIN_INTERVAL),
        None => slot,
    };
    wanted.max(earliest)
}

/// Removes what was kept of a run that somebody else has ended, or that is wanted no more.
async fn forget(deps: &Deps, outcome: Outcome) -> Result<(), Error> {
    let Some(result) = outcome
        .result
        .filter(|result| result.content_bytes.is_some())
    else {
        return Ok(());
    };
    // Delivered twice, it was kept twice under the same name, and belongs to whoever has ended the run.
    let kept = deps
        .results
        .get(result.scrape_id, result.timestamp, deps.clock.now())
        .await?;
    if kept.is_none() {
        deps.bucket.delete(&visit::key(&result)).await?;
    }
    Ok(())
}

/// Forgets the oldest results. What is not forgotten now is later.
async fn prune(deps: &Deps, scrape: &Scrape, newest: u64) {
    match deps.results.prune(scrape.scrape_id, newest).await {
        Ok(gone) => {
            for result in gone.iter().filter(|gone| gone.content_bytes.is_some()) {
                // Its object expires as well.
                if let Err(error) = deps.bucket.delete(&visit::key(result)).await {
                    tracing::warn!(%error, "an old result was not deleted");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "old results were not deleted"),
    }
}

#[cfg(test)]
mod tests {
    use domain::scrape::RunStatus;

    use super::*;

    fn scrape(slot: Option<Timestamp>) -> (Scrape, Definition) {
        let definition = serde_json::json!({
            "name": "Prices", "url": "https://example.com/", "schedule": "rate(1 hour)",
            "fields": {"price": {"css": ".price"}},
        });
        let definition: Definition = serde_json::from_value(definition).unwrap();
        let scrape = serde_json::json!({
            "scrape_id": "0197f0b0-0000-7000-8000-000000000000", "tenant_id": "acme#shop",
            "definition": "", "host": "example.com", "created_at": 0, "updated_at": 0,
        });
        let mut scrape: Scrape = serde_json::from_value(scrape).unwrap();
        scrape.slot = slot;
        (scrape, definition)
    }

    #[test]
    fn the_schedule_goes_on_from_its_last_slot() {
        let (now, hour) = (Timestamp::UNIX_EPOCH, SignedDuration::from_hours(1));
        let (late, definition) = scrape(Some(now - SignedDuration::from_mins(10)));
        let next = next_slot(&late, &definition, now);
        assert_eq!(next, Some(now - SignedDuration::from_mins(10) + hour));
    }

    #[test]
    fn a_run_in_between_leaves_the_slot_that_is_to_come() {
        let (now, minute) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(1));
        let (early, definition) = scrape(Some(now + minute));
        assert_eq!(next_slot(&early, &definition, now), Some(now + minute));
    }

    #[test]
    fn a_site_that_says_when_is_asked_then_and_not_a_week_later() {
        let (now, minute) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(1));
        let slot = now + SignedDuration::from_hours(7 * 24);
        let failed = |failures, not_before| Outcome {
            status: RunStatus::Failed,
            failures,
            is_looked_at: true,
            not_before,
            result: None,
            validators: None,
            changes: Vec::new(),
            crossed: None,
        };
        let soon = due_at(slot, now, &failed(1, Some(now + minute)));
        assert_eq!(soon, now + minute * 5, "no more often than any schedule");
        let slower = due_at(slot, now, &failed(3, Some(now + minute)));
        assert_eq!(slower, now + minute * 15);
        assert_eq!(due_at(slot, now, &failed(3, None)), slot);
    }

    #[test]
    fn a_page_that_says_nothing_is_told_with_the_reasons() {
        let missing = |name: &str| {
            let why = serde_json::json!({"missing": {"code": "not_found", "message": "the selector finds nothing"}});
            (name.to_owned(), serde_json::from_value(why).unwrap())
        };
        let error = nothing(&Results::from([missing("price"), missing("title")]));
        assert_eq!(
            error.message,
            "nothing of what is looked for is there: price: the selector finds nothing; title: the selector finds nothing"
        );
    }
}
