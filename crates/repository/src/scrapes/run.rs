//! A run of a scrape, from being taken to being told of.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, Update};
use domain::Timestamp;
use domain::clock::SignedDuration;
use domain::scrape::{RunResult, RunStatus, Scrape};
use uuid::Uuid;

use super::{DUE, Scrapes, id_in};
use crate::database::{conditional, number, read, text, time, time_in};
use crate::transaction::{Transaction, alone, built};
use crate::{Error, ScrapeResults};

/// When a run that nothing came of is taken again: longer than any waits for its turn, unless its host has more scrapes than
/// it can be asked for in that time, and then what waits is only delivered twice.
const LEASE: SignedDuration = SignedDuration::from_hours(1);

/// How a run ended.
#[derive(Debug)]
pub struct Ending<'a> {
    /// The scrape as it was when the run began.
    pub scrape: &'a Scrape,
    /// Which run.
    pub run: Timestamp,
    /// How it went.
    pub status: RunStatus,
    /// What the page said; nothing where it is unchanged.
    pub found: Option<Found<'a>>,
    /// How many runs in a row have failed by now.
    pub failures: u32,
    /// When the schedule wants the next run.
    pub slot: Option<Timestamp>,
    /// When it is to be taken.
    pub due_at: Option<Timestamp>,
    /// What is to be told, as JSON.
    pub notice: Option<&'a str>,
    /// When the page was looked at, if it was.
    pub checked_at: Option<Timestamp>,
}

/// What a run has found.
#[derive(Debug)]
pub struct Found<'a> {
    /// What is kept of it.
    pub result: &'a RunResult,
    /// By what the page's server knows whether it has changed, as JSON.
    pub validators: Option<&'a str>,
}

#[derive(Clone, Copy)]
enum Step {
    Scrape,
    Result,
}

impl Scrapes {
    /// The scrapes that are due at `now`, the earliest first, at most `limit`: each with the time since which it is.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<(Uuid, Timestamp)>, Error> {
        let mut rows = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("due-index")
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":now", time(now))
            .into_paginator()
            .items()
            .send();
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(row) = rows.next().await
        {
            let row = row?;
            let since = time_in(&row, "due_at");
            let since = since.ok_or_else(|| Error::corrupt("a due scrape without a time"))?;
            due.push((id_in(row)?, since));
        }
        Ok(due)
    }

    /// Takes a scrape that is due `since` then: nobody else does. One whose run got lost keeps the name of the run, so that
    /// it is done once should it turn up again.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn claim(
        &self,
        id: Uuid,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Scrape>, Error> {
        let call = self
            .row(id)
            .update_expression("SET due_at = :lease, run = if_not_exists(run, :now)")
            .condition_expression("due_at = :since")
            .expression_attribute_values(":lease", time(now + LEASE))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":since", time(since))
            .return_values(ReturnValue::AllNew);
        let claimed = conditional(call.send().await)?.ok();
        let row = claimed.and_then(|claimed| claimed.attributes);
        row.map(read).transpose()
    }

    /// Takes a scrape at once, whether it is due or not. The run that is under way is that run. `None` where it is gone.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn run_now(&self, id: Uuid, now: Timestamp) -> Result<Option<Scrape>, Error> {
        let call = self
            .row(id)
            .update_expression(
                "SET due = :due, due_at = :lease, run = if_not_exists(run, :now), forced = :true",
            )
            .condition_expression("attribute_exists(scrape_id)")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":lease", time(now + LEASE))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .return_values(ReturnValue::AllNew);
        let taken = conditional(call.send().await)?.ok();
        taken
            .and_then(|taken| taken.attributes)
            .map(read)
            .transpose()
    }

    /// Gives back a scrape that was taken and whose run nobody was told of: it is due as it was.
    ///
    /// # Errors
    /// When the database gives no answer; it is due again after a while all the same.
    pub async fn release(&self, id: Uuid, run: Timestamp, due_at: Timestamp) -> Result<(), Error> {
        let call = self
            .row(id)
            .update_expression("SET due_at = :due_at")
            .condition_expression("run = :run")
            .expression_attribute_values(":run", time(run))
            .expression_attribute_values(":due_at", time(due_at));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// Writes down how a run ended, together with what it has found; `false` where the scrape no longer has that run.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn end(&self, results: &ScrapeResults, ending: &Ending<'_>) -> Result<bool, Error> {
        let update = built(self.ending(ending).build())?;
        let Some(found) = &ending.found else {
            let call = alone(&self.database.client, update);
            return Ok(conditional(call.send().await)?.is_ok());
        };
        let ended = Transaction::new()
            .step(update, Step::Scrape)
            .step(results.putting(found.result)?, Step::Result)
            .commit(&self.database)
            .await?;
        Ok(ended.is_ok())
    }

    /// Who asks for a run while it is under way is promised a result: one that has none does not end then, and comes again.
    fn ending(&self, ending: &Ending<'_>) -> UpdateBuilder {
        let mut set = vec!["#status = :status", "failures = :failures"];
        let mut remove = vec!["run", "forced"];
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("scrape_id", text(ending.scrape.scrape_id.to_string()))
            .condition_expression("run = :run")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":run", time(ending.run))
            .expression_attribute_values(":status", text(ending.status.as_str()))
            .expression_attribute_values(":failures", number(ending.failures));
        if let Some(checked_at) = ending.checked_at {
            set.push("checked_at = :checked_at");
            update = update.expression_attribute_values(":checked_at", time(checked_at));
        }
        match ending.slot.zip(ending.due_at) {
            Some((slot, due_at)) => {
                set.push("slot = :slot, due_at = :due_at");
                update = update
                    .expression_attribute_values(":slot", time(slot))
                    .expression_attribute_values(":due_at", time(due_at));
            }
            None => remove.push("due, due_at, slot"),
        }
        if let Some(found) = &ending.found {
            set.push("results = :results");
            update = update.expression_attribute_values(":results", number(found.result.number));
            if found.result.status == RunStatus::Complete {
                set.push("last_result = :run");
            }
            match found.validators {
                Some(validators) => {
                    set.push("validators = :validators");
                    update = update.expression_attribute_values(":validators", text(validators));
                }
                None => remove.push("validators"),
            }
        }
        if let Some(notice) = ending.notice {
            set.push("notice = :notice, notice_run = :run");
            update = update.expression_attribute_values(":notice", text(notice));
        }
        if ending.found.is_none() && !ending.scrape.forced {
            update = update
                .condition_expression(
                    "run = :run AND (attribute_not_exists(forced) OR forced = :false)",
                )
                .expression_attribute_values(":false", AttributeValue::Bool(false));
        }
        update.update_expression(format!(
            "SET {} REMOVE {}",
            set.join(", "),
            remove.join(", ")
        ))
    }

    /// Writes down that what was to be told of a run was told.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn told(&self, id: Uuid, run: Timestamp) -> Result<(), Error> {
        let call = self
            .row(id)
            .update_expression("REMOVE notice, notice_run")
            .condition_expression("notice_run = :run")
            .expression_attribute_values(":run", time(run));
        conditional(call.send().await)?.ok();
        Ok(())
    }
}
