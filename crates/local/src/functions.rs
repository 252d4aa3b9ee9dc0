//! The functions, as handlers of this process.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bootstrap::Env;
use futures::FutureExt as _;
use gateway::{FromEnv as _, Keys, MissingVariable, Provide};
use repository::Tenants;
use serde_json::Value;

use crate::edge::{Handler, OriginSource};
use crate::environment::env;
use crate::{Error, Surroundings};

/// What the edge needs of the functions.
pub struct Functions {
    /// The handlers by the name of the function.
    pub handlers: HashMap<String, Handler>,
    /// The origins of all tenants.
    pub tenant_origins: OriginSource,
}

/// The functions there are: each package once, with its handler and its documentation.
macro_rules! functions {
    ($($package:ident),+ $(,)?) => {
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

        /// What each function documents of its routes.
        #[must_use]
        pub fn documents() -> Vec<Value> {
            vec![$($package::openapi()),+]
        }
    };
}

functions!(
    docs,
    health,
    jwks,
    login,
    logout,
    me,
    ready,
    refresh,
    register,
    reset,
    reset_confirm,
    sessions,
    users,
    verify_email,
);

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
    let failed = |error: MissingVariable| Error::Functions(error.to_string());
    let tenants: Tenants = env.provide().map_err(failed)?;
    let _: Keys = env.provide().map_err(failed)?;
    Ok(Functions {
        handlers: handlers(&env).map_err(failed)?,
        tenant_origins: Arc::new(move || {
            let tenants = tenants.clone();
            async move { origins(&tenants).await }.boxed()
        }),
    })
}

async fn origins(tenants: &Tenants) -> HashSet<String> {
    let tenants = tenants.all().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the tenants' origins are not known");
        Vec::new()
    });
    let origins = tenants.into_iter().flat_map(|tenant| tenant.origins);
    origins.map(String::from).collect()
}
