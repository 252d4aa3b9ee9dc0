//! `cron(minutes hours day-of-month month day-of-week year)`.
//!
//! `croner` walks the calendar. What it can't do is done here: `EventBridge`'s syntax is stricter, refusals need their
//! place, and what happens when clocks change differs. So the calendar is walked on the wall clock, which knows no
//! changes, and the times found there are looked up in the zone.

use std::collections::BTreeSet;

use croner::parser::{CronParser, Seconds, Year};
use domain::Invalid;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::{MIN_INTERVAL, Part, at, too_often};

/// The wall clock times of an expression.
#[derive(Debug, Clone)]
pub(super) struct Cron(croner::Cron);

/// What one of the six fields can hold.
struct Field {
    name: &'static str,
    min: u16,
    max: u16,
    /// Names for the values from `min` on.
    names: &'static [&'static str],
    /// Whether `/` is among its wildcards.
    steps: bool,
}

const MINUTES: Field = Field {
    name: "minutes",
    min: 0,
    max: 59,
    names: &[],
    steps: true,
};
const HOURS: Field = Field {
    name: "hours",
    min: 0,
    max: 23,
    names: &[],
    steps: true,
};
const DAYS: Field = Field {
    name: "day-of-month",
    min: 1,
    max: 31,
    names: &[],
    steps: true,
};
const MONTHS: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    steps: true,
};
const WEEKDAYS: Field = Field {
    name: "day-of-week",
    min: 1,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    steps: false,
};
const YEARS: Field = Field {
    name: "year",
    min: 1970,
    max: 2199,
    names: &[],
    steps: true,
};

type Values = BTreeSet<u16>;

impl Cron {
    /// Reads what stands between the parentheses.
    pub(super) fn parse(inside: Part<'_>) -> Result<Self, Invalid> {
        let words = inside.words();
        let [minutes, hours, day, month, weekday, year] = words.as_slice() else {
            return Err(inside.refuse(format!(
                "must have six fields (minutes hours day-of-month month day-of-week year), and has {}",
                words.len()
            )));
        };
        match (day.text, weekday.text) {
            ("?", "?") => {
                return Err(
                    weekday.refuse("'?' can stand in one of day-of-month and day-of-week only")
                );
            }
            ("?", _) | (_, "?") => {}
            _ => return Err(weekday.refuse("one of day-of-month and day-of-week must be '?'")),
        }
        let minute_values = MINUTES.values(*minutes)?;
        let hour_values = HOURS.values(*hours)?;
        let pattern = format!(
            "0 {} {} {} {} {} {}",
            list(&minute_values),
            list(&hour_values),
            days(*day)?,
            list(&MONTHS.values(*month)?),
            weekdays(*weekday)?,
            list(&YEARS.values(*year)?),
        );
        if !rests(&minute_values, &hour_values) {
            return Err(too_often(*minutes));
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            .alternative_weekdays(true)
            .build()
            .parse(&pattern)
            .map(Self)
            .map_err(|error| inside.refuse(error))?;
        let begin = DateTime::constant(1969, 12, 31, 23, 59, 59, 0);
        if cron.next_on_the_wall(begin).is_none() {
            return Err(Invalid {
                code: "never",
                ..day.refuse("no month of these years has such a day")
            });
        }
        Ok(cron)
    }

    /// The first moment after `now` at which the clocks of the zone show a time of the expression for the first time.
    pub(super) fn next(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut wall = zone.to_datetime(now);
        loop {
            wall = self.next_on_the_wall(wall)?;
            let moment = match zone.to_ambiguous_timestamp(wall).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok()?,
                AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok()?,
                AmbiguousOffset::Gap { .. } => continue,
            };
            if moment > now {
                return Some(moment);
            }
        }
    }

    /// The first time after `wall`; UTC stands for a clock that is never changed.
    fn next_on_the_wall(&self, wall: DateTime) -> Option<DateTime> {
        let wall = wall.to_zoned(TimeZone::UTC).ok()?;
        let next = self.0.find_next_occurrence(&wall, false);
        next.ok().as_ref().map(Zoned::datetime)
    }
}

/// Whether the minutes leave [`MIN_INTERVAL`] between each other, in the hour and into the next one. Two hours on counts
/// as the next: it is, when a clock skips the one between.
fn rests(minutes: &Values, hours: &Values) -> bool {
    let least = u16::try_from(MIN_INTERVAL.as_mins()).unwrap_or(u16::MAX);
    let in_the_hour = minutes.iter().zip(minutes.iter().skip(1));
    let around = minutes.first().zip(minutes.last());
    let follows = |hour: &u16| [1, 2].iter().any(|on| hours.contains(&((hour + on) % 24)));
    let apart = in_the_hour
        .into_iter()
        .all(|(one, next)| next - one >= least);
    apart
        && around
            .is_none_or(|(first, last)| 60 + first - last >= least || !hours.iter().any(follows))
}

impl Field {
    /// The values that a field without special days stands for.
    fn values(&self, field: Part<'_>) -> Result<Values, Invalid> {
        let mut values = Values::new();
        for item in field.split(|c| c == ',') {
            values.extend(self.item(item)?);
        }
        Ok(values)
    }

    /// `*`, `a`, `a-b`, and each of them with `/n`.
    fn item(&self, item: Part<'_>) -> Result<Values, Invalid> {
        let mut halves = item.split(|c| c == '/');
        let (range, step) = (halves.next().unwrap_or(item), halves.next());
        if let Some(more) = halves.next() {
            return Err(at(more.place - 1, "'/' can stand here once only"));
        }
        let step = match step {
            Some(step) if self.steps => self.step(step)?,
            Some(step) => return Err(at(step.place - 1, format!("'/' can't be in {}", self.name))),
            None => 1,
        };
        let stepped = range.text.len() < item.text.len();
        let (first, last) = if range.text == "*" {
            (self.min, self.max)
        } else {
            let mut ends = range.split(|c| c == '-');
            let (first, last) = (ends.next().unwrap_or(range), ends.next());
            if let Some(more) = ends.next() {
                return Err(at(more.place - 1, "'-' can stand here once only"));
            }
            let from = self.value(first)?;
            match last {
                Some(last) => {
                    let to = self.value(last)?;
                    if to < from && self.max == YEARS.max {
                        return Err(first.refuse("years can't run backwards"));
                    }
                    (from, to)
                }
                None if stepped => (from, self.max),
                None => (from, from),
            }
        };
        let step = usize::from(step);
        if first <= last {
            return Ok((first..=last).step_by(step).collect());
        }
        // `20-2` are the hours from the evening into the night.
        let around = (first..=self.max).chain(self.min..=last);
        Ok(around.step_by(step).collect())
    }

    fn step(&self, step: Part<'_>) -> Result<u16, Invalid> {
        let number = number(step).filter(|step| (1..=self.max).contains(step));
        number.ok_or_else(|| {
            step.refuse(format!(
                "the step must be a whole number from 1 to {}",
                self.max
            ))
        })
    }

    fn value(&self, value: Part<'_>) -> Result<u16, Invalid> {
        let named = self
            .names
            .iter()
            .zip(self.min..)
            .find(|(name, _)| name.eq_ignore_ascii_case(value.text));
        let number = named.map(|(_, number)| number).or_else(|| number(value));
        number
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| {
                let also = match self.names {
                    [first, .., last] => format!(" or {first} to {last}"),
                    _ => String::new(),
                };
                value.refuse(format!(
                    "{} must be from {} to {}{also}",
                    self.name, self.min, self.max
                ))
            })
    }
}

/// The day-of-month for `croner`: `?`, `L` (the last day), `15W` (the weekday closest to it), or values.
fn days(field: Part<'_>) -> Result<String, Invalid> {
    if matches!(field.text, "?" | "*") {
        return Ok("*".to_owned());
    }
    if field.text.eq_ignore_ascii_case("L") || field.text.eq_ignore_ascii_case("LW") {
        return Ok(field.text.to_ascii_uppercase());
    }
    if let Some(day) = field.text.strip_suffix(['W', 'w']) {
        let day = DAYS.value(Part {
            text: day,
            place: field.place,
        })?;
        return Ok(format!("{day}W"));
    }
    if let Some(place) = field.text.find(['L', 'l', 'W', 'w']) {
        return Err(field
            .from(place)
            .refuse("L and W can't be in a list or range of days"));
    }
    Ok(list(&DAYS.values(field)?))
}

/// The day-of-week for `croner`: `?`, `L` (the last day of the week), `6L` (the last Friday), `3#2` (the second Tuesday),
/// or values.
fn weekdays(field: Part<'_>) -> Result<String, Invalid> {
    if matches!(field.text, "?" | "*") {
        return Ok("*".to_owned());
    }
    if field.text.eq_ignore_ascii_case("L") {
        return Ok(WEEKDAYS.max.to_string());
    }
    if let Some((day, _)) = field.text.split_once('#') {
        let weekday = WEEKDAYS.value(Part {
            text: day,
            place: field.place,
        })?;
        let nth = field.from(day.len() + 1);
        return match number(nth) {
            Some(nth @ 1..=5) => Ok(format!("{weekday}#{nth}")),
            _ => Err(nth.refuse("one number from 1 to 5 must follow the '#', and no more")),
        };
    }
    if let Some(day) = field.text.strip_suffix(['L', 'l']) {
        let day = WEEKDAYS.value(Part {
            text: day,
            place: field.place,
        })?;
        return Ok(format!("{day}L"));
    }
    Ok(list(&WEEKDAYS.values(field)?))
}

fn number(part: Part<'_>) -> Option<u16> {
    let digits = !part.text.is_empty() && part.text.bytes().all(|byte| byte.is_ascii_digit());
    part.text.parse().ok().filter(|_| digits)
}

fn list(values: &Values) -> String {
    let values: Vec<String> = values.iter().map(u16::to_string).collect();
    values.join(",")
}
