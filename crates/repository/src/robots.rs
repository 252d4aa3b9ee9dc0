//! What sites' robots.txt allow, by origin: known to all workers, so that a site is asked for it once a day.

use domain::Timestamp;

use crate::database::{number, text};
use crate::{Database, Error};

/// The table of robots.txt.
#[derive(Debug, Clone)]
pub struct RobotsTexts {
    database: Database,
    table: String,
}

impl RobotsTexts {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// What is known of an origin, as JSON. It says itself until when it holds.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, origin: &str) -> Result<Option<String>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call.key("origin", text(origin)).send().await?;
        let rules = answer.item.and_then(|mut row| row.remove("rules"));
        Ok(rules.and_then(|rules| rules.as_s().ok().cloned()))
    }

    /// Keeps what an origin allows, as JSON, which is of use until `until`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn put(&self, origin: &str, rules: &str, until: Timestamp) -> Result<(), Error> {
        let call = self.database.client.put_item().table_name(&self.table);
        call.item("origin", text(origin))
            .item("rules", text(rules))
            .item("ttl", number(until.as_second()))
            .send()
            .await?;
        Ok(())
    }
}
