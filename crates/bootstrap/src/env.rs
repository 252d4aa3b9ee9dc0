//! What a function finds when it starts.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::{Clock, Random};
use futures::future::{BoxFuture, try_join_all};
use gateway::{Keys, MissingVariable};
use site_target::OpenGit;
use token::KeyRing;

use crate::{Waits, http};

/// Why a function can't start.
pub(crate) type Unprepared = Box<dyn std::error::Error + Send + Sync>;
/// What is to be done before the first request.
pub(crate) type Preparation = BoxFuture<'static, Result<(), Unprepared>>;

/// The environment of one function, and what is made from it once: clients, keys, the clock.
pub struct Env {
    variables: HashMap<String, String>,
    clock: Clock,
    random: Random,
    waits: Option<Waits>,
    preparations: Mutex<Vec<Preparation>>,
    http: OnceLock<SharedHttpClient>,
    pub(crate) dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    pub(crate) sqs: OnceLock<aws_sdk_sqs::Client>,
    pub(crate) ring: OnceLock<KeyRing>,
    pub(crate) keys: OnceLock<Keys>,
    /// Without its type, so that only the binary of a function that fetches has the code that ends it.
    pub(crate) fetcher: OnceLock<Arc<dyn Any + Send + Sync>>,
    pub(crate) git_sites: Option<OpenGit>,
}

impl Env {
    /// The environment of this process, with the system's clock and randomness.
    ///
    /// # Panics
    /// Later, when the system has no randomness: without it nothing may go on.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            clippy::expect_used,
            reason = "the one place where a function's time and randomness come in"
        )]
        let (clock, random) = (
            Clock::new(jiff::Timestamp::now),
            Random::new(|bytes| getrandom::fill(bytes).expect("the system gives no random bytes")),
        );
        Self::new(std::env::vars().collect(), clock, random)
    }

    /// An environment made of `variables`.
    #[must_use]
    pub fn new(variables: HashMap<String, String>, clock: Clock, random: Random) -> Self {
        Self {
            variables,
            clock,
            random,
            waits: None,
            preparations: Mutex::default(),
            http: OnceLock::new(),
            dynamodb: OnceLock::new(),
            sqs: OnceLock::new(),
            ring: OnceLock::new(),
            keys: OnceLock::new(),
            fetcher: OnceLock::new(),
            git_sites: None,
        }
    }

    /// Counts the moments in which the clients that are made from now on wait for the network.
    #[must_use]
    pub fn counting(mut self, waits: Waits) -> Self {
        self.waits = Some(waits);
        self
    }

    /// With git repositories of this machine as targets of sites. No function on AWS has the code for them.
    #[must_use]
    pub fn with_git_sites(mut self, open: OpenGit) -> Self {
        self.git_sites = Some(open);
        self
    }

    /// A variable that must be set.
    pub(crate) fn variable(&self, name: &'static str) -> Result<String, MissingVariable> {
        self.optional(name).ok_or(MissingVariable(name))
    }

    /// A variable that may be set; an empty one is not.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// What all AWS clients connect with.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.http.get_or_init(|| http::client(self)).clone()
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn random(&self) -> Random {
        self.random.clone()
    }

    pub(crate) fn waits(&self) -> Option<Waits> {
        self.waits.clone()
    }

    /// Leaves something to be done before the first request. What a function does not use leaves nothing here, so that
    /// its binary has no code for it either.
    pub(crate) fn before_first_request(&self, preparation: Preparation) {
        self.preparations().push(preparation);
    }

    /// Does what can be done before the first request comes: Lambda gives a function a whole CPU while it starts.
    ///
    /// # Errors
    /// When the function could never answer. What may be better later is only logged.
    pub(crate) async fn prepare(&self) -> Result<(), Unprepared> {
        let preparations = std::mem::take(&mut *self.preparations());
        try_join_all(preparations).await.map(drop)
    }

    fn preparations(&self) -> MutexGuard<'_, Vec<Preparation>> {
        self.preparations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
