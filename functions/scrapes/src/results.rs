//! What the runs of a scrape have found.

use domain::Timestamp;
use domain::scrape::RunResult;
use gateway::{Input, Page, Paging, Problem, Request, Response};
use repository::scrape_results::Period;

use crate::definitions::PageQuery;
use crate::period::{self, PeriodQuery};
use crate::view::{ErrorView, ResultView};
use crate::{Deps, MOST_BYTES};

#[utoipa::path(get, path = "/scrapes/{id}/results", tag = "scrapes", summary = "List what was found",
    description = "Newest first, beginning with the run that is under way. A page ends early where its data would be more than an answer holds.",
    params(("id" = Uuid, Path, description = "The scrape"), PageQuery, PeriodQuery),
    responses((status = 200, description = "The runs with their data", body = Page<ResultView>)))]
pub async fn list(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let scrape = crate::owned(deps, request).await?;
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let name = format!("results of {}", scrape.scrape_id);
    let mut input = Input::new();
    input.only(request, &["limit", "cursor", "from", "before"]);
    let asked = period::read(request, &mut input);
    input.finish(())?;
    let paging = Paging::of(request, &keys, &name, now)?;
    let is_first = paging.after.is_none();
    let pending = scrape.run.filter(|run| is_first && asked.holds(*run));
    let period = Period {
        before: paging.after.as_deref().and_then(position).or(asked.before),
        ..asked
    };
    let mut room = Room::new(paging.limit - usize::from(pending.is_some()));
    let take = |result: &RunResult| room.take(inline(result));
    let (results, more) = deps
        .results
        .list(scrape.scrape_id, period, now, take)
        .await?;

    let mut items = Vec::new();
    for result in results {
        items.push(listed(deps, result).await?);
    }
    // It has ended while the results were read.
    let has_ended = items.first().map(|newest| newest.timestamp) == pending;
    if let Some(run) = pending.filter(|_| !has_ended) {
        items.insert(0, ResultView::pending(run));
    }
    let last = items.last().map(|item| item.timestamp);
    let next_cursor = last
        .filter(|_| more)
        .map(|last| token::cursor::seal(&keys, &name, &last.as_millisecond().to_string(), now))
        .transpose()?;
    let page = Page { items, next_cursor };
    let text = serde_json::to_string(&page).map_err(Problem::internal)?;
    Ok(crate::bytes("application/json", text))
}

/// Where a page ended.
fn position(cursor: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(cursor.parse().ok()?).ok()
}

fn inline(result: &RunResult) -> usize {
    result.content.as_ref().map_or(0, String::len)
}

async fn listed(deps: &Deps, result: RunResult) -> Result<ResultView, Problem> {
    if result.content_bytes.is_some() {
        return Ok(ResultView::elsewhere(result));
    }
    let content = crate::content(deps, &result).await?;
    Ok(ResultView::of(result, content))
}

/// What an answer has room for: so many results, and so many bytes of them.
#[derive(Debug)]
pub(crate) struct Room {
    results: usize,
    bytes: usize,
    is_empty: bool,
}

impl Room {
    /// Room for so many results.
    pub(crate) fn new(results: usize) -> Self {
        Self {
            results,
            bytes: MOST_BYTES,
            is_empty: true,
        }
    }

    /// Whether there is room for one more of so many bytes, which is taken then. The first has room whatever its bytes, so
    /// that every answer leads on.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let fits = self.results > 0 && (self.is_empty || bytes <= self.bytes);
        if fits {
            self.results -= 1;
            self.bytes = self.bytes.saturating_sub(bytes);
            self.is_empty = false;
        }
        fits
    }
}

#[utoipa::path(get, path = "/scrapes/{id}/results/{timestamp}", tag = "scrapes", summary = "Read what a run has found",
    description = "With its data, even where that is too large for a list. More than 4 MiB is too large for an answer as well: `error` says \
        `too_large` then.",
    params(("id" = Uuid, Path, description = "The scrape"),
        ("timestamp" = String, Path, description = "The run, as the list has it, or in milliseconds since 1970", example = "2026-05-01T10:00:00.123Z")),
    responses((status = 200, description = "The run", body = ResultView)))]
pub async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let scrape = crate::owned(deps, request).await?;
    let unknown = || Problem::not_found("the scrape has no such result");
    let run = request.path_parameter("timestamp").and_then(timestamp);
    let run = run.ok_or_else(unknown)?;
    let result = deps.results.get(scrape.scrape_id, run, deps.clock.now());
    let view = match result.await? {
        Some(result) => whole(deps, result).await?,
        None if scrape.run == Some(run) => ResultView::pending(run),
        None => return Err(unknown()),
    };
    let text = serde_json::to_string(&view).map_err(Problem::internal)?;
    Ok(crate::bytes("application/json", text))
}

/// A time in RFC 3339 or in milliseconds since 1970.
fn timestamp(text: &str) -> Option<Timestamp> {
    match text.parse() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

async fn whole(deps: &Deps, result: RunResult) -> Result<ResultView, Problem> {
    let size = crate::size(&result);
    if size > MOST_BYTES {
        let message = format!("what was found has {size} bytes, more than an answer holds");
        let error = ErrorView::new("too_large", message);
        return Ok(ResultView::without(result, error));
    }
    match crate::content(deps, &result).await? {
        None if size > 0 => {
            let error = ErrorView::new("gone", "what was found is no longer kept");
            Ok(ResultView::without(result, error))
        }
        content => Ok(ResultView::of(result, content)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_room_for_so_many_results_and_bytes() {
        let mut room = Room::new(2);
        assert_eq!([0, 0, 0].map(|bytes| room.take(bytes)), [true, true, false]);
        let mut room = Room::new(10);
        assert!(room.take(MOST_BYTES - 1));
        assert!(!room.take(2), "more than is left");
        assert!(room.take(1), "what is left");
        assert!(!room.take(1), "nothing is left");
    }

    #[test]
    fn the_first_result_has_room_unless_there_is_room_for_none() {
        let mut room = Room::new(10);
        assert!(room.take(MOST_BYTES + 1));
        assert!(!room.take(1));
        assert!(!Room::new(0).take(0));
    }

    #[test]
    fn a_run_is_named_by_its_time_in_two_ways() {
        let run = Timestamp::from_millisecond(1_777_629_600_123).unwrap();
        assert_eq!(timestamp("2026-05-01T10:00:00.123Z"), Some(run));
        assert_eq!(timestamp("1777629600123"), Some(run));
        for other in ["", "latest", "2026-05-01", "99999999999999999"] {
            assert_eq!(timestamp(other), None, "{other}");
        }
    }
}
