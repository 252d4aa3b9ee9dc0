//! Writes that happen together or not at all.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};

use crate::database::Item;
use crate::{Database, Error};

/// A transaction under construction: every step is named by what its refusal means.
pub(crate) struct Transaction<R> {
    steps: Vec<(TransactWriteItem, R)>,
}

impl<R: Copy> Transaction<R> {
    pub(crate) fn new() -> Self {
        Self { steps: Vec::new() }
    }

    pub(crate) fn step(mut self, step: impl IntoStep, refusal: R) -> Self {
        self.steps.push((step.into_step(), refusal));
        self
    }

    pub(crate) fn maybe(self, step: Option<impl IntoStep>, refusal: R) -> Self {
        match step {
            Some(step) => self.step(step, refusal),
            None => self,
        }
    }

    /// Writes everything, or answers with the first step whose condition does not hold.
    pub(crate) async fn commit(self, database: &Database) -> Result<Result<(), R>, Error> {
        let committed = self.commit_seeing(database).await?;
        Ok(committed.map_err(|(refusal, _)| refusal))
    }

    /// The same, with the item as it stood where the refused step asks for it.
    pub(crate) async fn commit_seeing(
        self,
        database: &Database,
    ) -> Result<Result<(), (R, Option<Item>)>, Error> {
        let (steps, refusals): (Vec<_>, Vec<_>) = self.steps.into_iter().unzip();
        let sent = database
            .client
            .transact_write_items()
            .set_transact_items(Some(steps))
            .send()
            .await;
        let Err(error) = sent else { return Ok(Ok(())) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(error.into());
        };
        let mut reasons = cancelled.cancellation_reasons().iter().zip(refusals);
        let failed = reasons.find(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"));
        match failed {
            Some((reason, refusal)) => Ok(Err((refusal, reason.item.clone()))),
            None => Err(Error::busy("the transaction was cancelled")),
        }
    }
}

/// What can be a step of a transaction.
pub(crate) trait IntoStep {
    fn into_step(self) -> TransactWriteItem;
}

impl IntoStep for Put {
    fn into_step(self) -> TransactWriteItem {
        TransactWriteItem::builder().put(self).build()
    }
}

impl IntoStep for Update {
    fn into_step(self) -> TransactWriteItem {
        TransactWriteItem::builder().update(self).build()
    }
}

/// What could be a step of a transaction, by itself: that costs half.
pub(crate) fn alone(client: &Client, update: Update) -> UpdateItemFluentBuilder {
    client
        .update_item()
        .table_name(update.table_name)
        .set_key(Some(update.key))
        .update_expression(update.update_expression)
        .set_condition_expression(update.condition_expression)
        .set_expression_attribute_names(update.expression_attribute_names)
        .set_expression_attribute_values(update.expression_attribute_values)
}

impl IntoStep for Delete {
    fn into_step(self) -> TransactWriteItem {
        TransactWriteItem::builder().delete(self).build()
    }
}

impl IntoStep for ConditionCheck {
    fn into_step(self) -> TransactWriteItem {
        TransactWriteItem::builder().condition_check(self).build()
    }
}

/// The SDK's builders fail only where a required part is missing, which is a mistake in this crate.
pub(crate) fn built<T>(step: Result<T, aws_sdk_dynamodb::error::BuildError>) -> Result<T, Error> {
    step.map_err(|error| Error::Refused(error.into()))
}
