//! How an operator command gets at the data: through the running platform, or alone when there is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::clock::Clock;
use crate::data_dir::{self, Access, DataDir, RunInfo};
use crate::dynamodb::DynamoDb;
use crate::objects::Objects;
use crate::queues::Queues;
use crate::wiring::Wiring;

/// Access to the data for as long as the value lives.
#[derive(Debug)]
pub struct Attached {
    /// The data folder.
    pub data: PathBuf,
    /// What a function that may do everything would have in its environment. Without a running platform nobody takes the
    /// messages of the queues.
    pub environment: BTreeMap<String, String>,
    /// The platform that is running, if one is.
    pub running: Option<RunInfo>,
    own: Option<(DynamoDb, Objects, Queues, DataDir)>,
}

impl Attached {
    /// Finds the platform that has the folder, or takes the folder so that none can start meanwhile.
    ///
    /// # Errors
    /// A folder that is neither this platform's nor empty, a broken template, a platform that is just starting.
    pub async fn to(data: &Path, template: Option<&Path>) -> Result<Self, Error> {
        let wiring = Wiring::read(template)?;
        match DataDir::attach(data)? {
            Access::Running(running) => Ok(Self {
                environment: environment(&wiring, data, &running)?,
                data: data.to_owned(),
                running: Some(running),
                own: None,
            }),
            Access::Owned(folder) => {
                let database = DynamoDb::start(&folder, &wiring.tables()?).await?;
                let objects = Objects::start(&folder, &wiring.buckets()?).await?;
                let clock = Clock::kept_in(folder.file(data_dir::CLOCK))?;
                let queues = Queues::start(&folder, &wiring.queues()?, clock).await?;
                let servers = RunInfo {
                    dynamodb_url: database.url().to_owned(),
                    s3_url: objects.url().to_owned(),
                    sqs_url: queues.url().to_owned(),
                    ..RunInfo::default()
                };
                Ok(Self {
                    environment: environment(&wiring, folder.path(), &servers)?,
                    data: folder.path().to_owned(),
                    running: None,
                    own: Some((database, objects, queues, folder)),
                })
            }
        }
    }

    /// Closes what was opened.
    pub async fn detach(self) {
        if let Some((database, objects, queues, folder)) = self.own {
            queues.stop().await;
            objects.stop().await;
            database.stop().await;
            drop(folder);
        }
    }
}

/// The variables of all functions together: they have the same names for the same things. No command sends mail or fetches
/// anything.
fn environment(
    wiring: &Wiring,
    data: &Path,
    servers: &RunInfo,
) -> Result<BTreeMap<String, String>, Error> {
    let functions = wiring.environment(data, servers, "", false)?;
    Ok(functions.into_values().flatten().collect())
}
