//! The API's documentation, put together from what each function says.

use crate::{Error, functions};

/// The document, as `functions/docs/openapi.json` keeps it.
///
/// # Errors
/// None that can happen.
pub fn document() -> Result<String, Error> {
    let document = gateway::openapi::merge(env!("CARGO_PKG_VERSION"), functions::documents());
    serde_json::to_string_pretty(&document).map_err(super::refused)
}
