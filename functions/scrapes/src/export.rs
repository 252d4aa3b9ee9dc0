//! Results as files for other programs.

use domain::Timestamp;
use domain::scrape::{RunResult, RunStatus, Scrape};
use futures::{StreamExt as _, TryStreamExt as _};
use gateway::{Input, Problem, Request, Response};
use lambda_http::http::{HeaderValue, header};
use repository::scrape_results::Period;
use scraping::{Definition, Missing, Outcome, Results, Run, to_csv, to_json};
use uuid::Uuid;

use crate::period::{self, PeriodQuery};
use crate::results::Room;
use crate::view::ExportedRun;
use crate::{Deps, MOST_BYTES, TOGETHER};

/// The most rows of a file: as many as results are kept.
const MOST_ROWS: usize = 5_000;

/// How the runs are written down.
#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// As [RFC 4180 §3](https://www.rfc-editor.org/rfc/rfc4180#section-3) and RFC 8259 name them.
    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    fn write(self, definition: &Definition, rows: &[Row]) -> Result<String, Problem> {
        let runs: Vec<Run<'_>> = rows.iter().map(Row::run).collect();
        let written = match self {
            Self::Csv => to_csv(definition.fields.keys().map(String::as_str), &runs),
            Self::Json => to_json(&runs),
        };
        written.map_err(Problem::internal)
    }
}

/// What a complete run has found.
#[derive(Debug)]
struct Row {
    timestamp: Timestamp,
    data: Results,
}

impl Row {
    fn run(&self) -> Run<'_> {
        Run {
            timestamp: self.timestamp,
            data: &self.data,
        }
    }
}

#[utoipa::path(get, path = "/scrapes/{id}/results.csv", tag = "scrapes", summary = "Export what was found as CSV",
    description = "The complete results, newest first, with a column for the time and one for each field of the definition as it is. A missing \
        field is an empty cell, the values of a field that takes all are lines of one cell, and text that a spreadsheet could take for a \
        formula has an apostrophe before it. A file has at most 5,000 rows and 4 MiB; where there is more, `Link` says where.",
    params(("id" = Uuid, Path, description = "The scrape"), PeriodQuery),
    responses((status = 200, description = "A file as RFC 4180 has it", body = String, content_type = "text/csv",
        headers(
            ("content-disposition" = String, description = "The name of the file"),
            ("link" = Option<String>, description = "Where the file goes on: `rel=\"next\"`")))))]
pub async fn csv(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    export(deps, request, Format::Csv).await
}

#[utoipa::path(get, path = "/scrapes/{id}/results.json", tag = "scrapes", summary = "Export what was found as JSON",
    description = "The complete results, newest first. A file has at most 5,000 of them and 4 MiB; where there is more, `Link` says where.",
    params(("id" = Uuid, Path, description = "The scrape"), PeriodQuery),
    responses((status = 200, description = "A list of runs", body = Vec<ExportedRun>,
        headers(
            ("content-disposition" = String, description = "The name of the file"),
            ("link" = Option<String>, description = "Where the file goes on: `rel=\"next\"`")))))]
pub async fn json(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    export(deps, request, Format::Json).await
}

async fn export(deps: &Deps, request: &Request, format: Format) -> Result<Response, Problem> {
    let scrape = crate::owned(deps, request).await?;
    let mut input = Input::new();
    input.only(request, &["from", "before"]);
    let period = period::read(request, &mut input);
    input.finish(())?;
    let definition = crate::definition(&scrape)?;
    let (results, mut more) = complete(deps, &scrape, period).await?;
    let mut rows: Vec<Row> = futures::stream::iter(results)
        .map(|result| row(deps, &definition, result))
        .buffered(TOGETHER)
        .try_collect()
        .await?;
    let found = rows.len();
    let text = fit(format, &definition, &mut rows)?;
    more |= rows.len() < found;

    let id = scrape.scrape_id;
    let name = format!(
        "attachment; filename=\"scrape-{id}.{}\"",
        format.extension()
    );
    let name = HeaderValue::try_from(name).map_err(Problem::internal)?;
    let response = crate::bytes(format.media_type(), text);
    let response = response.with_header(header::CONTENT_DISPOSITION, name);
    match rows.last().filter(|_| more) {
        Some(last) => {
            let link = next(id, format, period, last.timestamp);
            let link = HeaderValue::try_from(link).map_err(Problem::internal)?;
            Ok(response.with_header(header::LINK, link))
        }
        None => Ok(response),
    }
}

/// The complete results of a period that there is room for, and whether there are more.
async fn complete(
    deps: &Deps,
    scrape: &Scrape,
    period: Period,
) -> Result<(Vec<RunResult>, bool), Problem> {
    let mut room = Room::new(MOST_ROWS);
    let take = |result: &RunResult| {
        // What is too large for any file takes no room in one.
        let size = Some(crate::size(result)).filter(|size| *size <= MOST_BYTES);
        !is_complete(result) || room.take(size.unwrap_or_default())
    };
    let (mut results, more) = deps
        .results
        .list(scrape.scrape_id, period, deps.clock.now(), take)
        .await?;
    results.retain(is_complete);
    Ok((results, more))
}

pub(crate) fn is_complete(result: &RunResult) -> bool {
    result.status == RunStatus::Complete
}

async fn row(deps: &Deps, definition: &Definition, result: RunResult) -> Result<Row, Problem> {
    let timestamp = result.timestamp;
    let data = if crate::size(&result) > MOST_BYTES {
        too_large(definition)
    } else {
        let content = crate::content(deps, &result).await?;
        content.map_or_else(
            || missing(definition, "gone", "what was found is no longer kept"),
            |content| content.data,
        )
    };
    Ok(Row { timestamp, data })
}

/// As many of the rows as fit into an answer, written down. They can take more room there than where they are kept.
fn fit(format: Format, definition: &Definition, rows: &mut Vec<Row>) -> Result<String, Problem> {
    loop {
        let text = format.write(definition, rows)?;
        if text.len() <= MOST_BYTES {
            return Ok(text);
        }
        match rows.as_mut_slice() {
            [only] => only.data = too_large(definition),
            _ => rows.truncate(rows.len() / 2),
        }
    }
}

fn too_large(definition: &Definition) -> Results {
    let message = "what was found is too much for a file";
    missing(definition, "too_large", message)
}

/// A row that says for each field why it is not there.
fn missing(definition: &Definition, code: &'static str, message: &str) -> Results {
    let why = Missing {
        code: code.into(),
        message: message.to_owned(),
    };
    let fields = definition.fields.keys();
    fields
        .map(|field| (field.clone(), Outcome::Missing(why.clone())))
        .collect()
}

/// The file that goes on where this one ends.
fn next(id: Uuid, format: Format, period: Period, last: Timestamp) -> String {
    let extension = format.extension();
    let from = period.from.map(|from| format!("from={from}&"));
    let from = from.unwrap_or_default();
    format!("</scrapes/{id}/results.{extension}?{from}before={last}>; rel=\"next\"")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> Definition {
        let fields = json!({"price": {"pointer": "/p", "all": true, "type": "number"}, "title": {"pointer": "/t"}});
        let definition = json!({
            "name": "a", "url": "https://a.example/", "schedule": "rate(1 day)", "fields": fields,
        });
        Definition::parse(&definition).unwrap()
    }

    fn rows(data: &serde_json::Value, count: usize) -> Vec<Row> {
        let row = |number| Row {
            timestamp: Timestamp::from_second(number).unwrap(),
            data: serde_json::from_value(data.clone()).unwrap(),
        };
        (0..count)
            .map(|number| row(i64::try_from(number).unwrap()))
            .collect()
    }

    #[test]
    fn all_rows_are_written_where_they_fit() {
        let mut rows = rows(&json!({"title": {"value": "x"}}), MOST_ROWS);
        let csv = fit(Format::Csv, &definition(), &mut rows).unwrap();
        assert_eq!(rows.len(), MOST_ROWS);
        assert_eq!(csv.lines().count(), MOST_ROWS + 1);
        assert!(csv.starts_with("timestamp,price,title\r\n1970-01-01T00:00:00Z,,x\r\n"));
    }

    #[test]
    fn numbers_that_are_long_in_csv_only_do_not_burst_a_file() {
        // Kept in 5 bytes each, written in 301.
        let mut rows = rows(&json!({"price": {"value": vec![1e300; 1_000]}}), 100);
        let csv = fit(Format::Csv, &definition(), &mut rows).unwrap();
        assert!(csv.len() <= MOST_BYTES, "{}", csv.len());
        assert_eq!(rows.len(), 12, "half as often as it takes");
    }

    #[test]
    fn a_row_that_fits_into_no_file_says_so() {
        let text = "x".repeat(MOST_BYTES);
        let mut rows = rows(&json!({"title": {"value": text}}), 1);
        let json = fit(Format::Json, &definition(), &mut rows).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[0]["data"]["title"]["missing"]["code"], "too_large");
        assert_eq!(json[0]["data"]["price"]["missing"]["code"], "too_large");
    }

    #[test]
    fn the_next_file_has_the_same_beginning_and_ends_before_the_last_row() {
        let at = |text: &str| text.parse().unwrap();
        let last = at("2026-05-02T10:00:00.123Z");
        let period = Period {
            from: Some(at("2026-05-01T00:00:00+02:00")),
            before: Some(at("2026-05-03T00:00:00Z")),
        };
        assert_eq!(
            next(Uuid::nil(), Format::Csv, period, last),
            "</scrapes/00000000-0000-0000-0000-000000000000/results.csv?from=2026-04-30T22:00:00Z&before=2026-05-02T10:00:00.123Z>; rel=\"next\""
        );
        let link = next(Uuid::nil(), Format::Json, Period::default(), last);
        assert!(
            link.contains("/results.json?before=2026-05-02T10:00:00.123Z>"),
            "{link}"
        );
    }
}
