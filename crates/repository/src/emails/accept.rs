//! Taking a mail that a tenant wants sent.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure};
use domain::Timestamp;
use domain::clock::SignedDuration;
use domain::mail::{EmailRecord, IdempotencyKey};
use uuid::Uuid;

use super::Emails;
use super::due::DUE;
use crate::database::{Item, number, text, time, write};
use crate::transaction::{Transaction, built};
use crate::{EmailBudgets, Error};

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

/// Why a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAccepted {
    /// It was taken before, under this id.
    Repeated(Uuid),
    /// The key was used for another mail.
    KeyTaken,
    /// The tenant's budget of the day is used up.
    OverBudget,
}

#[derive(Clone, Copy)]
enum Step {
    Key,
    Mail,
    Budget,
}

impl Emails {
    /// Takes a mail: it is due at `due_at` unless a worker has had it before, and counted against `budget`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn accept(
        &self,
        budgets: &EmailBudgets,
        mail: &EmailRecord,
        idempotency: Option<Idempotency<'_>>,
        due_at: Timestamp,
        budget: u32,
    ) -> Result<Result<(), NotAccepted>, Error> {
        let now = mail.created_at;
        let mut row = write(mail)?;
        row.insert("due".to_owned(), text(DUE));
        row.insert("due_at".to_owned(), time(due_at));
        let row = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(email_id)");
        let key = idempotency.map(|given| self.remembering(given, mail, now));
        let transaction = Transaction::new()
            .maybe(key.transpose()?, Step::Key)
            .step(built(row.build())?, Step::Mail)
            .step(
                budgets.counting(&mail.tenant_id, budget, now)?,
                Step::Budget,
            );
        let refused = transaction.commit_seeing(&self.database).await?;
        let Err((step, item)) = refused else {
            return Ok(Ok(()));
        };
        Ok(Err(match step {
            Step::Budget => NotAccepted::OverBudget,
            // An id that was made twice by chance does not happen: the transaction was repeated after its answer was lost.
            Step::Mail => NotAccepted::Repeated(mail.email_id),
            Step::Key => before(&item.unwrap_or_default(), idempotency)?,
        }))
    }

    fn remembering(
        &self,
        given: Idempotency<'_>,
        mail: &EmailRecord,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let until = now + REPEATABLE;
        let row = [
            // No mail has such an id.
            (
                "email_id",
                text(format!(
                    "idempotency#{}#{}",
                    mail.tenant_id,
                    given.key.as_str()
                )),
            ),
            ("fingerprint", text(given.fingerprint)),
            ("answer", text(mail.email_id.to_string())),
            ("repeatable_until", time(until)),
            ("ttl", number(until.as_second())),
        ];
        built(
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(
                    row.map(|(name, value)| (name.to_owned(), value)).into(),
                ))
                .condition_expression("attribute_not_exists(email_id) OR repeatable_until <= :now")
                .expression_attribute_values(":now", time(now))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .build(),
        )
    }
}

/// What a key was used for before.
fn before(row: &Item, idempotency: Option<Idempotency<'_>>) -> Result<NotAccepted, Error> {
    let of = |name: &str| {
        row.get(name)
            .and_then(|value: &AttributeValue| value.as_s().ok())
    };
    if of("fingerprint").map(String::as_str) != idempotency.map(|given| given.fingerprint) {
        return Ok(NotAccepted::KeyTaken);
    }
    let id = of("answer").and_then(|id| id.parse().ok());
    id.map(NotAccepted::Repeated)
        .ok_or_else(|| Error::corrupt("an idempotency key without an answer"))
}
