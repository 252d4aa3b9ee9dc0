//! Deleting a scrape with all that it has found.

use domain::clock::SignedDuration;
use domain::scrape::RunResult;
use futures::StreamExt as _;
use gateway::{Problem, Request, Response};

use crate::{Deps, TOGETHER};

/// How long one request deletes: well before API Gateway gives up, which is after 30 s.
const WORKING: SignedDuration = SignedDuration::from_secs(20);

#[utoipa::path(delete, path = "/scrapes/{id}", tag = "scrapes", summary = "Delete a scrape",
    description = "Its results go with it. Where those are too many for one request it answers 503, and the same request goes on.",
    params(("id" = Uuid, Path, description = "The scrape")),
    responses((status = 204, description = "The scrape and its results are gone")))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let id = crate::owned(deps, request).await?.scrape_id;
    let began = deps.clock.now();
    // No run ends from here on, so that no result comes after those that are deleted.
    deps.scrapes.stop(id).await?;
    loop {
        let gone = deps.results.delete_some(id).await?;
        if gone.is_empty() {
            break;
        }
        delete_objects(deps, gone).await;
        if deps.clock.now().duration_since(began) > WORKING {
            return Err(Problem::in_doubt(
                "the scrape has stopped, and not all of its results are deleted yet; send the request again to go on",
            ));
        }
    }
    // Last, so that a request that broke off can be sent again.
    deps.scrapes.delete(id).await?;
    Ok(Response::no_content())
}

/// Deletes what is too large for rows. What is left here expires, as all that is in the bucket.
async fn delete_objects(deps: &Deps, results: Vec<RunResult>) {
    let large = results
        .into_iter()
        .filter(|result| result.content_bytes.is_some());
    futures::stream::iter(large)
        .for_each_concurrent(TOGETHER, |result| async move {
            let key = visit::key(&result);
            if let Err(error) = deps.bucket.delete(&key).await {
                tracing::error!(%error, key, "what a run has found was not deleted");
            }
        })
        .await;
}
