//! A number over time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::{Results, Zone};

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

/// The numbers of a field of the type `number`, without the runs where it was missing.
pub fn numbers<'a>(
    runs: impl IntoIterator<Item = (Timestamp, &'a Results)>,
    field: &str,
) -> impl Iterator<Item = (Timestamp, f64)> {
    runs.into_iter().filter_map(move |(at, results)| {
        let number = results.get(field)?.value()?.number()?;
        Some((at, number))
    })
}

/// The smallest, the largest and the mean of each day that has any, in the order of the days; the numbers may come in any
/// order.
#[must_use]
pub fn by_day(numbers: impl IntoIterator<Item = (Timestamp, f64)>, zone: &Zone) -> Vec<Day> {
    let mut days = BTreeMap::new();
    for (at, number) in numbers {
        let date = zone.time_zone().to_datetime(at).date();
        let day = days.entry(date).or_insert(Day {
            date,
            min: number,
            max: number,
            mean: 0.0,
            count: 0,
        });
        day.count += 1;
        day.min = day.min.min(number);
        day.max = day.max.max(number);
        // Welford's mean: no sum that grows past what a number holds.
        day.mean += (number - day.mean) / f64::from(day.count);
    }
    days.into_values().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_zone() {
        let numbers = [
            (at("2026-05-01T21:59:00Z"), 1.0),
            (at("2026-05-01T22:00:00Z"), 4.0),
            (at("2026-05-02T10:00:00Z"), 2.0),
        ];
        let days = by_day(numbers, &Zone::parse("Europe/Berlin").expect("a zone"));
        let shown: Vec<_> = days
            .iter()
            .map(|day| (day.date.to_string(), day.min, day.max, day.mean, day.count))
            .collect();
        assert_eq!(
            shown,
            [
                ("2026-05-01".to_owned(), 1.0, 1.0, 1.0, 1),
                ("2026-05-02".to_owned(), 2.0, 4.0, 3.0, 2)
            ]
        );
    }

    proptest! {
        #[test]
        fn the_mean_is_between_the_others(numbers in prop::collection::vec(-1e9..1e9_f64, 1..50)) {
            let day = by_day(numbers.iter().map(|number| (at("2026-05-01T00:00:00Z"), *number)), &Zone::default())[0];
            prop_assert!(day.min - 1e-3 <= day.mean && day.mean <= day.max + 1e-3);
            prop_assert_eq!(day.count as usize, numbers.len());
        }
    }
}
