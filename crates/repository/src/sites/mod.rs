//! Sites that are made of Markdown, by their tenants: how each is set up, what became of it, and when it is to be looked at.
//!
//! Attempts to publish a site overlap. Each looks at the folder at some moment, and only one that has looked later than all
//! before it, at the setup that the site still has, writes down what came of it.

mod notice;
mod turn;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::site::{Published, Setup, Status, Target};
use domain::{TenantId, Timestamp};
use serde::de::DeserializeOwned;

use crate::database::{Item, conditional, text, time, time_in, value};
use crate::{Database, Error};

pub use notice::{Notice, PAUSE};

/// What all sites that are ever due have in common.
const DUE: &str = "due";

/// The table of sites.
#[derive(Debug, Clone)]
pub struct Sites {
    database: Database,
    table: String,
}

/// What is known of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRow {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// How it is set up; none where nobody did.
    pub setup: Option<Setup>,
    /// Since when.
    pub setup_at: Option<Timestamp>,
    /// What became of it, where it goes now.
    pub status: Status,
    /// When it is to be looked at though nothing changes in its folder.
    pub due_at: Option<Timestamp>,
    /// When somebody last asked for that.
    pub asked_at: Option<Timestamp>,
}

/// What came of an attempt to publish a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When the folder was looked at.
    pub checked_at: Timestamp,
    /// What came of it. What was published is written down by [`Sites::committed`] alone.
    pub status: Status,
    /// When the site is to be looked at again though nothing changes in its folder.
    pub due_at: Option<Timestamp>,
}

impl Sites {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// What is known of a tenant's site. Of one that there is no row of, nothing is set up and nothing was published.
    ///
    /// # Errors
    /// When the database gives no answer; [`Error::Corrupt`], with the tenant, for a row that is damaged.
    pub async fn get(&self, tenant: &TenantId) -> Result<SiteRow, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("tenant_id", text(tenant.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        row(tenant, answer.item.unwrap_or_default())
            .map_err(|error| Error::corrupt(format!("the site of {tenant}: {error}")))
    }

    /// Sets a site up, and makes it due. `false`, with `still`, where it was set up at another time than that.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn put_setup(
        &self,
        tenant: &TenantId,
        setup: &Setup,
        still: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut call = self
            .row(tenant)
            .update_expression(
                "SET setup = :setup, setup_at = :now, asked_at = :now, due = :due, due_at = :now",
            )
            .expression_attribute_values(":setup", value(setup)?)
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":now", time(now));
        if let Some(still) = still {
            call = call
                .condition_expression("setup_at = :still")
                .expression_attribute_values(":still", time(still));
        }
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Forgets a site with all that is known of it, and tells whether it was set up.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn remove(&self, tenant: &TenantId) -> Result<bool, Error> {
        let call = self.database.client.delete_item().table_name(&self.table);
        let answer = call
            .key("tenant_id", text(tenant.to_string()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        Ok(answer
            .attributes
            .is_some_and(|row| row.contains_key("setup")))
    }

    /// Writes down a commit of an attempt that began with the row as `seen`; `false` where a later one is there already, or the
    /// setup is gone. Whatever else comes of the attempt, the commit has been made.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn committed(&self, seen: &SiteRow, published: &Published) -> Result<bool, Error> {
        let newer = "(attribute_not_exists(published_at) OR published_at < :at)";
        let call = self
            .row(&seen.tenant_id)
            .expression_attribute_values(":published", value(published)?)
            .expression_attribute_values(":at", time(published.at));
        let set = "SET published = :published, published_at = :at";
        let call = match &seen.setup {
            Some(setup) => call
                .update_expression(format!("{set}, published_to = :target"))
                .condition_expression(format!("attribute_exists(setup_at) AND {newer}"))
                .expression_attribute_values(":target", value(&setup.target)?),
            None => call
                .update_expression(format!("{set} REMOVE published_to"))
                .condition_expression(format!("attribute_not_exists(setup_at) AND {newer}")),
        };
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Writes down what came of an attempt that began with the row as `seen`; `false` where one that looked later has ended
    /// before, or the site is set up otherwise by now. Where somebody has asked for the site meanwhile, it stays due.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn finish(&self, seen: &SiteRow, outcome: &Outcome) -> Result<bool, Error> {
        let whole = self.finishing(seen, outcome, true)?;
        if conditional(whole.send().await)?.is_ok() {
            return Ok(true);
        }
        let without_turn = self.finishing(seen, outcome, false)?;
        Ok(conditional(without_turn.send().await)?.is_ok())
    }

    fn finishing(
        &self,
        seen: &SiteRow,
        outcome: &Outcome,
        sets_turn: bool,
    ) -> Result<UpdateItemFluentBuilder, Error> {
        let status = Status {
            checked_at: Some(outcome.checked_at),
            published: None,
            ..outcome.status.clone()
        };
        let mut set = vec!["#status = :status", "checked_at = :checked_at"];
        let mut remove = Vec::new();
        let mut conditions = vec!["(attribute_not_exists(checked_at) OR checked_at < :checked_at)"];
        let mut call = self
            .row(&seen.tenant_id)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", value(&status.bounded())?)
            .expression_attribute_values(":checked_at", time(outcome.checked_at));
        if let Some((setup, setup_at)) = seen.setup.as_ref().zip(seen.setup_at) {
            conditions.push("setup_at = :setup_at");
            set.push("status_of = :target");
            call = call
                .expression_attribute_values(":setup_at", time(setup_at))
                .expression_attribute_values(":target", value(&setup.target)?);
        } else {
            conditions.push("attribute_not_exists(setup_at)");
            remove.push("status_of");
        }
        if sets_turn {
            match seen.asked_at {
                Some(asked_at) => {
                    conditions.push("asked_at = :asked_at");
                    call = call.expression_attribute_values(":asked_at", time(asked_at));
                }
                None => conditions.push("attribute_not_exists(asked_at)"),
            }
            match outcome.due_at {
                Some(due_at) => {
                    set.push("due = :due, due_at = :due_at");
                    call = call
                        .expression_attribute_values(":due", text(DUE))
                        .expression_attribute_values(":due_at", time(due_at));
                }
                None => remove.push("due, due_at"),
            }
        }
        let mut update = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            update = format!("{update} REMOVE {}", remove.join(", "));
        }
        Ok(call
            .update_expression(update)
            .condition_expression(conditions.join(" AND ")))
    }

    /// The beginning of an update.
    fn row(&self, tenant: &TenantId) -> UpdateItemFluentBuilder {
        let call = self.database.client.update_item().table_name(&self.table);
        call.key("tenant_id", text(tenant.to_string()))
    }
}

/// Reads a row. What was published to another place than where the site goes now is not of the site any more.
fn row(tenant: &TenantId, mut row: Item) -> Result<SiteRow, Error> {
    let times = ["setup_at", "due_at", "asked_at"].map(|name| time_in(&row, name));
    let [setup_at, due_at, asked_at] = times;
    let setup: Option<Setup> = part(row.remove("setup"))?;
    let status: Option<Status> = part(row.remove("status"))?;
    let mut status = status.unwrap_or_default();
    let target = setup.as_ref().map(|setup| &setup.target);
    let status_of: Option<Target> = part(row.remove("status_of"))?;
    if status_of.as_ref() != target {
        status.trouble = None;
    }
    let published_to: Option<Target> = part(row.remove("published_to"))?;
    status.published = part(row.remove("published"))?;
    if published_to.as_ref() != target {
        status.published = None;
    }
    if setup.is_some() && setup_at.is_none() {
        return Err(Error::corrupt("a setup without a time"));
    }
    Ok(SiteRow {
        tenant_id: tenant.clone(),
        setup,
        setup_at,
        status,
        due_at,
        asked_at,
    })
}

fn part<T: DeserializeOwned>(attribute: Option<AttributeValue>) -> Result<Option<T>, Error> {
    let part = attribute.map(serde_dynamo::from_attribute_value);
    part.transpose().map_err(Error::corrupt)
}
