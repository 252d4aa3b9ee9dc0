//! `/sites/{site}`: a tenant's admins and back end say where its site goes and what it looks like, and read what became of it.
//!
//! A tenant has one site, by the name of its `site_id`; any other name is unknown.

mod input;
mod reader;
mod view;

use std::cmp::max;

use domain::api_key::Scope;
use domain::audit::{AuditEvent, Event};
use domain::clock::SignedDuration;
use domain::site::{LocalSites, Setup};
use domain::{Clock, TenantId, Timestamp};
use gateway::{Callers, Code, Principal, Problem, Request, Response};
use queue::SiteQueue;
use repository::{AuditLog, SiteRow, Sites};
use serde_json::Value;

use view::{SiteSetup, SiteView, StatusView};

gateway::deps! {
    callers: Callers,
    sites: Sites,
    queue: SiteQueue,
    audit: AuditLog,
    /// On a laptop.
    local: Option<LocalSites>,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /sites/{site}" => show(deps, &request).await,
        "PUT /sites/{site}" => write(deps, &request).await,
        "DELETE /sites/{site}" => remove(deps, &request).await,
        "GET /sites/{site}/status" => status(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[utoipa::path(get, path = "/sites/{site}", tag = "sites", summary = "Read how the site is set up",
    params(("site" = String, Path, description = "The tenant's `site_id`")),
    responses((status = 200, description = "Its setup", body = SiteView)))]
async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = caller(deps, request).await?;
    let row = deps.sites.get(&principal.tenant.tenant_id).await?;
    let setup = deps.setup(&row)?.ok_or_else(unknown)?;
    Ok(Response::ok(&SiteView::new(&setup, row.setup_at)?))
}

#[utoipa::path(put, path = "/sites/{site}", tag = "sites", summary = "Set the site up",
    description = "It takes the place of the setup there was, and the site is published with it within a minute. What an earlier setup \
        had published elsewhere stays there.",
    params(("site" = String, Path, description = "The tenant's `site_id`")),
    request_body = SiteSetup,
    responses((status = 200, description = "The setup from here on", body = SiteView)))]
async fn write(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = caller(deps, request).await?;
    let tenant = &principal.tenant.tenant_id;
    let body: Value = request.json()?;
    let setup = input::read(&body, deps.local.is_some())?;
    let row = sound(deps, tenant).await?;
    let still = trusted_still(&principal, &setup, &row)?;
    let now = later(deps.clock.now(), row.setup_at);
    // Written down first, so that no site goes where nobody is known to have sent it.
    let event = event(Event::SiteWritten, &principal, request, now);
    deps.audit.record(&event).await?;
    if !deps.sites.put_setup(tenant, &setup, still, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "the site was set up by somebody else at the same time; read it again",
        ));
    }
    publish(deps, tenant).await;
    Ok(Response::ok(&SiteView::new(&setup, Some(now))?))
}

#[utoipa::path(delete, path = "/sites/{site}", tag = "sites", summary = "Take the setup back",
    description = "The site is published no more. What was published stays where it is, and so does the folder of Markdown; what is known \
        of the site is forgotten.",
    params(("site" = String, Path, description = "The tenant's `site_id`")),
    responses((status = 204, description = "The site has no setup")))]
async fn remove(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = caller(deps, request).await?;
    let tenant = &principal.tenant.tenant_id;
    let now = deps.clock.now();
    if !deps.sites.remove(tenant).await? {
        return Err(unknown());
    }
    let event = event(Event::SiteRemoved, &principal, request, now);
    deps.audit.record(&event).await?;
    if deps.local.is_some() {
        publish(deps, tenant).await;
    }
    Ok(Response::no_content())
}

#[utoipa::path(get, path = "/sites/{site}/status", tag = "sites", summary = "Read what became of the site",
    params(("site" = String, Path, description = "The tenant's `site_id`")),
    responses((status = 200, description = "The last commit, what was left out and why, and what waits", body = StatusView)))]
async fn status(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = caller(deps, request).await?;
    let row = deps.sites.get(&principal.tenant.tenant_id).await?;
    deps.setup(&row)?.ok_or_else(unknown)?;
    Ok(Response::ok(&StatusView::from(row)))
}

impl Deps {
    /// How a site is set up, where it is.
    fn setup(&self, row: &SiteRow) -> Result<Option<Setup>, Problem> {
        match (&row.setup, &self.local) {
            (Some(setup), _) => Ok(Some(setup.clone())),
            (None, Some(local)) => {
                let setup = local.setup(&row.tenant_id);
                setup.map(Some).map_err(Problem::internal)
            }
            (None, None) => Ok(None),
        }
    }
}

/// For whom the request is made, which names the tenant's own site.
async fn caller(deps: &Deps, request: &Request) -> Result<Principal, Problem> {
    let principal = deps
        .callers
        .admin_or_key(request, Scope::ContentWrite)
        .await?;
    let site = request.path_parameter("site");
    if site == Some(principal.tenant.tenant_id.site_id()) {
        Ok(principal)
    } else {
        Err(unknown())
    }
}

fn unknown() -> Problem {
    Problem::not_found("the tenant has no such site, or it is not set up")
}

/// The row of a site. One that is damaged goes, because what is written next takes its place.
async fn sound(deps: &Deps, tenant: &TenantId) -> Result<SiteRow, Problem> {
    match deps.sites.get(tenant).await {
        Err(repository::Error::Corrupt(cause)) => {
            tracing::error!(%tenant, %cause, "a damaged site is set up anew");
            deps.sites.remove(tenant).await?;
            Ok(deps.sites.get(tenant).await?)
        }
        row => Ok(row?),
    }
}

/// Keeps a key from having authors trusted, which lets them run scripts on the tenant's pages; where an admin trusts them, it may
/// stay so. Returns the time of the setup that has to be there still.
fn trusted_still(
    principal: &Principal,
    setup: &Setup,
    row: &SiteRow,
) -> Result<Option<Timestamp>, Problem> {
    if principal.user.is_some() || !setup.trusted_authors {
        return Ok(None);
    }
    let trusts = row.setup.as_ref().is_some_and(|old| old.trusted_authors);
    row.setup_at
        .filter(|_| trusts)
        .map(Some)
        .ok_or_else(|| Problem::forbidden("only an admin may have a site's authors be trusted"))
}

/// A time by which one setup is told from the one before it.
fn later(now: Timestamp, before: Option<Timestamp>) -> Timestamp {
    before.map_or(now, |before| {
        max(now, before + SignedDuration::from_millis(1))
    })
}

/// Has a site published at once. Where the queue does not answer, it is published within a few minutes, because it is due.
async fn publish(deps: &Deps, tenant: &TenantId) {
    if let Err(error) = deps.queue.send(tenant).await {
        tracing::error!(%tenant, %error, "a site was not queued");
    }
}

fn event(event: Event, principal: &Principal, request: &Request, now: Timestamp) -> AuditEvent {
    let tenant = &principal.tenant.tenant_id;
    let user = principal.user.clone();
    AuditEvent::new(event, tenant, user, &request.ip(), request.id(), now)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(show, write, remove, status))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::openapi::{BODY, COOKIE, KEY, USER, document};

    const ONE: &[Code] = &[Code::Forbidden, Code::NotFound];
    let read: &[_] = &[KEY, USER, ONE];
    document::<Api>(&[
        ("GET /sites/{site}", read),
        (
            "PUT /sites/{site}",
            &[BODY, KEY, USER, COOKIE, ONE, &[Code::Conflict]],
        ),
        ("DELETE /sites/{site}", &[KEY, USER, COOKIE, ONE]),
        ("GET /sites/{site}/status", read),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setup_has_the_time_of_the_one_before() {
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        assert_eq!(later(at(5), None), at(5));
        assert_eq!(later(at(5), Some(at(3))), at(5));
        assert_eq!(later(at(5), Some(at(5))), at(6), "in the same millisecond");
    }
}
