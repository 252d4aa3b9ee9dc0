//! A number over time.

use domain::clock::SignedDuration;
use domain::scrape::{RunResult, Scrape};
use domain::series::Day;
use domain::{Invalid, Timestamp};
use futures::{StreamExt as _, TryStreamExt as _};
use gateway::{Input, Problem, Request, Response};
use repository::scrape_results::Period;
use scraping::{Definition, Kind, numbers};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::export::is_complete;
use crate::period::{self, PeriodQuery};
use crate::results::Room;
use crate::{Deps, TOGETHER};

/// How far back a series goes unless told.
const USUAL: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many results are read together.
const MOST_READ: usize = 500;
/// How many bytes of results are read for a series: a few seconds' work, where API Gateway waits 30.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Of which field.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
pub(crate) struct FieldQuery {
    /// A field of the type `number` that doesn't take all.
    field: String,
}

/// A number over time, by day.
#[derive(Serialize, ToSchema)]
pub struct SeriesView {
    /// The field.
    #[schema(example = "price")]
    field: String,
    /// The zone that the days are of.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// Since when its numbers are read: later than asked for where there is more to read than one answer has time for.
    #[schema(value_type = String, format = "date-time")]
    from: Timestamp,
    /// The days that have numbers, the earliest first.
    #[schema(value_type = Vec<DayView>)]
    days: Vec<Day>,
    /// The same in words.
    #[schema(example = "price: 14.9 on 2026-05-01, 12.9 on 2026-05-31; lowest 12.9, highest 15.9")]
    summary: String,
}

/// The numbers of a day.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents answers")]
pub struct DayView {
    #[schema(format = "date", example = "2026-05-01")]
    date: String,
    min: f64,
    max: f64,
    /// The arithmetic mean.
    mean: f64,
    /// How many numbers there were.
    count: u32,
}

#[utoipa::path(get, path = "/scrapes/{id}/series", tag = "scrapes", summary = "Read a number over time",
    description = "By day, in the definition's time zone; of the last 90 days unless told.",
    params(("id" = Uuid, Path, description = "The scrape"), FieldQuery, PeriodQuery),
    responses((status = 200, description = "The days that have numbers", body = SeriesView)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let scrape = crate::owned(deps, request).await?;
    let definition = crate::definition(&scrape)?;
    let mut input = Input::new();
    input.only(request, &["field", "from", "before"]);
    let field = field(&definition, request.query("field"));
    let field = field.map_err(|error| input.refuse("field", error)).ok();
    let period = period::read(request, &mut input);
    let field = input.finish(field)?;

    let from = period.from.unwrap_or_else(|| {
        let end = period.before.unwrap_or_else(|| deps.clock.now());
        end.checked_sub(USUAL).unwrap_or(Timestamp::UNIX_EPOCH)
    });
    let (numbers, from) = read(deps, &scrape, field, from, period.before).await?;
    let zone = definition.schedule.zone();
    let days = chart::by_day(numbers, zone.time_zone());
    Ok(Response::ok(&SeriesView {
        summary: chart::summary(&days, field),
        field: field.to_owned(),
        time_zone: zone.name().to_owned(),
        from,
        days,
    }))
}

/// A field that has one number.
fn field<'a>(definition: &'a Definition, name: Option<&str>) -> Result<&'a str, Invalid> {
    let name = name.ok_or_else(|| Invalid::new("required", "is required"))?;
    let known = definition.fields.get_key_value(name);
    let (name, field) =
        known.ok_or_else(|| Invalid::new("unknown", "is no field of the scrape"))?;
    if field.kind != Kind::Number || field.all {
        return Err(Invalid::new(
            "not_a_number",
            "must be of the type number, and not take all",
        ));
    }
    Ok(name)
}

/// The numbers since a time, a part after the other so that not all results are in memory together; and the time since which
/// they were read.
async fn read(
    deps: &Deps,
    scrape: &Scrape,
    field: &str,
    from: Timestamp,
    before: Option<Timestamp>,
) -> Result<(Vec<(Timestamp, f64)>, Timestamp), Problem> {
    let (mut found, mut bytes, mut before) = (Vec::new(), 0, before);
    loop {
        let mut room = Room::new(MOST_READ);
        let period = Period {
            from: Some(from),
            before,
        };
        let (mut results, more) = deps
            .results
            .list(scrape.scrape_id, period, deps.clock.now(), |result| {
                room.take(crate::size(result))
            })
            .await?;
        let oldest = results.last().map(|result| result.timestamp);
        bytes += results.iter().map(crate::size).sum::<usize>();
        results.retain(is_complete);
        found.append(&mut numbers_of(deps, results, field).await?);
        match oldest.filter(|_| more) {
            None => return Ok((found, from)),
            Some(oldest) if bytes >= MOST_BYTES => return Ok((found, oldest)),
            // There is an older one, so that the period is not empty.
            oldest => before = oldest,
        }
    }
}

async fn numbers_of(
    deps: &Deps,
    results: Vec<RunResult>,
    field: &str,
) -> Result<Vec<(Timestamp, f64)>, Problem> {
    let parts: Vec<Vec<(Timestamp, f64)>> = futures::stream::iter(results)
        .map(|result| async move {
            let content = crate::content(deps, &result).await?;
            let run = content
                .as_ref()
                .map(|content| (result.timestamp, &content.data));
            Ok::<_, Problem>(numbers(run, field).collect())
        })
        .buffered(TOGETHER)
        .try_collect()
        .await?;
    Ok(parts.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_series_is_of_a_field_that_has_one_number() {
        let definition = Definition::parse(&json!({
            "name": "a", "url": "https://a.example/", "schedule": "rate(1 day)",
            "fields": {
                "price": {"css": "p", "type": "number"},
                "prices": {"css": "p", "type": "number", "all": true},
                "title": {"css": "h1"},
            },
        }));
        let definition = definition.unwrap();
        let code = |name| field(&definition, name).map_err(|error| error.code);
        assert_eq!(code(Some("price")), Ok("price"));
        assert_eq!(code(Some("prices")), Err("not_a_number"));
        assert_eq!(code(Some("title")), Err("not_a_number"));
        assert_eq!(code(Some("Price")), Err("unknown"));
        assert_eq!(code(None), Err("required"));
    }
}
