//! Trying a definition out.

use std::time::Duration;

use domain::Timestamp;
use gateway::{Problem, Request, Response};
use scraping::{Definition, Results};
use serde::Serialize;
use utoipa::ToSchema;
use visit::{Error, Seen};

use crate::body::ScrapeDefinition;
use crate::view::{ErrorView, OutcomeView};
use crate::{Deps, MOST_BYTES, input};

/// How long a preview takes at the most, less than the 30 s of API Gateway: a fetch has 20 s, to which the wait for a turn comes.
const WAIT: Duration = Duration::from_secs(25);
/// How many of the next runs are shown.
const NEXT_RUNS: usize = 5;

/// What a definition would find now.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// Where the page was found, after all redirects.
    #[schema(required = true)]
    url: Option<String>,
    /// What each field says; null where the page can't be read.
    #[schema(value_type = Option<BTreeMap<String, OutcomeView>>, required = true)]
    fields: Option<Results>,
    /// Why a run would fail; null where it would not.
    #[schema(required = true)]
    error: Option<ErrorView>,
    /// The next five runs after the first, which comes at once; fewer where the schedule ends.
    #[schema(value_type = Vec<String>, max_items = 5)]
    next_runs: Vec<Timestamp>,
}

impl PreviewView {
    fn failed(error: ErrorView) -> Self {
        Self {
            url: None,
            fields: None,
            error: Some(error),
            next_runs: Vec::new(),
        }
    }
}

#[utoipa::path(post, path = "/scrapes/preview", tag = "scrapes", summary = "Try a definition out",
    description = "Looks at the page as a run would, and keeps nothing.", request_body = ScrapeDefinition,
    responses((status = 200, description = "What a run would find, or why it would fail", body = PreviewView)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    crate::caller(deps, request).await?;
    let now = deps.clock.now();
    let definition = input::read(&deps.fetcher, &request.json()?, now)?.definition;
    let looking = visit::look(&deps.fetcher, &deps.origins, &definition, None, &deps.clock);
    let looked = tokio::time::timeout(WAIT, looking).await;
    let seen = match looked {
        Ok(Err(Error::Database(error))) => return Err(error.into()),
        Ok(Ok(seen)) => shown(seen),
        Ok(Err(error)) => PreviewView::failed(error.told().into()),
        Err(_) => PreviewView::failed(ErrorView::new(
            "busy",
            "it took too long, with the pauses that the site wants or with others who look at its pages; try again later",
        )),
    };
    answer(PreviewView {
        next_runs: next_runs(&definition, now),
        ..seen
    })
}

fn shown(seen: Seen) -> PreviewView {
    let Seen::Page(read) = seen else {
        return PreviewView::failed(ErrorView::new(
            "broken_answer",
            "the site says that the page is unchanged, which nobody has asked",
        ));
    };
    let error = read.is_nothing().then(|| {
        ErrorView::new(
            "nothing_found",
            "nothing of what is looked for is there; each field says why",
        )
    });
    PreviewView {
        url: Some(read.url.into()),
        fields: Some(read.results),
        error,
        next_runs: Vec::new(),
    }
}

fn answer(view: PreviewView) -> Result<Response, Problem> {
    let text = serde_json::to_string(&view).map_err(Problem::internal)?;
    if text.len() <= MOST_BYTES {
        return Ok(crate::bytes("application/json", text));
    }
    let error = ErrorView::new("too_large", "what the page says is too much for an answer");
    Ok(Response::ok(&PreviewView {
        fields: None,
        error: Some(error),
        ..view
    }))
}

/// As they would come if the definition were stored now.
fn next_runs(definition: &Definition, now: Timestamp) -> Vec<Timestamp> {
    let upcoming = definition.schedule.upcoming(Some(now), now);
    upcoming.take(NEXT_RUNS).collect()
}

#[cfg(test)]
mod tests {
    use fetch::Url;
    use serde_json::{Value, json};
    use visit::Read;

    use super::*;

    fn seen(results: Value) -> PreviewView {
        shown(Seen::Page(Read {
            results: serde_json::from_value(results).unwrap(),
            url: Url::parse("https://shop.example/").unwrap(),
            validators: None,
        }))
    }

    #[test]
    fn a_page_without_all_that_is_looked_for_says_so_with_its_fields() {
        let missing = json!({"price": {"missing": {"code": "not_found", "message": "no"}}});
        let view = seen(missing.clone());
        assert_eq!(view.error.unwrap().code, "nothing_found");
        assert_eq!(serde_json::to_value(view.fields).unwrap(), missing);
    }

    #[test]
    fn a_page_with_a_part_of_it_is_no_failure() {
        let view = seen(json!({
            "price": {"value": 12.5}, "title": {"missing": {"code": "not_found", "message": "no"}},
        }));
        assert!(view.error.is_none(), "{view:?}");
    }

    #[test]
    fn what_is_too_much_for_an_answer_is_left_out() {
        let text = "\u{1}".repeat(MOST_BYTES / 6);
        let response = answer(seen(json!({"text": {"value": text}}))).unwrap();
        let answered = format!("{response:?}");
        assert!(answered.contains("too_large"), "{}", answered.len());
    }

    #[test]
    fn the_next_runs_are_five_and_follow_the_first() {
        let definition = json!({
            "name": "a", "url": "https://a.example/", "schedule": "cron(0 9 * * ? *)", "time_zone": "Europe/Berlin",
            "fields": {"a": {"css": "a"}},
        });
        let definition = Definition::parse(&definition).unwrap();
        // Three minutes after the first look is too soon.
        let runs = next_runs(&definition, "2026-03-27T07:57:00Z".parse().unwrap());
        let runs = serde_json::to_value(runs).unwrap();
        assert_eq!(
            runs,
            json!([
                "2026-03-28T08:00:00Z",
                "2026-03-29T07:00:00Z",
                "2026-03-30T07:00:00Z",
                "2026-03-31T07:00:00Z",
                "2026-04-01T07:00:00Z",
            ])
        );
    }
}
