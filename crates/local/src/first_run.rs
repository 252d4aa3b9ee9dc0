//! What a new data folder gets: a tenant, keys and an owner.

use crate::{Error, Surroundings};

/// Makes what a person needs to begin, once. What is returned is printed.
///
/// # Errors
/// Where something cannot be made.
#[expect(
    clippy::unused_async,
    reason = "writes to the database once the repository exists"
)]
pub async fn prepare(_surroundings: &Surroundings) -> Result<Option<String>, Error> {
    Ok(None)
}
