//! The whole platform: starts everything in order, and ends it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::data_dir::{self, DataDir, RunInfo};
use crate::dynamodb::DynamoDb;
use crate::edge::{Edge, Listeners};
use crate::mail::{Inbox, Transport};
use crate::objects::Objects;
use crate::queues::{Message, Queues, consume};
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish of its own, and any may go with any other"
)]
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
    /// Where mail goes, as the e-mail worker's `MAIL_TRANSPORT`; where `None`, into the outbox.
    pub mail_transport: Option<String>,
    /// Whether functions get the messages of their queues, and run on their schedules. Without, a test can look at what was
    /// queued, and calls them itself.
    pub consume: bool,
    /// Whether what functions fetch and call may be on this machine's loopback addresses.
    pub allow_loopback: bool,
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
            mail_transport: None,
            consume: true,
            allow_loopback: false,
        }
    }
}

/// What the functions have around them instead of AWS.
pub struct Surroundings {
    /// Where the platform answers, for links and for origins.
    pub base_url: String,
    /// The data folder, for files beside the database.
    pub data: DataDir,
    /// The time.
    pub clock: Clock,
    /// The environment of each function, by its name.
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Where mail goes.
    pub mail: Transport,
}

impl fmt::Debug for Surroundings {
    /// Without the environment, which may hold the password of a mail server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("base_url", &self.base_url)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// A running platform. Dropping it without [`stop`](Self::stop) ends it as well, only not in order.
#[derive(Debug)]
pub struct Platform {
    surroundings: Arc<Surroundings>,
    welcome: Option<String>,
    edge: Vec<Service>,
    background: Vec<Service>,
    inbox: Inbox,
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
        let mail = Transport::new(options.mail_transport, data.path());
        let run_info = backends.run_info(&listeners.base_url());
        let surroundings = Arc::new(Surroundings {
            base_url: listeners.base_url(),
            environment: wiring.environment(
                data.path(),
                &run_info,
                mail.url(),
                options.allow_loopback,
            )?,
            mail,
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
        let store = backends.queues.store();
        let inbox = Inbox::new(&surroundings, store, functions.emails);
        let sites = pages::Sites::of(&surroundings, functions.sites);
        let mut background = vec![notifications::start(
            wiring.notifications()?,
            &sites.folders(),
            &surroundings.data,
            store,
            &surroundings.clock,
        )];
        if options.consume {
            background.push(schedules.start());
        }
        for source in wiring.queue_sources()? {
            let handler = functions.batches.get(&source.function);
            if let Some(handler) = handler.filter(|_| options.consume) {
                background.extend(consume(&source, handler, store, &surroundings.clock));
            }
        }
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
            inbox.clone(),
            schedules,
            sites,
        );
        surroundings.data.publish(&run_info)?;
        Ok(Self {
            edge: listeners.serve(&router),
            background,
            inbox,
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

    /// The e-mail jobs in their queue, newest first.
    #[must_use]
    pub fn queued(&self) -> Vec<Message> {
        self.inbox.queued()
    }

    /// Finishes the requests that are being answered, then ends everything behind them.
    pub async fn stop(self) {
        self.inbox.close();
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
