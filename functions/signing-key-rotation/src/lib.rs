//! Every day: makes the next signing key when it is time.
//!
//! A schedule may run twice at once, and an operator may rotate at the same moment: [`KeyStore`] lets one of them do it.

use domain::{Clock, Random};
use token::KeyStore;

trigger::deps! {
    keys: KeyStore,
    clock: Clock,
    random: Random,
}

/// Makes the next key where the newest is 30 days old, or the first one.
///
/// # Errors
/// Where the keys can't be read or written.
pub async fn handle(deps: &Deps) -> Result<(), token::Error> {
    let now = deps.clock.now();
    if let Some(keys) = deps.keys.rotate_when_due(&deps.random, now).await? {
        let published: Vec<_> = keys.public(now).into_iter().map(|key| key.kid).collect();
        tracing::info!(keys = published.join(" "), "the next signing key is made");
    }
    Ok(())
}
