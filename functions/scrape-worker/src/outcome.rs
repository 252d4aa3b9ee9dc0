//! What came of a run, as it is kept.

use domain::Timestamp;
use domain::scrape::{KEPT, RunError, RunResult, RunStatus, Scrape};
use scraping::{Change, Definition, difference};
use visit::{Content, MAX_INLINE, Read};

use crate::run::Looked;
use crate::{Deps, Error};

/// What came of a run.
pub(crate) struct Outcome {
    /// How it ended.
    pub status: RunStatus,
    /// How many have failed in a row by now.
    pub failures: u32,
    /// Whether the page was asked for.
    pub is_looked_at: bool,
    /// Before when the site wants to be left alone.
    pub not_before: Option<Timestamp>,
    /// What is kept of it; nothing where the page is unchanged, and nobody waits.
    pub result: Option<RunResult>,
    /// By what a change of the page can be noticed.
    pub validators: Option<String>,
    /// What the page said otherwise before.
    pub changes: Vec<Change>,
    /// The number that crossed the threshold.
    pub crossed: Option<f64>,
}

impl Outcome {
    /// What came of a run. What is too much for a row is in the bucket by then.
    pub(crate) async fn of(
        deps: &Deps,
        scrape: &Scrape,
        definition: &Definition,
        run: Timestamp,
        looked: Looked,
    ) -> Result<Self, Error> {
        let mut outcome = Self {
            status: RunStatus::Complete,
            failures: 0,
            is_looked_at: true,
            not_before: None,
            result: None,
            validators: scrape.validators.clone(),
            changes: Vec::new(),
            crossed: None,
        };
        match looked {
            Looked::Unchanged => {}
            Looked::Postponed(error, until) => {
                outcome.status = scrape.status.unwrap_or(RunStatus::Pending);
                outcome.failures = scrape.failures;
                outcome.is_looked_at = false;
                outcome.not_before = Some(until);
                // Who waits for a result is told why there is none.
                outcome.result = scrape
                    .forced
                    .then(|| result(deps, scrape, run, Some(error)));
            }
            Looked::Failed(error, not_before) => {
                outcome.status = RunStatus::Failed;
                outcome.failures = scrape.failures.saturating_add(1);
                outcome.not_before = not_before;
                outcome.result = Some(result(deps, scrape, run, Some(error)));
            }
            Looked::Page(read) => {
                let result = result(deps, scrape, run, None);
                outcome
                    .found(deps, scrape, definition, result, *read)
                    .await?;
            }
        }
        Ok(outcome)
    }

    async fn found(
        &mut self,
        deps: &Deps,
        scrape: &Scrape,
        definition: &Definition,
        result: RunResult,
        read: Read,
    ) -> Result<(), Error> {
        let before = before(deps, scrape).await?.map(|before| before.data);
        if let Some(before) = &before {
            self.changes = difference(before, &read.results);
        }
        let threshold = definition.threshold();
        if let Some(threshold) = threshold
            && threshold.is_crossed(before.as_ref(), &read.results)
        {
            let field = read.results.get(&threshold.field);
            self.crossed = field.and_then(|field| field.value()?.number());
        }
        self.validators = read
            .validators
            .as_ref()
            .map(serde_json::to_string)
            .transpose()?;
        let content = Content {
            url: read.url,
            data: read.results,
            changes: self.changes.clone(),
        };
        self.result = Some(keep(deps, result, &content).await?);
        Ok(())
    }
}

fn result(deps: &Deps, scrape: &Scrape, run: Timestamp, error: Option<RunError>) -> RunResult {
    RunResult {
        scrape_id: scrape.scrape_id,
        timestamp: run,
        number: scrape.results + 1,
        status: match error {
            Some(_) => RunStatus::Failed,
            None => RunStatus::Complete,
        },
        content: None,
        content_bytes: None,
        error,
        ttl: (deps.clock.now() + KEPT).as_second(),
    }
}

/// What the last complete run has found.
async fn before(deps: &Deps, scrape: &Scrape) -> Result<Option<Content>, Error> {
    let Some(last) = scrape.last_result else {
        return Ok(None);
    };
    let (id, now) = (scrape.scrape_id, deps.clock.now());
    let Some(result) = deps.results.get(id, last, now).await? else {
        return Ok(None);
    };
    Ok(Content::of(&deps.bucket, &result).await?)
}

/// Puts what was found into a result, or into the bucket where it is too much for a row.
async fn keep(deps: &Deps, mut result: RunResult, content: &Content) -> Result<RunResult, Error> {
    let text = serde_json::to_string(content)?;
    if text.len() <= MAX_INLINE {
        result.content = Some(text);
    } else {
        result.content_bytes = Some(text.len());
        deps.bucket.put(&visit::key(&result), text).await?;
    }
    Ok(result)
}
