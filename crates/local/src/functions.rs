//! The functions, as handlers of this process.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bootstrap::Env;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use gateway::{FromEnv as _, Keys, MissingVariable, Provide};
use repository::{Emails, Sites, Tenants};
use serde_json::Value;
use site_target::OpenGit;
use trigger::{CloudWatchEvent, Failed, SqsBatchResponse, SqsEvent};

use crate::edge::{Handler, OriginSource};
use crate::environment::env;
use crate::{Error, Surroundings, data_dir};

/// Handles a batch of messages, as AWS would have a function do it.
pub type BatchHandler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// Runs a function as its schedule would.
pub type ScheduledHandler =
    Arc<dyn Fn(CloudWatchEvent) -> BoxFuture<'static, Result<(), Failed>> + Send + Sync>;

/// The functions, by what calls them.
pub struct Functions {
    /// Those that answer requests, by their name.
    pub handlers: HashMap<String, Handler>,
    /// Those that take messages of a queue.
    pub batches: HashMap<String, BatchHandler>,
    /// Those that run on a schedule.
    pub scheduled: HashMap<String, ScheduledHandler>,
    /// The origins of all tenants.
    pub tenant_origins: OriginSource,
    /// What became of each mail.
    pub emails: Emails,
    /// How sites are set up.
    pub sites: Sites,
}

/// The functions there are: each package once, under what calls it.
macro_rules! functions {
    (
        requests: [$($package:ident),+ $(,)?],
        messages: [$($worker:ident),+ $(,)?],
        together: [$($joint:ident),+ $(,)?],
        schedules: [$($task:ident),+ $(,)?] $(,)?
    ) => {
        fn handlers(env: &Env) -> Result<HashMap<String, Handler>, MissingVariable> {
            Ok(HashMap::from([$((
                stringify!($package).replace('_', "-"),
                {
                    let deps = Arc::new($package::Deps::from_env(env)?);
                    let handler: Handler = Arc::new(move |request| {
                        let deps = Arc::clone(&deps);
                        gateway::respond(request, |request| async move {
                            $package::handle(&deps, request).await
                        })
                        .boxed()
                    });
                    handler
                },
            )),+]))
        }

        fn batches(env: &Env) -> Result<HashMap<String, BatchHandler>, MissingVariable> {
            Ok(HashMap::from([$((
                stringify!($worker).replace('_', "-"),
                {
                    let deps = Arc::new($worker::Deps::from_env(env)?);
                    let handler: BatchHandler = Arc::new(move |event| {
                        let deps = Arc::clone(&deps);
                        async move {
                            trigger::batch(event, |message| $worker::handle(&deps, message)).await
                        }
                        .boxed()
                    });
                    handler
                },
            )),+, $((
                stringify!($joint).replace('_', "-"),
                {
                    let deps = Arc::new($joint::Deps::from_env(env)?);
                    let handler: BatchHandler = Arc::new(move |event| {
                        let deps = Arc::clone(&deps);
                        async move {
                            trigger::together(event, |messages| $joint::handle(&deps, messages)).await
                        }
                        .boxed()
                    });
                    handler
                },
            )),+]))
        }

        fn scheduled(env: &Env) -> Result<HashMap<String, ScheduledHandler>, MissingVariable> {
            Ok(HashMap::from([$((
                stringify!($task).replace('_', "-"),
                {
                    let deps = Arc::new($task::Deps::from_env(env)?);
                    let handler: ScheduledHandler = Arc::new(move |event| {
                        let deps = Arc::clone(&deps);
                        async move { trigger::scheduled(event, || $task::handle(&deps)).await }.boxed()
                    });
                    handler
                },
            )),+]))
        }

        /// What each function documents of its routes.
        #[must_use]
        pub fn documents() -> Vec<Value> {
            vec![$($package::openapi()),+]
        }
    };
}

functions!(
    requests: [
        docs,
        email_templates,
        email_send,
        health,
        jwks,
        login,
        logout,
        me,
        message_drop,
        message_key,
        message_read,
        ready,
        refresh,
        register,
        reset,
        reset_confirm,
        scrapes,
        sessions,
        sites,
        users,
        verify_email,
    ],
    messages: [
        email_events,
        email_worker,
        scrape_worker,
        webhook_worker,
    ],
    together: [md_publisher],
    schedules: [email_due, scraper, signing_key_rotation, site_due],
);

impl Functions {
    /// Whether there is code for a function.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.handlers.contains_key(name)
            || self.batches.contains_key(name)
            || self.scheduled.contains_key(name)
    }
}

/// Makes the handlers of all functions.
///
/// # Errors
/// An environment that a function cannot start in.
pub fn start(surroundings: &Surroundings) -> Result<Functions, Error> {
    // On AWS each function has a process of its own; here they share clients and what is known about keys.
    let clock = surroundings.clock.clone();
    let env = env(surroundings.environment.values().flatten(), move || {
        clock.now()
    });
    let env = env.with_git_sites(git_sites(surroundings));
    let failed = |error: MissingVariable| Error::Functions(error.to_string());
    let tenants: Tenants = env.provide().map_err(failed)?;
    let _: Keys = env.provide().map_err(failed)?;
    Ok(Functions {
        handlers: handlers(&env).map_err(failed)?,
        batches: batches(&env).map_err(failed)?,
        emails: env.provide().map_err(failed)?,
        sites: env.provide().map_err(failed)?,
        scheduled: scheduled(&env).map_err(failed)?,
        tenant_origins: Arc::new(move || {
            let tenants = tenants.clone();
            async move { origins(&tenants).await }.boxed()
        }),
    })
}

/// Opens the git repositories in which sites are kept here.
fn git_sites(surroundings: &Surroundings) -> OpenGit {
    let folder = surroundings.data.file(data_dir::SITES);
    let clock = surroundings.clock.clone();
    crate::sites::git_sites(folder, domain::Clock::new(move || clock.now()))
}

async fn origins(tenants: &Tenants) -> HashSet<String> {
    let tenants = tenants.all().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the tenants' origins are not known");
        Vec::new()
    });
    let origins = tenants.into_iter().flat_map(|tenant| tenant.origins);
    origins.map(String::from).collect()
}
