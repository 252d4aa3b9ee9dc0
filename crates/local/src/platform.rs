//! The whole platform: starts everything in order, and ends it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::data_dir::{self, DataDir, RunInfo};
use crate::dynamodb::DynamoDb;
use crate::edge::{Edge, Listeners};
use crate::objects::Objects;
use crate::queues::Queues;
use crate::schedules::Schedules;
use crate::service::Service;
use crate::wiring::Wiring;
use crate::{Error, first_run, functions, notifications, pages};

/// The account that the platform pretends to be.
pub const ACCOUNT_ID: &str = "000000000000";
/// The region that it pretends to be in.
pub const REGION: &str = "us-east-1";
/// What an SDK signs with; only S3 looks at it.
pub const ACCESS_KEY_ID: &str = "local";
/// What an SDK signs with; only S3 looks at it.
pub const SECRET_ACCESS_KEY: &str = "local";

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port; 0 for any that is free.
    pub port: u16,
    /// The data folder.
    pub data: PathBuf,
    /// Keep everything in memory and in a folder that goes at the end, instead of in `data`.
    pub memory: bool,
    /// Begin by removing what an earlier run has left.
    pub reset: bool,
    /// The template; where `None`, `template.yaml` of the current folder, else of the workspace.
    pub template: Option<PathBuf>,
}

impl Options {
    /// A platform of its own for a test: nothing on disk, on any free port.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            port: 0,
            data: PathBuf::from(".local"),
            memory: true,
            reset: false,
            template: None,
        }
    }
}

/// What the functions have around them instead of AWS.
#[derive(Debug)]
pub struct Surroundings {
    /// Where the platform answers, for links and for origins.
    pub base_url: String,
    /// The data folder, for files beside the database.
    pub data: DataDir,
    /// The time.
    pub clock: Clock,
    /// The environment of each function, by its name.
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
}

/// A running platform. Dropping it without [`stop`](Self::stop) ends it as well, only not in order.
#[derive(Debug)]
pub struct Platform {
    surroundings: Arc<Surroundings>,
    welcome: Option<String>,
    edge: Vec<Service>,
    background: [Service; 2],
    backends: Backends,
}

impl Platform {
    /// Starts everything; when this returns, requests are answered.
    ///
    /// # Errors
    /// See [`Error`]: a taken port, a data folder in use, a broken template, …
    pub async fn start(options: Options) -> Result<Self, Error> {
        let wiring = Wiring::read(options.template.as_deref())?;
        // What can be somebody else's comes first, before anything is written.
        let data = if options.memory {
            DataDir::temporary()?
        } else {
            DataDir::open(&options.data)?
        };
        let listeners = Listeners::bind(options.port).await?;
        if options.reset {
            data.reset()?;
        }

        let clock = Clock::kept_in(data.file(data_dir::CLOCK))?;
        let backends = Backends::start(&data, &wiring, clock.clone()).await?;
        let surroundings = Arc::new(Surroundings {
            base_url: listeners.base_url(),
            environment: wiring.environment(data.path(), &backends.run_info(""))?,
            data,
            clock,
        });
        let functions = functions::start(&surroundings)?;
        wiring.check_handlers(&functions)?;
        let welcome = first_run::prepare(&surroundings).await?;

        let schedules = Schedules::new(
            wiring.schedules()?,
            &functions.scheduled,
            surroundings.clock.clone(),
        );
        let watched = notifications::start(
            wiring.notifications()?,
            &functions.batches,
            &surroundings.data,
        );
        let edge = Edge::new(
            wiring.template.functions(),
            functions.handlers,
            wiring.cors()?,
            functions.tenant_origins,
            surroundings.clock.clone(),
        );
        let router = pages::router(
            Arc::new(edge),
            &surroundings,
            backends.queues.store().clone(),
            schedules.clone(),
        );
        surroundings
            .data
            .publish(&backends.run_info(&surroundings.base_url))?;
        Ok(Self {
            edge: listeners.serve(&router),
            background: [schedules.start(), watched],
            surroundings,
            welcome,
            backends,
        })
    }

    /// Where the platform answers, for example `http://localhost:3000`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.surroundings.base_url
    }

    /// What the functions have around them.
    #[must_use]
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// What the first run has to say.
    #[must_use]
    pub fn welcome(&self) -> Option<&str> {
        self.welcome.as_deref()
    }

    /// The messages in the queues, newest first.
    ///
    /// # Errors
    /// Where the data folder can't be read.
    pub fn queued(&self) -> std::io::Result<Vec<crate::queues::Message>> {
        self.backends.queues.store().newest_first()
    }

    /// Finishes the requests that are being answered, then ends everything behind them.
    pub async fn stop(self) {
        let services = self.edge.into_iter().chain(self.background);
        futures::future::join_all(services.map(Service::stop)).await;
        self.backends.stop().await;
        self.surroundings.data.withdraw();
    }
}

/// What the functions talk to.
#[derive(Debug)]
struct Backends {
    dynamodb: DynamoDb,
    objects: Objects,
    queues: Queues,
}

impl Backends {
    async fn start(data: &DataDir, wiring: &Wiring, clock: Clock) -> Result<Self, Error> {
        Ok(Self {
            dynamodb: DynamoDb::start(data, &wiring.tables()?).await?,
            objects: Objects::start(data, &wiring.buckets()?).await?,
            queues: Queues::start(data, &wiring.queues()?, clock).await?,
        })
    }

    fn run_info(&self, base_url: &str) -> RunInfo {
        RunInfo {
            base_url: base_url.to_owned(),
            dynamodb_url: self.dynamodb.url().to_owned(),
            s3_url: self.objects.url().to_owned(),
            sqs_url: self.queues.url().to_owned(),
            pid: std::process::id(),
        }
    }

    async fn stop(self) {
        futures::future::join3(
            self.queues.stop(),
            self.objects.stop(),
            self.dynamodb.stop(),
        )
        .await;
    }
}
