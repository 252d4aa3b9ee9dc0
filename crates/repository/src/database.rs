//! The one adapter to `DynamoDB`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A client that the tables share.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) client: Client,
}

impl Database {
    /// The tables behind `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

/// Tells the SDK to try a transaction again that lost against another one on the same item. `DynamoDB` reports that as a
/// cancellation, which the SDK takes for an answer
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).
#[derive(Debug)]
pub struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|e| e.as_operation_error());
        let cancelled = error.and_then(|e| e.downcast_ref::<TransactWriteItemsError>());
        let conflicts = cancelled.is_some_and(|error| match error {
            TransactWriteItemsError::TransactionCanceledException(reasons) => reasons
                .cancellation_reasons()
                .iter()
                .any(|reason| reason.code() == Some("TransactionConflict")),
            other => other.code() == Some("TransactionInProgressException"),
        });
        if conflicts {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

/// Takes a condition that does not hold for an answer: the item as it stood, where the call asked for it.
pub(crate) fn conditional<T>(
    sent: Result<T, SdkError<UpdateItemError, HttpResponse>>,
) -> Result<Result<T, Option<Item>>, Error> {
    let error = match sent {
        Ok(answer) => return Ok(Ok(answer)),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Err(refused.item.clone()))
        }
        _ => Err(error.into()),
    }
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// A time, in epoch milliseconds.
pub(crate) fn time(value: Timestamp) -> AttributeValue {
    number(value.as_millisecond())
}

pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::corrupt)
}

pub(crate) fn write<T: Serialize>(value: &T) -> Result<Item, Error> {
    serde_dynamo::to_item(value).map_err(Error::corrupt)
}

/// Any value as an attribute.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, Error> {
    serde_dynamo::to_attribute_value(value).map_err(Error::corrupt)
}

/// A time that an item holds as a number, where it does.
pub(crate) fn time_in(item: &Item, name: &str) -> Option<Timestamp> {
    let number = item.get(name)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_millisecond(number).ok()
}

/// A count that an item holds, or zero.
pub(crate) fn count_in(item: &Item, name: &str) -> u64 {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|n| n.parse().ok())
        .unwrap_or_default()
}

/// The assignments of one update, with placeholders of their own: for attributes whose names are made at run time.
#[derive(Default)]
pub(crate) struct Assignments {
    set: Vec<(String, AttributeValue)>,
    remove: Vec<String>,
}

impl Assignments {
    pub(crate) fn set(&mut self, name: &str, value: AttributeValue) {
        self.set.push((name.to_owned(), value));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.remove.push(name.to_owned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    pub(crate) fn apply(self, mut call: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let mut expression = String::new();
        for (index, (name, value)) in self.set.into_iter().enumerate() {
            expression.push_str(if index == 0 { "SET " } else { ", " });
            let (attribute, assigned) = (format!("#s{index}"), format!(":s{index}"));
            expression = format!("{expression}{attribute} = {assigned}");
            call = call
                .expression_attribute_names(attribute, name)
                .expression_attribute_values(assigned, value);
        }
        for (index, name) in self.remove.into_iter().enumerate() {
            expression.push_str(if index == 0 { " REMOVE " } else { ", " });
            let attribute = format!("#r{index}");
            expression.push_str(&attribute);
            call = call.expression_attribute_names(attribute, name);
        }
        call.update_expression(expression)
    }
}
