//! The functions, as handlers of this process.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt as _;
use http::StatusCode;

use crate::edge::{self, Handler, OriginSource};
use crate::{Error, Surroundings};

/// What the edge needs of the functions.
pub struct Functions {
    /// The handlers by the name of the function.
    pub handlers: HashMap<String, Handler>,
    /// The origins of all tenants.
    pub tenant_origins: OriginSource,
}

/// Makes the handlers of all functions.
///
/// # Errors
/// An environment that a function cannot start in.
#[expect(
    clippy::unused_async,
    reason = "loads keys and clients once the functions exist"
)]
pub async fn start(surroundings: &Surroundings) -> Result<Functions, Error> {
    let names = surroundings.environment.keys().cloned();
    Ok(Functions {
        handlers: names
            .map(|name| (name, edge::constant(StatusCode::NOT_IMPLEMENTED)))
            .collect(),
        tenant_origins: Arc::new(|| async { HashSet::new() }.boxed()),
    })
}
