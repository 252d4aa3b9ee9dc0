//! `GET /health/ready`: whether what stands behind the platform answers.

mod sites;

use std::collections::BTreeMap;

use domain::Clock;
use domain::user::Role;
use gateway::{Callers, Problem, Request, Response, SignedIn};
use repository::Tenants;
use serde::Serialize;
use serde_json::json;
use token::KeyRing;
use utoipa::{IntoParams, ToSchema};

gateway::deps! {
    callers: Callers,
    tenants: Tenants,
    ring: KeyRing,
    clock: Clock,
}

/// What to look at.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct ReadyQuery {
    /// Look at the tenants' sites as well; for admins, who see their own, and owners, who see all.
    sites: Option<bool>,
}

/// What was looked at.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    status: &'static str,
    /// `ok`, or what is wrong.
    checks: Checks,
}

/// What was looked at, one by one.
#[derive(Serialize, ToSchema)]
struct Checks {
    database: &'static str,
    signing_key: &'static str,
    /// What each site answered, by its origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    sites: Option<BTreeMap<String, String>>,
}

/// # Errors
/// What the contract says of the route.
#[utoipa::path(get, path = "/health/ready", tag = "health", summary = "Say whether all that is needed answers", params(ReadyQuery),
    security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "All of it answers", body = Ready)))]
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    let caller = match request.query("sites") {
        Some("true") => Some(deps.callers.signed_in(&request).await?),
        _ => None,
    };
    if let Some(caller) = &caller {
        caller.require_admin()?;
    }
    let (database, signing_key, sites) = futures::join!(
        database(deps),
        signing_key(deps),
        look_at_sites(deps, caller)
    );
    let sites = sites?;
    let all_well = database == "ok"
        && signing_key == "ok"
        && sites
            .iter()
            .flatten()
            .all(|(_, state)| !sites::is_bad(state));
    let checks = Checks {
        database,
        signing_key,
        sites,
    };
    if all_well {
        return Ok(Response::ok(&Ready {
            status: "ready",
            checks,
        }));
    }
    Err(Problem::unavailable("not ready").with_checks(json!(checks)))
}

async fn database(deps: &Deps) -> &'static str {
    match deps.tenants.ping().await {
        Ok(()) => "ok",
        Err(error) => {
            tracing::warn!(%error, "the database is not ready");
            "no answer"
        }
    }
}

async fn signing_key(deps: &Deps) -> &'static str {
    let now = deps.clock.now();
    let usable = match deps.ring.current(now).await {
        Ok(keys) => keys.signing(now).map(drop),
        Err(error) => Err(error),
    };
    match usable {
        Ok(()) => "ok",
        Err(error) => {
            tracing::warn!(%error, "there is no signing key");
            "missing"
        }
    }
}

async fn look_at_sites(
    deps: &Deps,
    caller: Option<SignedIn>,
) -> Result<Option<BTreeMap<String, String>>, Problem> {
    let Some(caller) = caller else {
        return Ok(None);
    };
    let tenants = if caller.user.roles.contains(&Role::Owner) {
        deps.tenants.all().await?
    } else {
        deps.tenants
            .get(caller.user.user_id.tenant())
            .await?
            .into_iter()
            .collect()
    };
    let origins = tenants
        .into_iter()
        .flat_map(|tenant| tenant.origins)
        .collect();
    Ok(Some(sites::look_at(origins).await))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{USER, document};

    // The sites are an admin's business; without `sites` nobody needs to sign in.
    document::<Api>(&[("GET /health/ready", &[USER, &[Code::Forbidden]])])
}
