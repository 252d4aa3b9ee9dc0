//! Looking at a page at once.

use domain::Timestamp;
use domain::scrape::ScrapeJob;
use gateway::{Problem, Request, Response};
use lambda_http::http::StatusCode;
use queue::QueuedRun;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// The run is queued.
#[derive(Serialize, ToSchema)]
pub struct RunAnswer {
    /// Names the run among the results.
    #[schema(value_type = String, format = "date-time")]
    run: Timestamp,
}

#[utoipa::path(post, path = "/scrapes/{id}/run", tag = "scrapes", summary = "Look at the page at once",
    description = "The run that is under way, where there is one, is that run. It has a result even if the page is unchanged.",
    params(("id" = Uuid, Path, description = "The scrape")),
    responses((status = 202, description = "The page is looked at when it is its host's turn", body = RunAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let id = crate::owned(deps, request).await?.scrape_id;
    let now = deps.clock.now();
    let taken = deps.scrapes.run_now(id, now).await?;
    let scrape = taken.ok_or_else(crate::unknown)?;
    let run = scrape.run.unwrap_or(now);
    let queued = QueuedRun {
        job: ScrapeJob { scrape_id: id, run },
        host: scrape.host,
        taken_at: now,
    };
    let refused = match deps.queue.send(&[queued]).await {
        Ok(refused) => !refused.is_empty(),
        Err(error) => {
            tracing::error!(%error, request_id = request.id(), "a run was not queued");
            true
        }
    };
    if refused {
        deps.scrapes.release(id, run, now).await?;
        return Err(Problem::in_doubt(
            "the queue did not answer; the page is looked at as soon as it does",
        ));
    }
    Ok(Response::json(StatusCode::ACCEPTED, &RunAnswer { run }))
}
