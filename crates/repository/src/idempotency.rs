//! Answers that are given again to whoever repeats a request.

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure};
use domain::clock::SignedDuration;
use domain::{IdempotencyKey, Timestamp};

use crate::Error;
use crate::database::{Item, number, text, time};
use crate::transaction::built;

/// How long a repeated request is the same request.
const REPEATABLE: SignedDuration = SignedDuration::from_hours(24);

/// What makes a request the same as one before.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// A hash of the body.
    pub fingerprint: &'a str,
}

impl Idempotency<'_> {
    /// Writes the answer down in a row of its own; holds only where the key was not used in its time.
    pub(crate) fn remembering(
        self,
        table: &str,
        (key, id): (&str, String),
        answer: String,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let until = now + REPEATABLE;
        let row = [
            (key, text(id)),
            ("fingerprint", text(self.fingerprint)),
            ("answer", text(answer)),
            ("repeatable_until", time(until)),
            ("ttl", number(until.as_second())),
        ];
        built(
            Put::builder()
                .table_name(table)
                .set_item(Some(
                    row.map(|(name, value)| (name.to_owned(), value)).into(),
                ))
                .condition_expression("attribute_not_exists(answer) OR repeatable_until <= :now")
                .expression_attribute_values(":now", time(now))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .build(),
        )
    }

    /// The answer that was given before; `None` where the key was used for something else.
    pub(crate) fn answer(self, row: &Item) -> Option<&str> {
        let of = |name: &str| row.get(name)?.as_s().ok().map(String::as_str);
        of("answer").filter(|_| of("fingerprint") == Some(self.fingerprint))
    }
}
