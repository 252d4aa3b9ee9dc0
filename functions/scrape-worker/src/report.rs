//! The mail about a run, with a chart.

use domain::clock::SignedDuration;
use domain::mail::{EmailJob, Template};
use domain::scrape::Scrape;
use domain::series::{Day, Series};
use domain::{Email, Timestamp};
use repository::scrape_results::Period;
use scraping::{Definition, Event, Field, Kind, numbers};
use visit::Content;

use crate::notice::Notice;
use crate::{Deps, Error};

/// How far back a chart goes.
const CHARTED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many results are read for a chart: each hour's of a month.
const MOST_RESULTS: usize = 720;
/// How many bytes of results are read for a chart.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// What a text of a mail holds, in characters.
const MAX_TEXT: usize = 10_000;
/// What a line of a mail holds, in characters.
const MAX_LINE: usize = 200;
/// Characters at the end of a text that was cut.
const CUT: &str = "…";

/// The mail about a run.
pub(crate) async fn report(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    notice: &Notice,
    to: Email,
) -> Result<EmailJob, Error> {
    let (title, chart) = match charted(definition, notice) {
        Some(field) => (
            format!("{field}, the mean of each day"),
            chart(deps, scrape, definition, field).await?,
        ),
        None => Default::default(),
    };
    let changes = notice
        .changes
        .iter()
        .map(|change| plain(&change.to_string()));
    let mut changes: String = changes.collect();
    if notice.more_changes > 0 {
        changes = format!("{changes}and {} more\n", notice.more_changes);
    }
    let params = [
        ("scrape", definition.name.clone()),
        ("headline", headline(definition, notice)),
        ("url", definition.url.to_string()),
        ("summary", cut(&summary(definition, notice))),
        ("changes", cut(&changes)),
        ("chart", chart),
        ("chart_title", title),
    ];
    // What is not there is empty, and a template takes neither.
    let params = params.into_iter().filter(|(_, value)| !value.is_empty());
    let (tenant, id) = (scrape.tenant_id.clone(), notice.id.to_string());
    Ok(EmailJob::new(
        to,
        Some(Template::ScrapeReport),
        params,
        tenant,
        &id,
    ))
}

/// What has happened, in a line for each.
fn summary(definition: &Definition, notice: &Notice) -> String {
    let zone = definition.schedule.zone().time_zone();
    let next = notice.next_run_at.map_or_else(
        || "It is not looked at again: its schedule is over.".to_owned(),
        |next| {
            let next = next.to_zoned(zone.clone());
            format!(
                "It is looked at again on {}.",
                next.strftime("%Y-%m-%d at %H:%M %Z")
            )
        },
    );
    let reason = notice.error.as_ref().map_or("", |error| &error.message);
    if notice.keeps_failing {
        return format!(
            "It has failed several times in a row. While it fails, it waits longer before each try, up to a day, and never gives up.\n\
            The reason: {reason}.\n{next}"
        );
    }
    let lines = notice.events.iter().map(|event| match event {
        Event::Failure => format!("It has failed: {reason}.\n{next}"),
        Event::Recovery => "It works again.".to_owned(),
        Event::Threshold => crossed(definition, notice),
        Event::Change => match notice.changes.len() + notice.more_changes {
            1 => "One field has changed.".to_owned(),
            count => format!("{count} fields have changed."),
        },
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What has happened, in a few words for the subject.
fn headline(definition: &Definition, notice: &Notice) -> String {
    let only = match notice.changes.as_slice() {
        [change] if change.diff.is_none() => Some(change.to_string()),
        _ => None,
    };
    let threshold = definition.threshold();
    let headline = match notice.event() {
        Event::Failure if notice.keeps_failing => "fails again and again".to_owned(),
        Event::Failure => "fails".to_owned(),
        Event::Recovery => "works again".to_owned(),
        Event::Threshold => threshold.map(ToString::to_string).unwrap_or_default(),
        Event::Change => only.unwrap_or_else(|| {
            format!(
                "{} fields have changed",
                notice.changes.len() + notice.more_changes
            )
        }),
    };
    headline.chars().take(MAX_LINE).collect()
}

/// A change without the marks of the unified format that say where in a text it is.
fn plain(change: &str) -> String {
    let lines = change.lines().filter(|line| !line.starts_with("@@"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn crossed(definition: &Definition, notice: &Notice) -> String {
    let threshold = definition.threshold();
    match threshold.zip(notice.crossed) {
        Some((threshold, number)) => format!("{threshold}: it is {number}."),
        None => "A threshold was crossed.".to_owned(),
    }
}

/// The field whose numbers are charted: the threshold's, else one that has changed, else the first there is.
fn charted<'a>(definition: &'a Definition, notice: &Notice) -> Option<&'a String> {
    let fields = &definition.fields;
    let numeric = |field: &Field| field.kind == Kind::Number && !field.all;
    let threshold = definition.threshold().map(|threshold| &threshold.field);
    let changed = notice.changes.iter().map(|change| &change.field);
    threshold
        .into_iter()
        .chain(changed)
        .find_map(|name| {
            fields
                .get_key_value(name)
                .filter(|(_, field)| numeric(field))
        })
        .or_else(|| fields.iter().find(|(_, field)| numeric(field)))
        .map(|(name, _)| name)
}

/// The days of a field as a mail takes them; empty where there is nothing to compare.
async fn chart(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    field: &str,
) -> Result<String, Error> {
    let days = days(deps, scrape, definition, field).await?;
    if days.len() < 2 {
        return Ok(String::new());
    }
    Ok(Series::latest(&days).map_or_else(|_| String::new(), |series| series.to_string()))
}

async fn days(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    field: &str,
) -> Result<Vec<Day>, Error> {
    let now = deps.clock.now();
    let period = Period {
        from: Some(now - CHARTED),
        before: None,
    };
    let (mut count, mut bytes) = (0, 0);
    let reading = deps.results.list(scrape.scrape_id, period, now, |result| {
        count += 1;
        bytes += result.content.as_ref().map_or(0, String::len);
        count <= MOST_RESULTS && bytes <= MOST_BYTES
    });
    let (results, _) = reading.await?;
    // What is in the bucket is too much for the sake of a chart.
    let runs = results.iter().filter_map(|result| {
        let content: Content = serde_json::from_str(result.content.as_ref()?).ok()?;
        Some((result.timestamp, content.data))
    });
    let runs: Vec<(Timestamp, _)> = runs.collect();
    let numbers = numbers(runs.iter().map(|(at, data)| (*at, data)), field);
    Ok(chart::by_day(
        numbers,
        definition.schedule.zone().time_zone(),
    ))
}

/// A text that a mail has room for.
fn cut(text: &str) -> String {
    let text = text.trim_end();
    match text.char_indices().nth(MAX_TEXT) {
        Some(_) => text.chars().take(MAX_TEXT - 1).chain(CUT.chars()).collect(),
        None => text.to_owned(),
    }
}
