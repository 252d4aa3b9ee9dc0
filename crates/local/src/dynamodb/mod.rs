//! `DynamoDB`: an embedded engine that keeps its data in one `SQLite` file and speaks the real protocol.

mod server;

use std::time::Duration;

use dynoxide::Database;
use serde_json::{Value, json};
use template::{Index, KeyElement, Table};
use tokio::time::MissedTickBehavior;

use crate::Error;
use crate::data_dir::{self, DataDir};
use crate::service::{Service, bind_loopback};

/// How often expired items are removed. `DynamoDB` itself takes up to days, so nothing may rely on it.
const SWEEP_PERIOD: Duration = Duration::from_mins(1);

/// A running database.
#[derive(Debug)]
pub struct DynamoDb {
    url: String,
    server: Service,
    sweeper: Service,
}

impl DynamoDb {
    /// Opens the database of a data folder, makes the tables that it lacks, and serves it on a free loopback port.
    ///
    /// # Errors
    /// A file that is no database, or a table that has changed in a way that data would not survive.
    pub async fn start(data: &DataDir, tables: &[Table]) -> Result<Self, Error> {
        let path = (!data.is_temporary())
            .then(|| data.file(data_dir::DATABASE).to_string_lossy().into_owned());
        let tables = tables.to_vec();
        let open = move || {
            let database = path
                .map_or_else(Database::memory, |path| Database::new(&path))
                .map_err(refused)?;
            for table in &tables {
                prepare(&database, table)?;
            }
            Ok::<_, Error>(database)
        };
        let database = tokio::task::spawn_blocking(open).await.map_err(refused)??;

        let (listener, url) = bind_loopback().await?;
        let router = server::router(database.clone());
        let server = Service::spawn(|stopped| async move {
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped.wait())
                .await
            {
                tracing::error!(%error, "DynamoDB has stopped");
            }
        });
        let sweeper = Service::spawn(|stopped| async move {
            tokio::select! {
                () = stopped.wait() => {}
                () = sweep(database) => {}
            }
        });
        Ok(Self {
            url,
            server,
            sweeper,
        })
    }

    /// The endpoint for an SDK.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes what it is doing and closes the file.
    pub async fn stop(self) {
        self.sweeper.stop().await;
        self.server.stop().await;
    }
}

/// Removes expired items now and then.
///
/// The engine goes by the machine's time and not by the platform's, which can only be ahead of it: so it never removes
/// an item that the platform still takes for live, and after a move of the clock it leaves items that have expired,
/// just as `DynamoDB` does for a while.
async fn sweep(database: Database) {
    let mut timer = tokio::time::interval(SWEEP_PERIOD);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(removed)) => tracing::debug!(removed, "expired items removed"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items can't be removed"),
            Err(error) => tracing::warn!(%error, "expired items can't be removed"),
        }
    }
}

/// Makes a table, or brings an older one up to the template.
fn prepare(database: &Database, table: &Table) -> Result<(), Error> {
    let exists = database
        .get_table_metadata(&table.name)
        .map_err(refused)?
        .is_some();
    if exists {
        bring_up_to_date(database, table)?;
    } else {
        database
            .create_table(request(creation(table))?)
            .map_err(refused)?;
    }
    if let Some(attribute) = &table.ttl_attribute {
        let ttl = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        enable_ttl(database, table, ttl)?;
    }
    Ok(())
}

/// Adds the indexes that the template has gained. Another key is another table, and nobody's data is thrown away here.
fn bring_up_to_date(database: &Database, table: &Table) -> Result<(), Error> {
    let description = database
        .describe_table(request(json!({"TableName": table.name}))?)
        .map_err(refused)
        .and_then(|response| serde_json::to_value(response).map_err(refused))?;
    if description["Table"]["KeySchema"] != keys(&table.key_schema) {
        return Err(Error::TableChanged {
            table: table.name.clone(),
        });
    }
    let empty = Vec::new();
    let existing = description["Table"]["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap_or(&empty);
    for wanted in &table.indexes {
        let found = existing
            .iter()
            .find(|index| index["IndexName"] == wanted.index_name.as_str());
        match found {
            Some(found) if found["KeySchema"] == keys(&wanted.key_schema) => {}
            Some(_) => {
                return Err(Error::TableChanged {
                    table: table.name.clone(),
                });
            }
            None => {
                let update = json!({
                    "TableName": table.name,
                    "AttributeDefinitions": attributes(table),
                    "GlobalSecondaryIndexUpdates": [{"Create": index(wanted)}],
                });
                database.update_table(request(update)?).map_err(refused)?;
            }
        }
    }
    Ok(())
}

fn enable_ttl(database: &Database, table: &Table, ttl: Value) -> Result<(), Error> {
    let current = database
        .describe_time_to_live(request(json!({"TableName": table.name}))?)
        .map_err(refused)
        .and_then(|response| serde_json::to_value(response).map_err(refused))?;
    if current["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED" {
        database
            .update_time_to_live(request(ttl)?)
            .map_err(refused)?;
    }
    Ok(())
}

fn creation(table: &Table) -> Value {
    let mut creation = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys(&table.key_schema),
        "AttributeDefinitions": attributes(table),
    });
    // An empty list is refused, as by DynamoDB.
    if !table.indexes.is_empty() {
        creation["GlobalSecondaryIndexes"] = table.indexes.iter().map(index).collect();
    }
    creation
}

fn index(index: &Index) -> Value {
    let mut projection = json!({"ProjectionType": index.projection.projection_type});
    if !index.projection.non_key_attributes.is_empty() {
        projection["NonKeyAttributes"] = json!(index.projection.non_key_attributes);
    }
    json!({"IndexName": index.index_name, "KeySchema": keys(&index.key_schema), "Projection": projection})
}

fn keys(keys: &[KeyElement]) -> Value {
    keys.iter()
        .map(|key| json!({"AttributeName": key.attribute_name, "KeyType": key.key_type}))
        .collect()
}

fn attributes(table: &Table) -> Value {
    let attribute = |definition: &template::AttributeDefinition| json!({"AttributeName": definition.attribute_name, "AttributeType": definition.attribute_type});
    table.attribute_definitions.iter().map(attribute).collect()
}

/// The engine's request types check themselves when they are read from JSON, exactly as requests from outside.
fn request<T: serde::de::DeserializeOwned>(request: Value) -> Result<T, Error> {
    serde_json::from_value(request).map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Database(error.to_string())
}
