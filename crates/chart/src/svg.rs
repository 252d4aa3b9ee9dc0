//! A small chart of a series.

use domain::series::Day;
use maud::html;

use crate::summary;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;
const MARGIN: f64 = 10.0;

/// The most days of a chart, which is also about how many points can be told apart.
const MAX_DAYS: usize = 400;

/// A series as an SVG image: a band from each day's smallest number to its largest, a line of the means, the
/// [`summary`] in words. Of a long series the last days are shown; of an empty one nothing but that it is empty.
///
/// It has no script, no style sheet and no reference to anything outside, so that a mail or a page with a strict policy
/// can hold it. `title` says what the numbers are, for those who don't see the image as well; it may be empty.
#[must_use]
pub fn svg(days: &[Day], title: &str) -> String {
    let days = &days[days.len().saturating_sub(MAX_DAYS)..];
    let low = days.iter().map(|day| day.min).fold(f64::INFINITY, f64::min);
    let high = days
        .iter()
        .map(|day| day.max)
        .fold(f64::NEG_INFINITY, f64::max);
    let scale = Scale {
        days: days.len(),
        low,
        high,
    };
    let title = title.replace(is_no_xml, " ");
    let upper = days
        .iter()
        .enumerate()
        .map(|(n, day)| scale.point(n, day.max));
    let lower = days
        .iter()
        .enumerate()
        .rev()
        .map(|(n, day)| scale.point(n, day.min));
    let band: Vec<String> = upper.chain(lower).collect();
    let means = days
        .iter()
        .enumerate()
        .map(|(n, day)| scale.point(n, day.mean));
    let means: Vec<String> = means.collect();
    let size = format!("0 0 {WIDTH} {}", HEIGHT + 20.0);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(size) role="img" {
            title { (summary(days, &title)) }
            rect width="100%" height="100%" fill="#fff" {}
            polygon points=(band.join(" ")) fill="#9ec5fe" fill-opacity="0.5" stroke="#9ec5fe" {}
            polyline points=(means.join(" ")) fill="none" stroke="#0b5ed7" stroke-width="2" stroke-linejoin="round" {}
            @if let [mean] = means.as_slice() {
                @let (x, y) = mean.split_once(',').unwrap_or_default();
                circle cx=(x) cy=(y) r="3" fill="#0b5ed7" {}
            }
            text x=(MARGIN) y=(HEIGHT + 8.0) font-family="sans-serif" font-size="12" fill="#212529" { (summary(days, "")) }
        }
    }
    .into_string()
}

/// Whether one character makes an image of none of it ([XML 1.0 §2.2](https://www.w3.org/TR/xml/#charsets)).
fn is_no_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

struct Scale {
    days: usize,
    low: f64,
    high: f64,
}

impl Scale {
    /// The place of a number on day `n`, as SVG writes it.
    fn point(&self, n: usize, number: f64) -> String {
        let across = if self.days > 1 {
            share(n, self.days - 1)
        } else {
            0.5
        };
        // Halved before they are subtracted, so that the largest numbers there are don't become infinite.
        let range = self.high / 2.0 - self.low / 2.0;
        let up = if range > 0.0 {
            (number / 2.0 - self.low / 2.0) / range
        } else {
            0.5
        };
        let x = MARGIN + across * (WIDTH - 2.0 * MARGIN);
        let y = HEIGHT - MARGIN - up * (HEIGHT - 2.0 * MARGIN);
        format!("{x:.1},{y:.1}")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "both are at most the days of a chart"
)]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::{Date, date};

    use super::*;

    fn day(date: Date, min: f64, max: f64) -> Day {
        Day {
            date,
            min,
            max,
            mean: f64::midpoint(min, max),
            count: 2,
        }
    }

    #[test]
    fn a_series_has_a_band_and_a_line() {
        let days = [
            day(date(2026, 5, 1), 0.0, 10.0),
            day(date(2026, 5, 2), 5.0, 5.0),
        ];
        let svg = svg(&days, "price");
        assert!(
            svg.contains(
                "<title>price: 5 on 2026-05-01, 5 on 2026-05-02; lowest 0, highest 10</title>"
            ),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<polygon points="10.0,10.0 590.0,80.0 590.0,80.0 10.0,150.0""#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<polyline points="10.0,80.0 590.0,80.0""#),
            "{svg}"
        );
    }

    #[test]
    fn a_title_can_not_leave_its_element() {
        let svg = svg(&[], "</title><script>");
        assert!(
            svg.contains("&lt;/title&gt;&lt;script&gt;: no numbers"),
            "{svg}"
        );
    }

    #[test]
    fn what_xml_can_not_hold_is_left_out() {
        let svg = svg(&[], "a\0b\u{1B}c\u{FFFF}d");
        assert!(svg.contains("<title>a b c d: no numbers</title>"), "{svg}");
    }

    #[test]
    fn numbers_that_are_all_the_same_or_as_large_as_can_be_stay_inside() {
        for (low, high) in [(7.0, 7.0), (f64::MIN, f64::MAX)] {
            for days in 1..4 {
                let days: Vec<Day> = (0..days)
                    .map(|n| day(date(2026, 5, 1) + n.days(), low, high))
                    .collect();
                let svg = svg(&days, "x");
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }

    #[test]
    fn a_long_series_shows_its_last_days() {
        let first = date(2020, 1, 1);
        let days: Vec<Day> = (0..1_000)
            .map(|n| day(first + n.days(), 1.0, 2.0))
            .collect();
        assert!(svg(&days, "x").contains("1.5 on 2021-08-23, 1.5 on 2022-09-26;"));
    }
}
