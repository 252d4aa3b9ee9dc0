//! `/scrapes`: a tenant's admins and back end say what is looked for on which page and when, try that out, have it done at
//! once, and read what was found.

mod body;
mod definitions;
mod delete;
mod export;
mod input;
mod period;
mod preview;
mod results;
mod run;
mod series;
mod view;

use std::sync::Arc;

use bucket::ScrapeBucket;
use domain::api_key::Scope;
use domain::scrape::{RunResult, Scrape};
use domain::{Clock, Random};
use fetch::Fetcher;
use gateway::{Callers, Principal, Problem, Request, Response};
use lambda_http::http::HeaderValue;
use queue::ScrapeQueue;
use repository::{Origins, ScrapeResults, Scrapes};
use scraping::Definition;
use token::KeyRing;
use uuid::Uuid;
use visit::{Content, Unreadable};

/// The most bytes of what runs have found in one answer. Such an answer goes its way as base64, a third longer, and with all
/// else that it has stays under the 6 MB that Lambda takes
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// How many objects are read or deleted together.
const TOGETHER: usize = 4;

gateway::deps! {
    callers: Callers,
    ring: KeyRing,
    scrapes: Scrapes,
    results: ScrapeResults,
    origins: Origins,
    queue: ScrapeQueue,
    bucket: ScrapeBucket,
    fetcher: Arc<Fetcher>,
    clock: Clock,
    random: Random,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /scrapes" => definitions::create(deps, &request).await,
        "GET /scrapes" => definitions::list(deps, &request).await,
        "GET /scrapes/{id}" => definitions::show(deps, &request).await,
        "PATCH /scrapes/{id}" => definitions::patch(deps, &request).await,
        "DELETE /scrapes/{id}" => delete::handle(deps, &request).await,
        "POST /scrapes/preview" => preview::handle(deps, &request).await,
        "POST /scrapes/{id}/run" => run::handle(deps, &request).await,
        "GET /scrapes/{id}/results" => results::list(deps, &request).await,
        "GET /scrapes/{id}/results/{timestamp}" => results::show(deps, &request).await,
        "GET /scrapes/{id}/results.csv" => export::csv(deps, &request).await,
        "GET /scrapes/{id}/results.json" => export::json(deps, &request).await,
        "GET /scrapes/{id}/series" => series::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// For whom the request is made.
async fn caller(deps: &Deps, request: &Request) -> Result<Principal, Problem> {
    deps.callers.admin_or_key(request, Scope::ScrapeWrite).await
}

/// The scrape that is asked for. Another tenant's can't be told from none.
async fn owned(deps: &Deps, request: &Request) -> Result<Scrape, Problem> {
    let id = request.path_parameter("id");
    let id = id.and_then(|id| Uuid::try_parse(id).ok());
    let scrape = async {
        match id {
            Some(id) => Ok(deps.scrapes.get(id).await?),
            None => Ok(None),
        }
    };
    let (principal, scrape) = futures::try_join!(caller(deps, request), scrape)?;
    scrape
        .filter(|scrape| scrape.tenant_id == principal.tenant.tenant_id)
        .ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::not_found("the tenant has no such scrape")
}

/// What a scrape looks for.
fn definition(scrape: &Scrape) -> Result<Definition, Problem> {
    serde_json::from_str(&scrape.definition).map_err(Problem::internal)
}

/// What a run has found; `None` where it found nothing, or where that is gone.
async fn content(deps: &Deps, result: &RunResult) -> Result<Option<Content>, Problem> {
    let content = Content::of(&deps.bucket, result).await;
    content.map_err(|error| match error {
        Unreadable::Bucket(_) => Problem::unavailable(error),
        Unreadable::Broken(_) => Problem::internal(error),
    })
}

/// How many bytes a run has found.
fn size(result: &RunResult) -> usize {
    let inline = result.content.as_ref().map(String::len);
    inline.or(result.content_bytes).unwrap_or_default()
}

/// An answer of at most [`MOST_BYTES`]: as bytes, because text could become several times as long on its way, in JSON within
/// JSON.
fn bytes(content_type: &'static str, text: String) -> Response {
    Response::content(HeaderValue::from_static(content_type), text.into_bytes())
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    definitions::create,
    definitions::list,
    definitions::show,
    definitions::patch,
    delete::handle,
    preview::handle,
    run::handle,
    results::list,
    results::show,
    export::csv,
    export::json,
    series::handle
))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, KEY, USER, document};

    const WHO: &[Code] = &[Code::Forbidden];
    const ONE: &[Code] = &[Code::Forbidden, Code::NotFound];
    const QUERY: &[Code] = &[Code::ValidationFailed];
    let read: &[_] = &[KEY, USER, ONE];
    let ask: &[_] = &[KEY, USER, ONE, QUERY];
    let act: &[_] = &[KEY, USER, COOKIE, ONE];
    document::<Api>(&[
        (
            "POST /scrapes",
            &[BODY, KEY, USER, COOKIE, WHO, &[Code::LimitReached]],
        ),
        ("GET /scrapes", &[KEY, USER, WHO, QUERY]),
        ("GET /scrapes/{id}", read),
        (
            "PATCH /scrapes/{id}",
            &[BODY, KEY, USER, COOKIE, ONE, &[Code::Conflict]],
        ),
        ("DELETE /scrapes/{id}", act),
        ("POST /scrapes/preview", &[BODY, KEY, USER, COOKIE, WHO]),
        ("POST /scrapes/{id}/run", act),
        ("GET /scrapes/{id}/results", ask),
        ("GET /scrapes/{id}/results/{timestamp}", read),
        ("GET /scrapes/{id}/results.csv", ask),
        ("GET /scrapes/{id}/results.json", ask),
        ("GET /scrapes/{id}/series", ask),
    ])
}
