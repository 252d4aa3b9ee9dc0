//! Secret messages, by the address that they were dropped at.
//!
//! The age file stands in one of two attributes: `burning` where its first reader is its last, `kept` otherwise. So one
//! update serves both: it takes out what burns, marks what stays as read, and gives back the row as it was.

mod dropping;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::Timestamp;
use domain::message::{Address, MessageSummary};
use uuid::Uuid;

use crate::database::{Item, conditional, read, text, time};
use crate::{Database, Error};

pub use dropping::{Dropped, NotDropped};

/// The table of messages.
#[derive(Debug, Clone)]
pub struct Messages {
    database: Database,
    table: String,
}

/// A message as its reader gets it.
#[derive(Debug)]
pub struct Message {
    /// What is known of it besides.
    pub summary: MessageSummary,
    /// The age file.
    pub file: Vec<u8>,
}

/// Why a message was not given to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// There is no such message.
    Unknown,
    /// It has expired, or somebody has burnt it.
    Gone,
    /// It would burn, and was asked for only if it stays.
    Burns,
    /// No answer came, so that nobody knows whether it was taken.
    InDoubt,
}

/// Holds for a message that can be read; goes with `:now`.
const READABLE: &str =
    "expires_at > :now AND (attribute_exists(kept) OR attribute_exists(burning))";

impl Messages {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Gives a message to a reader: one that burns to exactly one, once, and not at all if it is asked for only `if_it_stays`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn take(
        &self,
        address: &Address,
        id: Uuid,
        if_it_stays: bool,
        now: Timestamp,
    ) -> Result<Result<Message, NotTaken>, Error> {
        let condition = if if_it_stays {
            "expires_at > :now AND attribute_exists(kept)"
        } else {
            READABLE
        };
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(address, id)))
            .update_expression("SET read_at = :now REMOVE burning")
            .condition_expression(condition)
            .expression_attribute_values(":now", time(now))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .config_override(once());
        let sent = call.send().await;
        if let Err(
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_),
        ) = &sent
        {
            return Ok(Err(NotTaken::InDoubt));
        }
        let mut row = match conditional(sent)? {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(row) => return Ok(Err(why(row, now)?)),
        };
        let file = row.remove("burning").or_else(|| row.remove("kept"));
        let file = file.and_then(|file| file.as_b().ok().cloned());
        Ok(Ok(Message {
            file: file
                .ok_or_else(|| Error::corrupt("a message without a file"))?
                .into_inner(),
            summary: read(row)?,
        }))
    }

    /// Deletes a message that can be read.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(
        &self,
        address: &Address,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Result<(), NotTaken>, Error> {
        let call = self
            .database
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(address, id)))
            .condition_expression(READABLE)
            .expression_attribute_values(":now", time(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = call.send().await else {
            return Ok(Ok(()));
        };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(refused)) => {
                Ok(Err(why(refused.item.clone(), now)?))
            }
            _ => Err(error.into()),
        }
    }

    /// Messages at an address that can be read, newest first, at most `limit` after `after`; and whether there are more.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn at(
        &self,
        address: &Address,
        after: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<(Vec<MessageSummary>, bool), Error> {
        let mut rows = self
            .listing(address)
            // What was to burn and was read has burnt.
            .filter_expression(
                "expires_at > :now AND (burn = :false OR attribute_not_exists(read_at))",
            )
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .set_exclusive_start_key(after.map(|id| key(address, id)))
            .into_paginator()
            .page_size(i32::try_from(limit).map_or(i32::MAX, |limit| limit.saturating_add(1)))
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            if found.len() == limit {
                return Ok((found, true));
            }
            found.push(read(row?)?);
        }
        Ok((found, false))
    }

    /// Deletes all messages at an address, and what is left of those that were burnt.
    ///
    /// # Errors
    /// When the database gives no answer; what is gone is gone.
    pub async fn delete_all(&self, address: &Address) -> Result<(), Error> {
        let mut pages = self.listing(address).into_paginator().send();
        while let Some(page) = pages.next().await {
            let rows = page?.items.unwrap_or_default();
            for rows in rows.chunks(CONCURRENT) {
                let deletions = rows.iter().map(|row| {
                    let key = ["address", "message_id"]
                        .into_iter()
                        .filter_map(|name| Some((name.to_owned(), row.get(name)?.clone())));
                    let call = self.database.client.delete_item().table_name(&self.table);
                    call.set_key(Some(key.collect())).send()
                });
                for deleted in futures::future::join_all(deletions).await {
                    deleted?;
                }
            }
        }
        Ok(())
    }

    /// The rows at an address without their files, newest first.
    fn listing(&self, address: &Address) -> QueryFluentBuilder {
        self.database
            .client
            .query()
            .table_name(&self.table)
            .index_name("address-index")
            .key_condition_expression("address = :address")
            .expression_attribute_values(":address", text(address.as_str()))
            .scan_index_forward(false)
    }
}

/// A call that is made once and waited for as long as a call with its repetitions: repeated after its answer was lost, it
/// would find what it has burnt itself, and take that for somebody else's.
fn once() -> aws_sdk_dynamodb::config::Builder {
    let whole = Duration::from_secs(5);
    aws_sdk_dynamodb::config::Builder::new()
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(whole)
                .operation_timeout(whole)
                .build(),
        )
}

/// How many rows are deleted at a time.
const CONCURRENT: usize = 25;

fn key(address: &Address, id: Uuid) -> Item {
    Item::from([
        ("address".to_owned(), text(address.as_str())),
        ("message_id".to_owned(), text(id.to_string())),
    ])
}

/// Why a condition did not hold for a row.
fn why(row: Option<Item>, now: Timestamp) -> Result<NotTaken, Error> {
    let Some(row) = row else {
        return Ok(NotTaken::Unknown);
    };
    let burns = row.contains_key("burning");
    let summary: MessageSummary = read(row)?;
    Ok(if burns && summary.expires_at > now {
        NotTaken::Burns
    } else {
        NotTaken::Gone
    })
}
