//! What a chart shows, in words.

use domain::series::{Day, shortest};

/// How many digits of a number are worth reading.
const DIGITS: usize = 10;

/// A series in a sentence for whoever doesn't see the chart: the means of the first and of the last day, and the lowest and
/// the highest number of all. `title` says what the numbers are; it may be empty.
#[must_use]
pub fn summary(days: &[Day], title: &str) -> String {
    let words = match days {
        [] => "no numbers".to_owned(),
        [first, .., last] => format!(
            "{} on {}, {} on {}; {}",
            readable(first.mean),
            first.date,
            readable(last.mean),
            last.date,
            extremes(days)
        ),
        [day] => format!("{} on {}; {}", readable(day.mean), day.date, extremes(days)),
    };
    if title.is_empty() {
        words
    } else {
        format!("{title}: {words}")
    }
}

fn extremes(days: &[Day]) -> String {
    let low = days.iter().map(|day| day.min).fold(f64::INFINITY, f64::min);
    let high = days
        .iter()
        .map(|day| day.max)
        .fold(f64::NEG_INFINITY, f64::max);
    format!("lowest {}, highest {}", readable(low), readable(high))
}

/// A number without the digits that only a division has brought in.
fn readable(number: f64) -> String {
    let rounded = format!("{number:.*e}", DIGITS - 1).parse::<f64>().ok();
    // The largest numbers there are would be rounded to infinity.
    let rounded = rounded.filter(|rounded| rounded.is_finite());
    shortest(rounded.unwrap_or(number))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(day: i8, min: f64, max: f64, mean: f64) -> Day {
        Day {
            date: date(2026, 5, day),
            min,
            max,
            mean,
            count: 3,
        }
    }

    #[test]
    fn the_first_the_last_and_the_extremes_are_said() {
        let days = [
            day(1, 10.0, 14.9, 12.0),
            day(2, 9.5, 12.0, 10.0),
            day(4, 10.0, 11.0, 31.0 / 3.0),
        ];
        assert_eq!(
            summary(&days, "Price"),
            "Price: 12 on 2026-05-01, 10.33333333 on 2026-05-04; lowest 9.5, highest 14.9"
        );
    }

    #[test]
    fn a_day_alone_is_said_once_and_none_is_said_too() {
        assert_eq!(
            summary(&[day(1, 1.0, 2.0, 1.5)], ""),
            "1.5 on 2026-05-01; lowest 1, highest 2"
        );
        assert_eq!(summary(&[], "Price"), "Price: no numbers");
    }

    #[test]
    fn the_largest_numbers_are_short_too() {
        assert_eq!(readable(f64::MAX), "1.7976931348623157e308");
        assert_eq!(readable(-1.0e-20), "-1e-20");
        assert_eq!(readable(1_234_567.89), "1234567.89");
    }
}
