//! Dropping a message: everything that may refuse it is decided in one transaction, which never asks whether anybody has
//! the address. So an unknown one costs what a known one does.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::client::ClientAddress;
use domain::message::{Address, MessageSummary};

use super::Messages;
use crate::database::{Item, number, text, write};
use crate::transaction::{Transaction, built};
use crate::{Drops, Error, Idempotency};

/// A message as it is dropped.
#[derive(Debug, Clone, Copy)]
pub struct Dropped<'a> {
    /// What is known of it.
    pub summary: &'a MessageSummary,
    /// Where.
    pub address: &'a Address,
    /// Who dropped it.
    pub sender: ClientAddress,
    /// The age file.
    pub file: &'a [u8],
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDropped {
    /// It was taken before, with this answer.
    Repeated(String),
    /// The key was used for another message.
    KeyTaken,
    /// The sender has dropped too many in this hour.
    TooManyOfSender,
    /// Too many were dropped at the address in this hour.
    TooManyAtAddress,
    /// As many wait at the address as may.
    Full,
}

#[derive(Clone, Copy)]
enum Step {
    Key,
    Sender,
    Address,
    Waiting,
    Message,
}

impl Messages {
    /// Takes a message. `answer` is what a repeated request with the same key is told again.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn drop_at(
        &self,
        drops: &Drops,
        message: Dropped<'_>,
        idempotency: Option<Idempotency<'_>>,
        answer: &str,
    ) -> Result<Result<(), NotDropped>, Error> {
        let now = message.summary.received_at;
        let mut may_recount = true;
        loop {
            let transaction = self.dropping(drops, message, idempotency, answer)?;
            let refused = transaction.commit_seeing(&self.database).await?;
            let Err((step, item)) = refused else {
                return Ok(Ok(()));
            };
            let row = item.unwrap_or_default();
            return Ok(Err(match step {
                Step::Key => {
                    let answer = idempotency.and_then(|given| given.answer(&row));
                    answer.map_or(NotDropped::KeyTaken, |answer| {
                        NotDropped::Repeated(answer.to_owned())
                    })
                }
                Step::Sender => NotDropped::TooManyOfSender,
                Step::Address => NotDropped::TooManyAtAddress,
                // An id that was made twice by chance does not happen: the transaction was repeated after its answer was lost.
                Step::Message => NotDropped::Repeated(answer.to_owned()),
                Step::Waiting if may_recount && Drops::is_stale(&row, now) => {
                    may_recount = false;
                    let (found, _) = self.at(message.address, None, usize::MAX, now).await?;
                    drops
                        .recounted(message.address, &row, found.len(), now)
                        .await?;
                    continue;
                }
                Step::Waiting => NotDropped::Full,
            }));
        }
    }

    fn dropping(
        &self,
        drops: &Drops,
        message: Dropped<'_>,
        idempotency: Option<Idempotency<'_>>,
        answer: &str,
    ) -> Result<Transaction<Step>, Error> {
        let now = message.summary.received_at;
        let key = idempotency
            .map(|given| drops.remembering(given, message.address, answer.to_owned(), now));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row(message)?))
            .condition_expression("attribute_not_exists(message_id)");
        Ok(Transaction::new()
            .maybe(key.transpose()?, Step::Key)
            .step(drops.by_sender(message.sender, now)?, Step::Sender)
            .step(drops.at_address(message.address, now)?, Step::Address)
            .step(drops.waiting(message.address, now)?, Step::Waiting)
            .step(built(put.build())?, Step::Message))
    }
}

fn row(message: Dropped<'_>) -> Result<Item, Error> {
    let summary = message.summary;
    let mut row = write(summary)?;
    let attribute = if summary.burn { "burning" } else { "kept" };
    row.extend([
        ("address".to_owned(), text(message.address.as_str())),
        ("ttl".to_owned(), number(summary.expires_at.as_second())),
        (
            attribute.to_owned(),
            AttributeValue::B(Blob::new(message.file)),
        ),
    ]);
    Ok(row)
}
