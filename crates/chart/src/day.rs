//! From numbers to days.

use std::collections::BTreeMap;

use domain::series::Day;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The smallest, the largest and the mean of each day that has any, in the order of the days; the numbers, which must be
/// finite, may come in any order.
#[must_use]
pub fn by_day(numbers: impl IntoIterator<Item = (Timestamp, f64)>, zone: &TimeZone) -> Vec<Day> {
    let mut days = BTreeMap::new();
    for (at, number) in numbers {
        let date = zone.to_datetime(at).date();
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
        // Welford's mean: no sum that grows past what a number holds; nor does a difference, as each side is divided first.
        let count = f64::from(day.count);
        let mean = day.mean + (number / count - day.mean / count);
        // Rounding must not take it out of the band.
        day.mean = mean.max(day.min).min(day.max);
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
        let days = by_day(numbers, &TimeZone::fixed(jiff::tz::offset(2)));
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
        fn the_mean_is_between_the_others(numbers in prop::collection::vec(prop::num::f64::NORMAL, 1..50)) {
            let day = by_day(numbers.iter().map(|number| (at("2026-05-01T00:00:00Z"), *number)), &TimeZone::UTC)[0];
            prop_assert!(day.min <= day.mean && day.mean <= day.max, "{day:?}");
            prop_assert_eq!(day.count as usize, numbers.len());
        }

        #[test]
        fn the_mean_is_the_sum_by_the_count(numbers in prop::collection::vec(-1e9..1e9_f64, 1..50)) {
            let day = by_day(numbers.iter().map(|number| (at("2026-05-01T00:00:00Z"), *number)), &TimeZone::UTC)[0];
            let mean = numbers.iter().sum::<f64>() / f64::from(day.count);
            prop_assert!((day.mean - mean).abs() < 1e-3, "{} is not {mean}", day.mean);
        }
    }
}
