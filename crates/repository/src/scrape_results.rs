//! What the runs of scrapes have found, newest first.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Put;
use domain::Timestamp;
use domain::scrape::{RESULTS_KEPT, RunResult};
use uuid::Uuid;

use crate::database::{Item, number, read, text, time, write};
use crate::transaction::built;
use crate::{Database, Error};

/// How many of the oldest results are looked at together for what is too old: twice as many as come in between.
const PRUNED: i32 = 20;
/// How many rows are deleted at a time.
const CONCURRENT: usize = 25;

/// The table of results.
#[derive(Debug, Clone)]
pub struct ScrapeResults {
    database: Database,
    table: String,
}

/// Which results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// Those of this time and later.
    pub from: Option<Timestamp>,
    /// Those before this time.
    pub before: Option<Timestamp>,
}

impl Period {
    /// Whether a time is in it.
    #[must_use]
    pub fn holds(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.before.is_none_or(|before| time < before)
    }
}

impl ScrapeResults {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Keeps a result.
    pub(crate) fn putting(&self, result: &RunResult) -> Result<Put, Error> {
        let put = Put::builder().table_name(&self.table);
        built(put.set_item(Some(write(result)?)).build())
    }

    /// One result.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(
        &self,
        scrape: Uuid,
        run: Timestamp,
        now: Timestamp,
    ) -> Result<Option<RunResult>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .set_key(Some(key(scrape, run)))
            .consistent_read(true)
            .send()
            .await?;
        let result: Option<RunResult> = answer.item.map(read).transpose()?;
        Ok(result.filter(|result| result.ttl > now.as_second()))
    }

    /// The results of a scrape, newest first, while `take` wants more; and whether it left any.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn list(
        &self,
        scrape: Uuid,
        period: Period,
        now: Timestamp,
        mut take: impl FnMut(&RunResult) -> bool,
    ) -> Result<(Vec<RunResult>, bool), Error> {
        let mut rows = self
            .of(scrape, period)
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(now.as_second()))
            .scan_index_forward(false)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            let result = read(row?)?;
            if !take(&result) {
                return Ok((found, true));
            }
            found.push(result);
        }
        Ok((found, false))
    }

    /// Forgets results that are older than the newest [`RESULTS_KEPT`], where `newest` is the number of the newest. Some at a time,
    /// so that it is to be called again and again.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn prune(&self, scrape: Uuid, newest: u64) -> Result<Vec<RunResult>, Error> {
        let Some(gone) = newest.checked_sub(RESULTS_KEPT) else {
            return Ok(Vec::new());
        };
        let oldest = self.of(scrape, Period::default()).limit(PRUNED);
        let rows = oldest.send().await?.items.unwrap_or_default();
        let results = rows.into_iter().map(read::<RunResult>);
        let results: Result<Vec<_>, _> = results.collect();
        let mut results = results?;
        results.retain(|result| result.number <= gone);
        self.delete(&results).await?;
        Ok(results)
    }

    /// Forgets some results of a scrape, and says which; none where there were none.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete_some(&self, scrape: Uuid) -> Result<Vec<RunResult>, Error> {
        let rows = self.of(scrape, Period::default()).send().await?.items;
        let results = rows
            .unwrap_or_default()
            .into_iter()
            .map(read::<RunResult>)
            .collect::<Result<Vec<_>, _>>()?;
        self.delete(&results).await?;
        Ok(results)
    }

    async fn delete(&self, results: &[RunResult]) -> Result<(), Error> {
        for results in results.chunks(CONCURRENT) {
            let deletions = results.iter().map(|result| {
                let call = self.database.client.delete_item().table_name(&self.table);
                call.set_key(Some(key(result.scrape_id, result.timestamp)))
                    .send()
            });
            for deleted in futures::future::join_all(deletions).await {
                deleted?;
            }
        }
        Ok(())
    }

    fn of(&self, scrape: Uuid, period: Period) -> QueryFluentBuilder {
        // Between the ends is one condition, and both ends belong to it.
        let from = period.from.unwrap_or(Timestamp::UNIX_EPOCH);
        let last = period
            .before
            .map_or(i64::MAX, |before| before.as_millisecond().saturating_sub(1));
        self.database
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("scrape_id = :scrape AND #timestamp BETWEEN :from AND :last")
            .expression_attribute_names("#timestamp", "timestamp")
            .expression_attribute_values(":scrape", text(scrape.to_string()))
            .expression_attribute_values(":from", time(from))
            .expression_attribute_values(":last", number(last))
    }
}

fn key(scrape: Uuid, run: Timestamp) -> Item {
    Item::from([
        ("scrape_id".to_owned(), text(scrape.to_string())),
        ("timestamp".to_owned(), time(run)),
    ])
}
