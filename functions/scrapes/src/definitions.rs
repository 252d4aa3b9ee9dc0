//! Definitions: made, listed, shown and changed.

use std::cmp::max;

use domain::clock::SignedDuration;
use domain::scrape::{MAX_SCRAPES, Scrape};
use domain::{TenantId, Timestamp};
use fetch::Url;
use gateway::{Code, Input, Page, Paging, Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};
use repository::scrapes::Rewrite;
use scraping::Definition;
use serde_json::Value;
use token::webhook::WebhookSecret;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::Deps;
use crate::body::{ScrapeDefinition, ScrapePatch};
use crate::input::{self, Checked};
use crate::results::Room;
use crate::view::ScrapeView;

/// How often a change is tried whose scrape is run meanwhile.
const ATTEMPTS: usize = 3;

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
pub(crate) struct PageQuery {
    /// How many; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[utoipa::path(post, path = "/scrapes", tag = "scrapes", summary = "Watch a page",
    description = "The page is looked at within a minute, and from then on by its schedule. A tenant has at most 1,000 scrapes.",
    request_body = ScrapeDefinition,
    responses((status = 201, description = "The scrape is stored", body = ScrapeView,
        headers(("location" = String, description = "Where the scrape is")))))]
pub async fn create(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = crate::caller(deps, request).await?;
    let checked = input::read(&deps.fetcher, &request.json()?, deps.clock.now())?;
    let tenant = &principal.tenant.tenant_id;
    // A few more come in where they are made at the same time: the bound is there to be one, not to be exact.
    if deps.scrapes.count(tenant).await? >= MAX_SCRAPES {
        return Err(Problem::new(
            Code::LimitReached,
            format!("the tenant has {MAX_SCRAPES} scrapes, and no more can be made"),
        ));
    }
    let now = deps.clock.now();
    let (id, definition) = (deps.random.uuid(now), text(&checked)?);
    let owner = principal.user;
    let scrape = Scrape::new(id, tenant.clone(), definition, checked.host, owner, now);
    deps.scrapes.create(&scrape).await?;
    let location = HeaderValue::try_from(format!("/scrapes/{}", scrape.scrape_id));
    let location = location.map_err(Problem::internal)?;
    let view = with_secret(deps, &scrape).await?;
    Ok(Response::created(&view).with_header(header::LOCATION, location))
}

#[utoipa::path(get, path = "/scrapes", tag = "scrapes", summary = "List the scrapes", params(PageQuery),
    responses((status = 200, description = "The tenant's scrapes, oldest first", body = Page<ScrapeView>)))]
pub async fn list(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let principal = crate::caller(deps, request).await?;
    let tenant = &principal.tenant.tenant_id;
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let name = format!("scrapes of {tenant}");
    let mut input = Input::new();
    input.only(request, &["limit", "cursor"]);
    input.finish(())?;
    let paging = Paging::of(request, &keys, &name, now)?;
    let after = paging.after.and_then(|id| Uuid::parse_str(&id).ok());
    let (mut scrapes, mut more) = deps.scrapes.of_tenant(tenant, after, paging.limit).await?;
    let mut room = Room::new(paging.limit);
    let fit = scrapes
        .iter()
        .take_while(|scrape| room.take(scrape.definition.len()))
        .count();
    more |= fit < scrapes.len();
    scrapes.truncate(fit);
    let next_cursor = scrapes
        .last()
        .filter(|_| more)
        .map(|last| token::cursor::seal(&keys, &name, &last.scrape_id.to_string(), now))
        .transpose()?;
    let items = scrapes.iter().map(ScrapeView::of);
    let items = items.collect::<Result<_, _>>()?;
    let page = Page { items, next_cursor };
    let text = serde_json::to_string(&page).map_err(Problem::internal)?;
    Ok(crate::bytes("application/json", text))
}

#[utoipa::path(get, path = "/scrapes/{id}", tag = "scrapes", summary = "Read a scrape",
    params(("id" = Uuid, Path, description = "The scrape")),
    responses((status = 200, description = "The scrape", body = ScrapeView)))]
pub async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let scrape = crate::owned(deps, request).await?;
    Ok(Response::ok(&with_secret(deps, &scrape).await?))
}

#[utoipa::path(patch, path = "/scrapes/{id}", tag = "scrapes", summary = "Change a scrape",
    description = "With another page or other fields it begins anew: the page is looked at within a minute, and what is found is compared \
        with nothing. With another schedule it is looked at when that says so. A run that is under way is done again.",
    params(("id" = Uuid, Path, description = "The scrape")),
    request_body(description = "A JSON merge patch of the definition",
        content((ScrapePatch = "application/merge-patch+json"), (ScrapePatch = "application/json"))),
    responses((status = 200, description = "The scrape as it is from here on", body = ScrapeView)))]
pub async fn patch(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let mut seen = crate::owned(deps, request).await?;
    let patch = request.merge_patch()?;
    for _ in 0..ATTEMPTS {
        if let Some(scrape) = rewrite(deps, &seen, patch.clone()).await? {
            return Ok(Response::ok(&with_secret(deps, &scrape).await?));
        }
        // A run that began or ended in between does not matter to who writes; another definition does.
        match deps.scrapes.get(seen.scrape_id).await? {
            Some(now) if now.updated_at == seen.updated_at => seen = now,
            _ => break,
        }
    }
    Err(Problem::new(
        Code::Conflict,
        "the scrape was changed or deleted by somebody else; read it again",
    ))
}

/// Writes a scrape anew; `None` where it is not as it was seen.
async fn rewrite(deps: &Deps, seen: &Scrape, patch: Value) -> Result<Option<Scrape>, Problem> {
    let before: Value = serde_json::from_str(&seen.definition).map_err(Problem::internal)?;
    let mut after = before.clone();
    input::merge(&mut after, patch);
    let now = later(deps.clock.now(), seen.updated_at);
    let checked = input::read(&deps.fetcher, &after, now)?;
    let after = serde_json::to_value(&checked.definition).map_err(Problem::internal)?;
    let begins_anew = is_another(&before, &after);
    let due_at = due_at(seen, &before, &checked.definition, now)?;
    let definition = text(&checked)?;
    let rewrite = Rewrite {
        definition: &definition,
        host: &checked.host,
        begins_anew,
        due_at,
        now,
    };
    if !deps.scrapes.rewrite(seen, &rewrite).await? {
        return Ok(None);
    }
    Ok(Some(Scrape {
        definition,
        host: checked.host,
        updated_at: now,
        slot: Some(due_at),
        due_at: Some(due_at),
        run: None,
        checked_at: seen.checked_at.filter(|_| !begins_anew),
        status: seen.status.filter(|_| !begins_anew),
        failures: 0,
        ..seen.clone()
    }))
}

/// When a scrape is due that has another definition: at once where that looks at something else or a run was dropped for it,
/// when the schedule says so where that is another, and else as before.
fn due_at(
    seen: &Scrape,
    before: &Value,
    definition: &Definition,
    now: Timestamp,
) -> Result<Timestamp, Problem> {
    let after = serde_json::to_value(definition).map_err(Problem::internal)?;
    if is_another(before, &after) || seen.run.is_some() {
        return Ok(now);
    }
    let reschedules = ["schedule", "time_zone"];
    let slot = seen
        .slot
        .filter(|_| reschedules.iter().all(|key| before[key] == after[key]))
        .or_else(|| definition.schedule.next(None, now));
    // A schedule that is over is not taken.
    Ok(slot.unwrap_or(now))
}

/// Whether a definition looks at something else than before.
fn is_another(before: &Value, after: &Value) -> bool {
    ["url", "fields"]
        .iter()
        .any(|member| before[member] != after[member])
}

/// A time by which one version of a scrape is told from the one before it.
fn later(now: Timestamp, before: Timestamp) -> Timestamp {
    max(now, before + SignedDuration::from_millis(1))
}

fn text(checked: &Checked) -> Result<String, Problem> {
    serde_json::to_string(&checked.definition).map_err(Problem::internal)
}

/// A scrape with the secret of its webhook, where it has one.
async fn with_secret(deps: &Deps, scrape: &Scrape) -> Result<ScrapeView, Problem> {
    let mut view = ScrapeView::of(scrape)?;
    let webhook = view
        .definition
        .get("notify")
        .map(|notify| &notify["webhook"]);
    if let Some(url) = webhook.and_then(Value::as_str) {
        let url = Url::parse(url).map_err(Problem::internal)?;
        view.webhook_secret = Some(secret(deps, &scrape.tenant_id, &url).await?);
    }
    Ok(view)
}

async fn secret(deps: &Deps, tenant: &TenantId, url: &Url) -> Result<String, Problem> {
    let keys = deps.ring.current(deps.clock.now()).await?;
    Ok(WebhookSecret::of(&keys, tenant, url)?.expose())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_found_is_compared_as_long_as_the_same_is_looked_for() {
        let before = json!({
            "name": "a", "url": "https://a.example/", "schedule": "rate(1 day)", "time_zone": "UTC",
            "fields": {"price": {"css": "b", "type": "text", "locale": "en"}},
        });
        for (member, value, another) in [
            ("name", json!("b"), false),
            ("schedule", json!("rate(2 days)"), false),
            ("time_zone", json!("Europe/Berlin"), false),
            ("notify", json!({"on": ["change"]}), false),
            ("url", json!("https://b.example/"), true),
            ("fields", json!({}), true),
        ] {
            let mut after = before.clone();
            after[member] = value;
            assert_eq!(is_another(&before, &after), another, "{member}");
        }
    }

    #[test]
    fn no_version_has_the_time_of_the_one_before() {
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        assert_eq!(later(at(5), at(3)), at(5));
        assert_eq!(later(at(5), at(5)), at(6), "in the same millisecond");
        assert_eq!(later(at(5), at(9)), at(10), "with a clock that is behind");
    }
}
