//! Numbers over time, by day.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::Invalid;
use crate::invalid::length;

/// The most days of a [`Series`].
pub const MAX_DAYS: usize = 100;
/// The most characters of a series as text: [`MAX_DAYS`] lines of 97, as the longest number has 24 and the largest count 10.
const MAX_LENGTH: usize = 10_000;

/// A number's values of one day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Day {
    /// The day in the zone that was asked for.
    pub date: Date,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// How many there were.
    pub count: u32,
}

/// Days that can be handed on as text: 1 to [`MAX_DAYS`], each later than the one before, their numbers finite and the mean
/// between the smallest and the largest.
///
/// A line of the text is `2026-05-01 10 12.5 11 3`: the day, the smallest, the largest, the mean, and the count.
#[derive(Debug, Clone, PartialEq)]
pub struct Series(Vec<Day>);

impl Series {
    /// The last [`MAX_DAYS`] of some days.
    ///
    /// # Errors
    /// `too_short` where there are none, `invalid` with the line that is not as a series has it.
    pub fn latest(days: &[Day]) -> Result<Self, Invalid> {
        Self::new(days[days.len().saturating_sub(MAX_DAYS)..].to_vec())
    }

    /// Reads what a series is written as.
    ///
    /// # Errors
    /// `too_short`, `too_long`, or `invalid` with the line.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        length(text, 1, MAX_LENGTH)?;
        let lines = text.lines().take(MAX_DAYS + 1).enumerate();
        let days = lines.map(|(n, line)| {
            parse_day(line).ok_or_else(|| {
                at_line(
                    n,
                    "must be a day, its smallest and its largest number, their mean and their count, like 2026-05-01 10 12.5 11 3",
                )
            })
        });
        Self::new(days.collect::<Result<_, _>>()?)
    }

    fn new(days: Vec<Day>) -> Result<Self, Invalid> {
        if days.is_empty() {
            return Err(Invalid::new("too_short", "must have at least one day"));
        }
        if days.len() > MAX_DAYS {
            let message = format!("must have at most {MAX_DAYS} days");
            return Err(Invalid::new("too_long", message));
        }
        let mut before = None;
        for (n, day) in days.iter().enumerate() {
            let is_finite = [day.min, day.max, day.mean].iter().all(|n| n.is_finite());
            let is_between = day.min <= day.mean && day.mean <= day.max;
            if !is_finite || !is_between || day.count == 0 {
                let message = "the mean must be between the smallest and the largest number, all of them finite, and the count at least 1";
                return Err(at_line(n, message));
            }
            // Other years have a sign and six digits.
            if day.date.year() < 0 {
                return Err(at_line(n, "the year must be 0000 to 9999"));
            }
            if before.is_some_and(|before| before >= day.date) {
                return Err(at_line(n, "must be later than the day before it"));
            }
            before = Some(day.date);
        }
        Ok(Self(days))
    }

    /// Its days, of which there is at least one.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.0
    }
}

fn at_line(n: usize, message: &str) -> Invalid {
    Invalid::new("invalid", format!("line {}: {message}", n + 1))
}

fn parse_day(line: &str) -> Option<Day> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let written = next()?;
    let day = Day {
        date: written.parse().ok()?,
        min: next()?.parse().ok()?,
        max: next()?.parse().ok()?,
        mean: next()?.parse().ok()?,
        count: next()?.parse().ok()?,
    };
    // A date can be written in other ways too, and with more behind it.
    let is_plain = day.date.to_string() == written;
    (is_plain && words.next().is_none()).then_some(day)
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, day) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            let [min, max, mean] = [day.min, day.max, day.mean].map(shortest);
            write!(f, "{} {min} {max} {mean} {}", day.date, day.count)?;
        }
        Ok(())
    }
}

/// A number in as few digits as tell it from all others, at most 24 characters: very large and very small ones have an
/// exponent.
#[must_use]
pub fn shortest(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(text: &str) -> (&'static str, String) {
        let error = Series::parse(text).expect_err("it is bad");
        (error.code, error.message)
    }

    #[test]
    fn a_day_is_a_line() {
        let text = "2026-05-01 -10 12.5 11 3\n2026-05-03 1e300 1e300 1e300 1";
        let series = Series::parse(text).unwrap();
        let first = Day {
            date: date(2026, 5, 1),
            min: -10.0,
            max: 12.5,
            mean: 11.0,
            count: 3,
        };
        assert_eq!(series.days()[0], first);
        assert_eq!(series.to_string(), text);
    }

    #[test]
    fn what_is_no_day_is_refused_with_its_line() {
        for bad in [
            "",
            "<svg>",
            "2026-05-01",
            "2026-05-01 1 1 1",
            "2026-05-01 1 1 1 1 1",
            "2026-05-01  1 1 1 1",
            "2026-02-30 1 1 1 1",
            "20260501 1 1 1 1",
            "2026-05-01[UTC] 1 1 1 1",
            "2026-05-01T00:00 1 1 1 1",
            "2026-05-01 a 1 1 1",
            "2026-05-01 1 1 1 -1",
            "2026-05-01 1 1 1 1.5",
            "2026-05-01 1 1 1 4294967296",
        ] {
            let (code, message) = refused(&format!("2026-04-01 1 1 1 1\n{bad}\n"));
            assert_eq!(code, "invalid", "{bad}");
            assert!(
                message.starts_with("line 2: must be a day,"),
                "{bad}: {message}"
            );
        }
    }

    #[test]
    fn numbers_that_can_not_be_drawn_are_refused() {
        for bad in [
            "NaN 1 1 1",
            "1 inf 1 1",
            "-infinity 1 1 1",
            "1 1e999 1 1",
            "2 1 1 1",
            "1 2 3 1",
            "1 2 0 1",
            "1 2 NaN 1",
            "1 1 1 0",
        ] {
            let (code, message) = refused(&format!("2026-05-01 {bad}"));
            assert_eq!(code, "invalid", "{bad}");
            assert!(message.starts_with("line 1: the mean"), "{bad}: {message}");
        }
    }

    #[test]
    fn days_come_in_their_order_each_once() {
        for second in ["2026-05-01", "2026-04-30"] {
            let (_, message) = refused(&format!("2026-05-01 1 1 1 1\n{second} 1 1 1 1"));
            assert_eq!(message, "line 2: must be later than the day before it");
        }
        let (_, message) = refused("-000001-05-01 1 1 1 1");
        assert_eq!(message, "line 1: the year must be 0000 to 9999");
    }

    #[test]
    fn there_is_at_least_one_day_and_not_too_many() {
        let lines = |count: i64| {
            let first = date(2026, 1, 1);
            let lines: Vec<_> = (0..count)
                .map(|n| format!("{} 1 1 1 1", first + n.days()))
                .collect();
            lines.join("\n")
        };
        assert_eq!(refused("").0, "too_short");
        assert_eq!(Series::latest(&[]).unwrap_err().code, "too_short");
        assert_eq!(Series::parse(&lines(100)).unwrap().days().len(), MAX_DAYS);
        assert_eq!(refused(&lines(101)).0, "too_long");
        assert_eq!(refused(&"x".repeat(10_001)).0, "too_long");
    }

    #[test]
    fn of_many_days_the_last_are_kept() {
        let days: Vec<_> = (0..150)
            .map(|n| Day {
                date: date(2026, 1, 1) + n.days(),
                min: 1.0,
                max: 1.0,
                mean: 1.0,
                count: 1,
            })
            .collect();
        let series = Series::latest(&days).unwrap();
        assert_eq!(series.days(), &days[50..]);
    }

    fn any_day() -> impl Strategy<Value = (i64, [f64; 3], u32)> {
        let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
        (1..1_000_i64, [number, number, number], 1..=u32::MAX)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(days in prop::collection::vec(any_day(), 1..=MAX_DAYS)) {
            let mut date = date(2026, 1, 1);
            let days = days.into_iter().map(|(later, mut numbers, count)| {
                date += later.days();
                numbers.sort_by(f64::total_cmp);
                let [min, mean, max] = numbers;
                Day { date, min, max, mean, count }
            });
            let series = Series::latest(&days.collect::<Vec<_>>()).unwrap();
            let text = series.to_string();
            prop_assert_eq!(Series::parse(&text), Ok(series), "{}", text);
        }

        #[test]
        fn a_number_is_short(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assert!(shortest(number).len() <= 24);
        }

        #[test]
        fn no_text_is_too_much(text in "[0-9 .e\n-]{0,300}") {
            if let Ok(series) = Series::parse(&text) {
                prop_assert_eq!(Series::parse(&series.to_string()), Ok(series));
            }
        }
    }
}
