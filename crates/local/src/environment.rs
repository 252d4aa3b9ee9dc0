//! The environment that functions and operators of this machine start in.

use bootstrap::Env;
use domain::{Clock, Random, Timestamp};

/// An environment of these variables, with a clock of its own and the system's randomness.
#[expect(
    clippy::expect_used,
    reason = "without randomness nothing may go on, and the system has none only when it is broken"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the platform's randomness comes in"
)]
pub fn env<'a>(
    variables: impl IntoIterator<Item = (&'a String, &'a String)>,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Env {
    let variables = variables.into_iter().map(|(k, v)| (k.clone(), v.clone()));
    let random =
        Random::new(|bytes| getrandom::fill(bytes).expect("the system gives no random bytes"));
    Env::new(variables.collect(), Clock::new(clock), random)
}
