//! Dates as people write them.

use domain::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a day, a day with a time, or a moment with its zone; without a zone it is in UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = padded(text.trim());
    let (text, utc) = match text
        .strip_suffix("UTC")
        .or_else(|| text.strip_suffix("GMT"))
    {
        Some(text) => (text.trim_end().to_owned(), true),
        None => (text, false),
    };
    if let Ok(time) = joined(&text).parse::<Timestamp>() {
        return (!utc).then_some(time);
    }
    if has_zone(&text) {
        return None;
    }
    let time = text.parse::<DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The day that a file's name begins with, and what comes after it: `2026-11-23-a-walk.md`, as Jekyll has posts
/// (<https://jekyllrb.com/docs/posts/>).
pub(crate) fn of_name(file: &str) -> Option<(Timestamp, &str)> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let (day, rest) = name.split_at_checked(10)?;
    let rest = rest.strip_prefix('-')?;
    let is_day = |(place, c): (usize, char)| c.is_ascii_digit() != matches!(place, 4 | 7);
    let named = !rest.is_empty() && !rest.starts_with('.');
    (named && day.char_indices().all(is_day)).then_some(())?;
    Some((parse(day)?, rest))
}

/// `2026-1-5` with the zeros that it lacks.
fn padded(text: &str) -> String {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '-')
        .unwrap_or(text.len());
    let (day, time) = text.split_at(end);
    let parts: Vec<&str> = day.split('-').collect();
    match parts.as_slice() {
        [year, month, day] => format!("{year}-{month:0>2}-{day:0>2}{time}"),
        _ => text.to_owned(),
    }
}

/// Without the space before an offset, which Jekyll writes: `2026-11-23 12:30:00 +0100`.
fn joined(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((time, offset)) if offset.starts_with(['+', '-', 'Z', 'z']) => {
            format!("{}{offset}", time.trim_end())
        }
        _ => text.to_owned(),
    }
}

/// Whether it says more than a day and a time: what `DateTime` would pass over.
fn has_zone(text: &str) -> bool {
    let time = text.get(10..).unwrap_or_default();
    time.contains(['+', '-', '[', 'Z', 'z'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_meant() {
        for (text, expected) in [
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            (" 2026-1-5 ", "2026-01-05T00:00:00Z"),
            ("2026-11-23 12:30", "2026-11-23T12:30:00Z"),
            ("2026-11-23T12:30:05", "2026-11-23T12:30:05Z"),
            ("2026-11-23 12:30:05 UTC", "2026-11-23T12:30:05Z"),
            ("2026-11-23T12:30:05Z", "2026-11-23T12:30:05Z"),
            ("2026-11-23t12:30:05z", "2026-11-23T12:30:05Z"),
            ("2026-11-23T12:30:05.25+01:00", "2026-11-23T11:30:05.25Z"),
            ("2026-11-23 12:30:05 +0100", "2026-11-23T11:30:05Z"),
            ("2026-11-23 12:30 -08:00", "2026-11-23T20:30:00Z"),
        ] {
            assert_eq!(parse(text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2026",
            "2026-11",
            "2026-13-01",
            "2026-02-30",
            "12:30",
            "23.11.2026",
            "11/23/2026",
            "2026-11-23 25:00",
            "2026-11-23T12:00 Europe/Berlin",
            "2026-11-23T12:00[Europe/Berlin]",
            "99999-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_file_may_begin_with_its_day() {
        let day = |file| of_name(file).map(|(day, rest)| (day.to_string(), rest));
        let expected = ("2026-11-23T00:00:00Z".to_owned(), "a-walk.md");
        assert_eq!(day("posts/2026-11-23-a-walk.md"), Some(expected));
        for other in [
            "2026-11-23.md",
            "2026-11-23-.md",
            "2026-11-23 a.md",
            "2026-13-23-a.md",
            "2026-1-23-a.md",
            "12026-11-23-a.md",
            "2026-11-23-a/b.md",
            "a.md",
            "ääääääääää-a.md",
            "",
        ] {
            assert_eq!(day(other), None, "{other}");
        }
    }
}
