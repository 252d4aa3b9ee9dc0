//! What is known of the origins that pages are fetched from, by all workers: what their robots.txt allow, so that a site is
//! asked for it once a day, and until when they want to be left alone.

use domain::Timestamp;
use domain::clock::SignedDuration;

use crate::database::{number, text, time, time_in};
use crate::{Database, Error};

/// How long an origin is remembered that is not asked again: what is known of it holds for a day at the most.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// The table of origins.
#[derive(Debug, Clone)]
pub struct Origins {
    database: Database,
    table: String,
}

/// What is known of an origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// What its robots.txt allows, as JSON, which says itself until when it holds.
    pub robots: Option<String>,
    /// The time before which it wants no request.
    pub not_before: Option<Timestamp>,
}

impl Origins {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// What is known of an origin, such as `https://example.com`.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, origin: &str) -> Result<Origin, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call.key("origin", text(origin)).send().await?;
        let row = answer.item.unwrap_or_default();
        Ok(Origin {
            robots: row
                .get("robots")
                .and_then(|robots| robots.as_s().ok().cloned()),
            not_before: time_in(&row, "not_before"),
        })
    }

    /// Keeps what the robots.txt of an origin allows, as JSON.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn allow(&self, origin: &str, robots: &str, now: Timestamp) -> Result<(), Error> {
        self.set(origin, ("robots", text(robots)), now).await
    }

    /// Has an origin left alone until a time.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn leave_alone(
        &self,
        origin: &str,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.set(origin, ("not_before", time(not_before)), now)
            .await
    }

    async fn set(
        &self,
        origin: &str,
        (name, value): (&str, aws_sdk_dynamodb::types::AttributeValue),
        now: Timestamp,
    ) -> Result<(), Error> {
        let call = self.database.client.update_item().table_name(&self.table);
        call.key("origin", text(origin))
            .update_expression("SET #name = :value, #ttl = :ttl")
            .expression_attribute_names("#name", name)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":ttl", number((now + KEPT).as_second()))
            .send()
            .await?;
        Ok(())
    }
}
