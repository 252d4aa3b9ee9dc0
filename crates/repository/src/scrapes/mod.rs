//! Scrapes, by their ids: what each looks for, when it is due, and where its runs are.
//!
//! A run has a name, the time at which it was taken. Whoever takes what is due gives it that name by a conditional write, and
//! what comes of a run is written only while the scrape still has the run of that name: so a run that is delivered twice ends
//! once, and one that was overtaken by a new definition ends never.

mod run;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Select};
use domain::scrape::Scrape;
use domain::{TenantId, Timestamp};
use uuid::Uuid;

use crate::database::{Item, conditional, read, text, time, write};
use crate::{Database, Error};

pub use run::{Ending, Found};

/// What all scrapes that are ever due have in common.
const DUE: &str = "due";
/// How many rows one call reads together
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const TOGETHER: usize = 100;

/// The table of scrapes.
#[derive(Debug, Clone)]
pub struct Scrapes {
    database: Database,
    table: String,
}

/// What a new definition changes.
#[derive(Debug)]
pub struct Rewrite<'a> {
    /// The definition, as JSON.
    pub definition: &'a str,
    /// The host of its page.
    pub host: &'a str,
    /// Whether it looks at something else, so that nothing of what was found is to be compared.
    pub begins_anew: bool,
    /// When its schedule wants it next.
    pub due_at: Timestamp,
    /// When.
    pub now: Timestamp,
}

impl Scrapes {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Keeps a new scrape.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(&self, scrape: &Scrape) -> Result<(), Error> {
        let mut row = write(scrape)?;
        if scrape.due_at.is_some() {
            row.insert("due".to_owned(), text(DUE));
        }
        let call = self.database.client.put_item().table_name(&self.table);
        let sent = call
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(scrape_id)")
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            // An id that was made twice by chance does not happen: the call was repeated after its answer was lost.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// One scrape.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, id: Uuid) -> Result<Option<Scrape>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("scrape_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

    /// How many scrapes a tenant has.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn count(&self, tenant: &TenantId) -> Result<usize, Error> {
        let answer = self.of(tenant).select(Select::Count).send().await?;
        // A megabyte of keys is several times as many scrapes as a tenant may have.
        Ok(usize::try_from(answer.count).unwrap_or_default())
    }

    /// A tenant's scrapes, the oldest first, at most `limit` after `after`; and whether there are more.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_tenant(
        &self,
        tenant: &TenantId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<Scrape>, bool), Error> {
        let mut ids = self.ids(tenant, after, limit + 1).await?;
        let more = ids.len() > limit;
        ids.truncate(limit);
        let mut found = Vec::new();
        for ids in ids.chunks(TOGETHER) {
            found.append(&mut self.together(ids).await?);
        }
        // Ids are made in the order of time, and a batch comes in any.
        found.sort_by_key(|scrape| scrape.scrape_id);
        Ok((found, more))
    }

    async fn ids(
        &self,
        tenant: &TenantId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Uuid>, Error> {
        let start = after.map(|id| {
            Item::from([
                ("tenant_id".to_owned(), text(tenant.to_string())),
                ("scrape_id".to_owned(), text(id.to_string())),
            ])
        });
        let rows = self.of(tenant).set_exclusive_start_key(start);
        let mut rows = rows.into_paginator().items().send();
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(row) = rows.next().await
        {
            ids.push(id_in(row?)?);
        }
        Ok(ids)
    }

    /// Rows by their keys; those that are gone are left out.
    async fn together(&self, ids: &[Uuid]) -> Result<Vec<Scrape>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys = ids
            .iter()
            .map(|id| Item::from([("scrape_id".to_owned(), text(id.to_string()))]));
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .consistent_read(true)
            .build();
        let wanted = crate::transaction::built(wanted)?;
        let mut wanted = Some(std::collections::HashMap::from([(
            self.table.clone(),
            wanted,
        )]));
        let mut found = Vec::new();
        // What did not fit into one answer is asked for again.
        while let Some(keys) = wanted.filter(|keys| !keys.is_empty()) {
            let call = self.database.client.batch_get_item();
            let answer = call.set_request_items(Some(keys)).send().await?;
            let rows = answer
                .responses
                .and_then(|mut tables| tables.remove(&self.table));
            for row in rows.unwrap_or_default() {
                found.push(read(row)?);
            }
            wanted = answer.unprocessed_keys;
        }
        Ok(found)
    }

    /// Gives a scrape another definition, and ends the run that is under way; `false` where the scrape is not as it was `seen`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn rewrite(&self, seen: &Scrape, rewrite: &Rewrite<'_>) -> Result<bool, Error> {
        let anew = if rewrite.begins_anew {
            ", validators, last_result, checked_at, #status, notice, notice_run"
        } else {
            ", validators"
        };
        let set = "SET #definition = :definition, host = :host, updated_at = :now, slot = :due_at, due_at = :due_at, \
            due = :due, failures = :none";
        // A run that was asked for meanwhile was promised.
        let run = match seen.run {
            Some(_) => "run = :run",
            None => "attribute_not_exists(run)",
        };
        let mut call = self
            .row(seen.scrape_id)
            .update_expression(format!("{set} REMOVE run, forced{anew}"))
            .condition_expression(format!("updated_at = :seen AND {run}"))
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_values(":definition", text(rewrite.definition))
            .expression_attribute_values(":host", text(rewrite.host))
            .expression_attribute_values(":now", time(rewrite.now))
            .expression_attribute_values(":due_at", time(rewrite.due_at))
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":none", crate::database::number(0))
            .expression_attribute_values(":seen", time(seen.updated_at));
        if let Some(run) = seen.run {
            call = call.expression_attribute_values(":run", time(run));
        }
        if rewrite.begins_anew {
            call = call.expression_attribute_names("#status", "status");
        }
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Ends the runs of a scrape: the one that is under way, and all that were to come.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn stop(&self, id: Uuid) -> Result<(), Error> {
        let call = self
            .row(id)
            .update_expression("REMOVE due, due_at, slot, run, forced")
            .condition_expression("attribute_exists(scrape_id)");
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// Forgets a scrape.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(&self, id: Uuid) -> Result<(), Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        call.key("scrape_id", text(id.to_string())).send().await?;
        Ok(())
    }

    /// All scrapes of a tenant.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn all_of(&self, tenant: &TenantId) -> Result<Vec<Uuid>, Error> {
        self.ids(tenant, None, usize::MAX).await
    }

    fn of(
        &self,
        tenant: &TenantId,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.database
            .client
            .query()
            .table_name(&self.table)
            .index_name("tenant-index")
            .key_condition_expression("tenant_id = :tenant")
            .expression_attribute_values(":tenant", text(tenant.to_string()))
    }

    /// The beginning of an update.
    fn row(
        &self,
        id: Uuid,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let call = self.database.client.update_item().table_name(&self.table);
        call.key("scrape_id", text(id.to_string()))
    }
}

/// The id in a row of an index.
fn id_in(mut row: Item) -> Result<Uuid, Error> {
    let id = row.remove("scrape_id");
    let id = id.and_then(|id| id.as_s().ok()?.parse().ok());
    id.ok_or_else(|| Error::corrupt("a scrape without an id"))
}
