//! How much is dropped, by whom and where, and which requests to drop something were made before.

use aws_sdk_dynamodb::types::{Put, Update};
use domain::Timestamp;
use domain::client::ClientAddress;
use domain::clock::SignedDuration;
use domain::message::{ADDRESS_PER_HOUR, Address, LIFETIMES, MAX_WAITING, SENDER_PER_HOUR};

use crate::counted::one_more;
use crate::database::{Item, conditional, count_in, number, text, time, time_in};
use crate::{Database, Error, Idempotency};

/// The key of each row, which begins with what the row is.
const KEY: &str = "drop_key";
/// How long a count of what waits is believed before messages are counted again.
const RECOUNT_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The table of counts. All but a recount is written in transactions of [`crate::Messages`].
#[derive(Debug, Clone)]
pub struct Drops {
    database: Database,
    table: String,
}

impl Drops {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Opens the connection to the database.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        call.key(KEY, text("none")).send().await?;
        Ok(())
    }

    /// Counts a message of a sender in this hour; holds only below the limit.
    pub(crate) fn by_sender(&self, sender: ClientAddress, now: Timestamp) -> Result<Update, Error> {
        self.in_hour(&format!("sender#{sender}"), SENDER_PER_HOUR, now)
    }

    /// Counts a message at an address in this hour; holds only below the limit.
    pub(crate) fn at_address(&self, address: &Address, now: Timestamp) -> Result<Update, Error> {
        self.in_hour(&format!("address#{address}"), ADDRESS_PER_HOUR, now)
    }

    fn in_hour(&self, whose: &str, limit: u32, now: Timestamp) -> Result<Update, Error> {
        let row = (KEY, format!("{whose}#{}", now.strftime("%Y-%m-%dT%H")));
        one_more(&self.table, row, limit, now + SignedDuration::from_hours(2))
    }

    /// Counts a message that waits at an address; holds only below the limit. Nothing is ever subtracted: messages expire
    /// without anybody noticing, so that they are counted again when the limit is reached.
    pub(crate) fn waiting(&self, address: &Address, now: Timestamp) -> Result<Update, Error> {
        let until = now + LIFETIMES.1 + LIFETIMES.0;
        one_more(&self.table, (KEY, waiting(address)), MAX_WAITING, until)
    }

    /// Writes an answer down for whoever repeats the request.
    pub(crate) fn remembering(
        &self,
        given: Idempotency<'_>,
        address: &Address,
        answer: String,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let id = format!("idempotency#{address}#{}", given.key.as_str());
        given.remembering(&self.table, (KEY, id), answer, now)
    }

    /// Whether it is time to count again what waits at an address whose count is `row`.
    pub(crate) fn is_stale(row: &Item, now: Timestamp) -> bool {
        time_in(row, "counted_at").is_none_or(|counted_at| counted_at + RECOUNT_AFTER <= now)
    }

    /// Replaces the count `row` of an address, unless more was counted meanwhile.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub(crate) async fn recounted(
        &self,
        address: &Address,
        row: &Item,
        messages: usize,
        now: Timestamp,
    ) -> Result<(), Error> {
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, text(waiting(address)))
            .update_expression("SET #count = :new, counted_at = :now")
            .condition_expression("#count = :old")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":new", number(messages))
            .expression_attribute_values(":old", number(count_in(row, "count")))
            .expression_attribute_values(":now", time(now));
        conditional(call.send().await)?.ok();
        Ok(())
    }
}

fn waiting(address: &Address) -> String {
    format!("waiting#{address}")
}
