//! What clients see of a scrape and of its runs.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::scrape::{RunError, RunResult, RunStatus, Scrape};
use gateway::Problem;
use scraping::{Change, Results};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;
use visit::Content;

use crate::body::ScrapeDefinition;

/// A scrape: its definition, and where its runs are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScrapeView {
    /// Names it.
    pub scrape_id: Uuid,
    /// What is looked for, with the defaults filled in.
    #[serde(flatten)]
    #[schema(value_type = ScrapeDefinition)]
    pub definition: Map<String, Value>,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    /// When its definition was written last.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Timestamp,
    /// When the page is looked at next: null while that is being done, and where the schedule has no more times.
    #[schema(value_type = Option<String>, format = "date-time", required = true)]
    pub next_run_at: Option<Timestamp>,
    /// Whether a run waits for its turn, or is being done.
    pub running: bool,
    /// How the last run went; null where there was none.
    #[schema(required = true)]
    pub last: Option<LastRunView>,
    /// How many results there have been. The newest 5,000 are kept, for 400 days.
    pub results: u64,
    /// By what the receiver of the webhook knows that a message is from here; not in lists, and not without a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "whsec_…")]
    pub webhook_secret: Option<String>,
}

/// How the last run went.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastRunView {
    /// When the page was looked at.
    #[schema(value_type = String, format = "date-time")]
    pub checked_at: Timestamp,
    /// `COMPLETE` or `FAILED`; null since the definition looks at something else, and `PENDING` while the site wants to be left
    /// alone.
    #[schema(value_type = Option<String>, required = true)]
    pub status: Option<RunStatus>,
    /// How many runs in a row have failed. After three the page is looked at less often, at least once a day.
    pub failures: u32,
}

impl ScrapeView {
    /// A scrape, without what is secret.
    ///
    /// # Errors
    /// 500 for a row whose definition is no JSON object.
    pub fn of(scrape: &Scrape) -> Result<Self, Problem> {
        let last = scrape.checked_at.map(|checked_at| LastRunView {
            checked_at,
            status: scrape.status,
            failures: scrape.failures,
        });
        Ok(Self {
            scrape_id: scrape.scrape_id,
            definition: serde_json::from_str(&scrape.definition).map_err(Problem::internal)?,
            created_at: scrape.created_at,
            updated_at: scrape.updated_at,
            // What a run under way is due at is when it would be taken again, should it get lost.
            next_run_at: scrape.due_at.filter(|_| scrape.run.is_none()),
            running: scrape.run.is_some(),
            last,
            results: scrape.results,
            webhook_secret: None,
        })
    }
}

/// What came of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Names the run: when it was taken.
    #[schema(value_type = String, format = "date-time")]
    pub timestamp: Timestamp,
    /// `PENDING`, `COMPLETE` or `FAILED`.
    #[schema(value_type = String)]
    pub status: RunStatus,
    /// Where the page was found, after all redirects.
    #[schema(required = true)]
    pub url: Option<String>,
    /// What each field says.
    #[schema(value_type = Option<BTreeMap<String, OutcomeView>>, required = true)]
    pub data: Option<Results>,
    /// Where the data is that is too large for a list.
    #[schema(required = true)]
    pub data_url: Option<String>,
    /// Whether the page said something else before; null where `data_url` says where to look.
    #[schema(required = true)]
    pub changed: Option<bool>,
    /// The fields that said something else before.
    #[schema(value_type = Vec<ChangeView>)]
    pub changes: Vec<Change>,
    /// Why there is no data.
    #[schema(required = true)]
    pub error: Option<ErrorView>,
}

impl ResultView {
    /// A run that has not ended.
    pub fn pending(run: Timestamp) -> Self {
        Self {
            timestamp: run,
            status: RunStatus::Pending,
            url: None,
            data: None,
            data_url: None,
            changed: Some(false),
            changes: Vec::new(),
            error: None,
        }
    }

    /// A run with what it has found.
    pub fn of(result: RunResult, content: Option<Content>) -> Self {
        let blank = Self {
            status: result.status,
            error: result.error.map(ErrorView::from),
            ..Self::pending(result.timestamp)
        };
        match content {
            Some(content) => Self {
                url: Some(content.url.into()),
                data: Some(content.data),
                changed: Some(!content.changes.is_empty()),
                changes: content.changes,
                ..blank
            },
            None => blank,
        }
    }

    /// A run whose data is elsewhere.
    pub fn elsewhere(result: RunResult) -> Self {
        let data_url = path(&result);
        Self {
            data_url: Some(data_url),
            changed: None,
            ..Self::of(result, None)
        }
    }

    /// A run whose data is not there, for a reason that has nothing to do with the page.
    pub fn without(result: RunResult, error: ErrorView) -> Self {
        Self {
            changed: None,
            error: Some(error),
            ..Self::of(result, None)
        }
    }
}

/// Where one result is.
fn path(result: &RunResult) -> String {
    format!("/scrapes/{}/results/{}", result.scrape_id, result.timestamp)
}

/// Why something failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorView {
    /// For programs, such as `timeout`.
    #[schema(example = "timeout")]
    pub code: String,
    /// For people.
    pub message: String,
}

impl ErrorView {
    /// An error.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl From<RunError> for ErrorView {
    fn from(error: RunError) -> Self {
        Self::new(&error.code, error.message)
    }
}

/// What a field says, or why it says nothing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "documents answers")]
pub enum OutcomeView {
    /// The field was found.
    Value(ValueView),
    /// The field was not found, or isn't what its type asks for.
    Missing(ErrorView),
}

/// One value, or all of them for a field that takes all.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents answers")]
pub enum ValueView {
    /// The first that was found.
    One(ItemView),
    /// All that were found.
    All(Vec<ItemView>),
}

/// A number of a field of the type `number`; else text: a time in RFC 3339 or a day of a `date`, an absolute `url`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents answers")]
pub enum ItemView {
    /// A number.
    Number(f64),
    /// Anything else.
    Text(String),
}

/// A complete run in an export.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents answers")]
pub struct ExportedRun {
    /// When the page was looked at.
    #[schema(format = "date-time")]
    timestamp: String,
    /// What each field said.
    data: BTreeMap<String, OutcomeView>,
}

/// A field that says something else than before.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents answers")]
pub struct ChangeView {
    /// Its name.
    field: String,
    /// What it said; null if it was missing.
    #[schema(required = true)]
    before: Option<ValueView>,
    /// What it says; null if it is missing.
    #[schema(required = true)]
    after: Option<ValueView>,
    /// For long texts and lists: the lines that went and came, in the unified format without its header.
    #[schema(required = false)]
    diff: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scrape(members: &Value) -> Scrape {
        let mut scrape = json!({
            "scrape_id": "0197f0b0-0000-7000-8000-000000000000", "tenant_id": "acme#shop",
            "definition": r#"{"name":"Prices"}"#, "host": "example.com", "created_at": 0, "updated_at": 0,
        });
        for (name, value) in members.as_object().unwrap() {
            scrape[name] = value.clone();
        }
        serde_json::from_value(scrape).unwrap()
    }

    fn shown(members: &Value) -> Value {
        serde_json::to_value(ScrapeView::of(&scrape(members)).unwrap()).unwrap()
    }

    #[test]
    fn a_scrape_shows_its_definition_and_its_runs() {
        let view = shown(
            &json!({"due_at": 60_000, "checked_at": 30_000, "status": "FAILED", "failures": 2, "results": 7}),
        );
        let expected = json!({
            "scrape_id": "0197f0b0-0000-7000-8000-000000000000",
            "name": "Prices",
            "created_at": "1970-01-01T00:00:00Z",
            "updated_at": "1970-01-01T00:00:00Z",
            "next_run_at": "1970-01-01T00:01:00Z",
            "running": false,
            "last": {"checked_at": "1970-01-01T00:00:30Z", "status": "FAILED", "failures": 2},
            "results": 7,
        });
        assert_eq!(view, expected);
    }

    #[test]
    fn the_time_at_which_a_run_would_be_lost_is_not_that_of_the_next() {
        let view = shown(&json!({"due_at": 60_000, "run": 0}));
        assert_eq!(
            (&view["running"], &view["next_run_at"]),
            (&json!(true), &Value::Null)
        );
    }

    #[test]
    fn a_row_without_a_definition_is_our_mistake() {
        for broken in ["", "[]", "{"] {
            let problem = ScrapeView::of(&scrape(&json!({"definition": broken}))).unwrap_err();
            assert_eq!(problem.status().as_u16(), 500, "{broken}");
        }
    }

    fn result(members: &Value) -> RunResult {
        let mut result = json!({
            "scrape_id": "0197f0b0-0000-7000-8000-000000000000", "timestamp": 1_123, "number": 1, "status": "COMPLETE", "ttl": 0,
        });
        for (name, value) in members.as_object().unwrap() {
            result[name] = value.clone();
        }
        serde_json::from_value(result).unwrap()
    }

    #[test]
    fn a_result_shows_what_was_found_and_whether_it_has_changed() {
        let content = |changes: Value| {
            let content = json!({"url": "https://a.example/", "data": {"a": {"value": 1.5}}, "changes": changes});
            Some(serde_json::from_value(content).unwrap())
        };
        let same = ResultView::of(result(&json!({})), content(json!([])));
        assert_eq!(
            serde_json::to_value(same).unwrap(),
            json!({
                "timestamp": "1970-01-01T00:00:01.123Z", "status": "COMPLETE", "url": "https://a.example/",
                "data": {"a": {"value": 1.5}}, "data_url": null, "changed": false, "changes": [], "error": null,
            })
        );
        let change = json!([{"field": "a", "before": 1.0, "after": 1.5}]);
        let changed = ResultView::of(result(&json!({})), content(change.clone()));
        assert_eq!(changed.changed, Some(true));
        assert_eq!(serde_json::to_value(changed.changes).unwrap(), change);
    }

    #[test]
    fn data_that_is_elsewhere_has_its_address_and_makes_no_claim() {
        let view = ResultView::elsewhere(result(&json!({"content_bytes": 400_000})));
        let address =
            "/scrapes/0197f0b0-0000-7000-8000-000000000000/results/1970-01-01T00:00:01.123Z";
        assert_eq!(view.data_url.as_deref(), Some(address));
        assert_eq!(view.changed, None);
    }

    #[test]
    fn a_failure_shows_its_reason() {
        let failed = result(
            &json!({"status": "FAILED", "error": {"code": "timeout", "message": "too slow"}}),
        );
        let view = serde_json::to_value(ResultView::of(failed, None)).unwrap();
        assert_eq!(
            view["error"],
            json!({"code": "timeout", "message": "too slow"})
        );
        assert_eq!(
            (&view["data"], &view["changed"]),
            (&Value::Null, &json!(false))
        );
    }
}
