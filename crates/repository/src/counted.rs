//! Counters that go up to a limit.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, Update};
use domain::Timestamp;

use crate::Error;
use crate::database::{number, text};
use crate::transaction::built;

/// Counts one more in the row `id` of a table; holds only below `limit`. The row may go at `until`.
pub(crate) fn one_more(
    table: &str,
    (key, id): (&str, String),
    limit: u32,
    until: Timestamp,
) -> Result<Update, Error> {
    let update = Update::builder()
        .table_name(table)
        .key(key, text(id))
        .update_expression("SET #ttl = :ttl ADD #count :one")
        // A limit of 0 takes no first one either.
        .condition_expression(
            "(attribute_not_exists(#count) AND :limit > :zero) OR #count < :limit",
        )
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":limit", number(limit))
        .expression_attribute_values(":zero", number(0))
        .expression_attribute_values(":ttl", number(until.as_second()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    built(update.build())
}
