//! When a definition is due: schedules as `EventBridge` writes them.

mod cron;

use domain::Invalid;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use cron::Cron;

/// The shortest time between two runs.
pub const MIN_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The most bytes of a schedule.
const MAX_BYTES: usize = 256;

/// The most digits of a rate's value.
const MAX_RATE_DIGITS: usize = 5;

/// A time zone by its IANA name; UTC by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Looks a name like `Europe/Berlin` up in the database that is part of the program, so that a zone known on one
    /// machine is known on all.
    ///
    /// # Errors
    /// `unknown`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let zone = TimeZoneDatabase::bundled().get(text);
        zone.map(Self).map_err(|_| {
            Invalid::new(
                "unknown",
                "must be the name of a time zone, like Europe/Berlin or UTC",
            )
        })
    }

    /// The zone's rules.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// The zone's name as the database writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// When a definition is due: `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`, in a time zone.
///
/// The language is the one of `EventBridge`'s rules
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>), the time zone and what
/// happens when clocks change are `EventBridge` Scheduler's
/// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>): a time that a clock skips is left out,
/// and a time that comes twice counts once.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    #[serde(rename = "schedule")]
    text: String,
    #[serde(rename = "time_zone")]
    zone: Zone,
    #[serde(skip)]
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Rate(SignedDuration),
    Cron(Box<Cron>),
}

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// `too_long`; `invalid` or `too_often` with the character at which it goes wrong; `never` for days that no month
    /// has.
    pub fn parse(text: &str, zone: Zone) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(Invalid::new(
                "too_long",
                format!("must have at most {MAX_BYTES} bytes"),
            ));
        }
        if let Some((_, place)) = text.chars().zip(0..).find(|(c, _)| !c.is_ascii()) {
            return Err(at(place, "this can't be in a schedule"));
        }
        let form = match text.split_once('(') {
            Some(("rate", _)) => Form::Rate(rate(inside(text)?)?),
            Some(("cron", _)) => Form::Cron(Box::new(Cron::parse(inside(text)?)?)),
            _ => {
                return Err(at(
                    0,
                    "must be rate(…) or cron(…), like rate(1 hour) or cron(0 9 ? * MON-FRI *)",
                ));
            }
        };
        Ok(Self {
            text: text.to_owned(),
            zone,
            form,
        })
    }

    /// The schedule as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The zone that its times are of.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// When it is due next: the first time after `now` that is at least [`MIN_INTERVAL`] after `last`, the time that it
    /// was due before. A rate counts from `last`, so that being late once doesn't move all that follow; without one it
    /// counts from `now`.
    ///
    /// None if it is never due again.
    #[must_use]
    pub fn next(&self, last: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let next = match &self.form {
            Form::Rate(interval) => {
                let from = last.unwrap_or(now);
                let late = now.duration_since(from).as_secs().max(0);
                let rounds = i32::try_from(late / interval.as_secs() + 1).ok()?;
                from.checked_add(interval.checked_mul(rounds)?).ok()?
            }
            Form::Cron(cron) => {
                let earliest = last.and_then(|last| last.checked_add(MIN_INTERVAL).ok());
                let mut next = cron.next(now, self.zone.time_zone())?;
                while earliest.is_some_and(|earliest| next < earliest) {
                    next = cron.next(next, self.zone.time_zone())?;
                }
                next
            }
        };
        (next > now).then_some(next)
    }

    /// All the times that it is due, from [`Schedule::next`] on.
    pub fn upcoming(
        &self,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(last, now), |due| self.next(Some(*due), *due))
    }
}

/// A part of a schedule with the number of characters before it.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Part<'a> {
    /// What follows `bytes` bytes of it.
    fn from(self, bytes: usize) -> Self {
        Self {
            text: &self.text[bytes..],
            place: self.place + bytes,
        }
    }

    /// Its pieces between the marks.
    fn split(self, mark: impl Fn(char) -> bool) -> impl Iterator<Item = Part<'a>> {
        self.text.split(mark).map(move |text| Part {
            text,
            place: self.place + (text.as_ptr().addr() - self.text.as_ptr().addr()),
        })
    }

    /// Its words.
    fn words(self) -> Vec<Part<'a>> {
        let words = self.split(|c| c.is_ascii_whitespace());
        words.filter(|word| !word.text.is_empty()).collect()
    }

    fn refuse(self, why: impl std::fmt::Display) -> Invalid {
        at(self.place, why)
    }
}

/// A refusal; `place` characters stand before what is wrong.
fn at(place: usize, why: impl std::fmt::Display) -> Invalid {
    Invalid::new("invalid", format!("at character {}: {why}", place + 1))
}

/// What stands between the parentheses; `text` has the opening one after four letters.
fn inside(text: &str) -> Result<Part<'_>, Invalid> {
    let whole = Part { text, place: 0 };
    match text.find(')') {
        Some(end) if end + 1 == text.len() => Ok(Part {
            text: &text[5..end],
            place: 5,
        }),
        Some(end) => Err(whole.from(end + 1).refuse("nothing may follow the ')'")),
        None => Err(whole.from(text.len()).refuse("')' is missing")),
    }
}

fn rate(inside: Part<'_>) -> Result<SignedDuration, Invalid> {
    let words = inside.words();
    let [value, unit] = words.as_slice() else {
        return Err(inside.refuse("must be a number and a unit, like rate(5 minutes)"));
    };
    let digits =
        value.text.len() <= MAX_RATE_DIGITS && value.text.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = value
        .text
        .parse()
        .ok()
        .filter(|count| digits && *count > 0)
        .ok_or_else(|| {
            value.refuse(format!(
                "must be a whole number from 1 to {}",
                "9".repeat(MAX_RATE_DIGITS)
            ))
        })?;
    let (name, plural) = match unit.text.strip_suffix('s') {
        Some(name) => (name, true),
        None => (unit.text, false),
    };
    let seconds = match name {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return Err(unit.refuse("must be minutes, hours or days")),
    };
    if plural != (count != 1) {
        let right = if plural {
            name.to_owned()
        } else {
            format!("{name}s")
        };
        return Err(unit.refuse(format!("must be {right} after {count}")));
    }
    let interval = SignedDuration::from_secs(count * seconds);
    if interval < MIN_INTERVAL {
        return Err(too_often(*value));
    }
    Ok(interval)
}

fn too_often(part: Part<'_>) -> Invalid {
    Invalid {
        code: "too_often",
        ..part.refuse(format!(
            "must not be due more often than each {} minutes",
            MIN_INTERVAL.as_mins()
        ))
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
