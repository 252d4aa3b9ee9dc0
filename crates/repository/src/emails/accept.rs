//! Taking a mail that a tenant wants sent.

use aws_sdk_dynamodb::types::Put;
use domain::Timestamp;
use domain::mail::EmailRecord;
use uuid::Uuid;

use super::Emails;
use super::due::DUE;
use crate::database::{text, time, write};
use crate::transaction::{Transaction, built};
use crate::{EmailBudgets, Error, Idempotency};

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
        // No mail has such an id.
        let key = idempotency.map(|given| {
            let id = format!("idempotency#{}#{}", mail.tenant_id, given.key.as_str());
            given.remembering(
                &self.table,
                ("email_id", id),
                mail.email_id.to_string(),
                now,
            )
        });
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
        let row = item.unwrap_or_default();
        Ok(Err(match step {
            Step::Budget => NotAccepted::OverBudget,
            // An id that was made twice by chance does not happen: the transaction was repeated after its answer was lost.
            Step::Mail => NotAccepted::Repeated(mail.email_id),
            Step::Key => match idempotency.and_then(|given| given.answer(&row)) {
                Some(id) => NotAccepted::Repeated(id.parse().map_err(Error::corrupt)?),
                None => NotAccepted::KeyTaken,
            },
        }))
    }
}
