//! From when until when.

use std::cmp::max;

use domain::clock::SignedDuration;
use domain::{Invalid, Timestamp};
use gateway::{FromText as _, Input, Request};
use repository::scrape_results::Period;
use utoipa::IntoParams;

/// Which runs.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
pub(crate) struct PeriodQuery {
    /// Those of this time and later (RFC 3339).
    #[param(value_type = Option<String>, format = "date-time")]
    from: Option<Timestamp>,
    /// Those before this time (RFC 3339).
    #[param(value_type = Option<String>, format = "date-time")]
    before: Option<Timestamp>,
}

/// Reads `?from=` and `?before=`.
pub(crate) fn read(request: &Request, input: &mut Input) -> Period {
    let mut time = |name: &str| {
        let given = request.query(name).map(Timestamp::from_text)?;
        let refused = given.map_err(|error| input.refuse(name, error));
        refused.ok()
    };
    let (from, before) = (time("from"), time("before"));
    period(from, before).unwrap_or_else(|error| {
        input.refuse("from", error);
        Period::default()
    })
}

/// A period that has at least a millisecond, the smallest there is of stored times. Before 1970 there was no run.
fn period(from: Option<Timestamp>, before: Option<Timestamp>) -> Result<Period, Invalid> {
    let is_empty = from
        .zip(before)
        .is_some_and(|(from, before)| from.as_millisecond() >= before.as_millisecond());
    if is_empty {
        return Err(Invalid::new("out_of_range", "must be earlier than before"));
    }
    let first = Timestamp::UNIX_EPOCH;
    Ok(Period {
        from: from.map(|from| max(from, first)),
        before: before.map(|before| max(before, first + SignedDuration::from_millis(1))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_after_it_begins() {
        for (before, good) in [
            ("2026-05-01T11:59:59Z", false),
            ("2026-05-01T12:00:00Z", false),
            // Times are stored by the millisecond.
            ("2026-05-01T12:00:00.0009Z", false),
            ("2026-05-01T12:00:00.001Z", true),
        ] {
            let period = period(Some(at("2026-05-01T12:00:00Z")), Some(at(before)));
            assert_eq!(period.is_ok(), good, "{before}");
        }
        assert!(period(None, None).is_ok());
    }

    #[test]
    fn a_period_before_all_runs_is_one_without_any() {
        for (from, before) in [
            (None, at("1960-01-01T00:00:00Z")),
            (Some(at("1950-01-01T00:00:00Z")), at("1960-01-01T00:00:00Z")),
            (None, Timestamp::MIN),
        ] {
            let period = period(from, Some(before)).unwrap();
            let first = period.from.unwrap_or(Timestamp::UNIX_EPOCH);
            let last = period.before.unwrap().as_millisecond() - 1;
            assert!(first.as_millisecond() <= last, "{period:?}");
        }
    }
}
