//! What a function finds when it starts.

use std::collections::HashMap;
use std::sync::OnceLock;

use domain::{Clock, Random};
use gateway::{Keys, MissingVariable};
use token::KeyRing;

use crate::Waits;

/// The environment of one function, and what is made from it once: clients, keys, the clock.
pub struct Env {
    variables: HashMap<String, String>,
    clock: Clock,
    random: Random,
    waits: Option<Waits>,
    pub(crate) dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    pub(crate) sqs: OnceLock<aws_sdk_sqs::Client>,
    pub(crate) ring: OnceLock<KeyRing>,
    pub(crate) keys: OnceLock<Keys>,
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
            dynamodb: OnceLock::new(),
            sqs: OnceLock::new(),
            ring: OnceLock::new(),
            keys: OnceLock::new(),
        }
    }

    /// Counts the moments in which the clients that are made from now on wait for the network.
    #[must_use]
    pub fn counting(mut self, waits: Waits) -> Self {
        self.waits = Some(waits);
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

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn random(&self) -> Random {
        self.random.clone()
    }

    pub(crate) fn waits(&self) -> Option<Waits> {
        self.waits.clone()
    }

    /// Does what can be done before the first request comes: on Lambda that time is not the client's.
    pub(crate) async fn prime(&self) {
        if let Some(ring) = self.ring.get()
            && let Err(error) = ring.current(self.clock.now()).await
        {
            tracing::warn!(%error, "the signing keys were not loaded at the start");
        }
    }
}
