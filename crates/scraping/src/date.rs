//! Dates and times as pages write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use crate::Locale;
use crate::value::{Missing, quoted};

/// The longest text that can be a date.
const MAX_BYTES: usize = 100;

/// Days as words, whatever the locale.
const DAYS: &[&str] = &[
    "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
];

/// What may follow a day.
const TIMES: &[&str] = &["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p"];

/// The month's names in German and French, where they differ from the English ones, with the number of the month.
const MONTHS: &[(&str, usize)] = &[
    ("januar", 1),
    ("jänner", 1),
    ("februar", 2),
    ("märz", 3),
    ("mai", 5),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("dezember", 12),
    ("mär", 3),
    ("okt", 10),
    ("dez", 12),
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
    ("janv", 1),
    ("févr", 2),
    ("avr", 4),
    ("juil", 7),
    ("sept", 9),
    ("déc", 12),
];

const ENGLISH: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The moment or the day that `text` says: a moment in RFC 3339 in UTC, a day as `2026-05-01`. A time without an offset
/// is of the zone.
pub(crate) fn read(text: &str, locale: Locale, zone: &TimeZone) -> Result<String, Missing> {
    let text = text.trim();
    let refused = || {
        Missing::new(
            "not_a_date",
            format!("{} is not a date that is known", quoted(text)),
        )
    };
    if text.is_empty() || text.len() > MAX_BYTES {
        return Err(refused());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_string());
    }
    if let Ok(moment) = rfc2822::parse(text) {
        return Ok(moment.timestamp().to_string());
    }
    let starts_like_iso = text.as_bytes().get(4) == Some(&b'-');
    if starts_like_iso {
        if let Ok(day) = text.parse::<Date>()
            && text.len() == "2026-05-01".len()
        {
            return Ok(day.to_string());
        }
        if let Ok(time) = text.parse::<DateTime>() {
            return in_zone(time, zone).ok_or_else(refused);
        }
    }
    let text = plain(text);
    // Two digits would be a year of the Romans.
    let is_whole = |day: &Date| day.year() >= 1_000;
    let day = days(locale).find_map(|form| Date::strptime(form, &text).ok().filter(is_whole));
    if let Some(day) = day {
        return Ok(day.to_string());
    }
    days(locale)
        .flat_map(|day| TIMES.iter().map(move |time| format!("{day} {time}")))
        .find_map(|form| {
            DateTime::strptime(form, &text)
                .ok()
                .filter(|time| is_whole(&time.date()))
        })
        .and_then(|time| in_zone(time, zone))
        .ok_or_else(refused)
}

fn days(locale: Locale) -> impl Iterator<Item = &'static str> + Clone {
    let numeric = match locale {
        Locale::De => "%d.%m.%Y",
        Locale::En => "%m/%d/%Y",
        Locale::Fr => "%d/%m/%Y",
    };
    std::iter::once(numeric).chain(DAYS.iter().copied())
}

/// In a gap the later time is meant and in a fold the earlier one, as RFC 5545 has it.
fn in_zone(time: DateTime, zone: &TimeZone) -> Option<String> {
    let moment = zone.to_timestamp(time).ok()?;
    Some(moment.to_string())
}

/// The words that are always the same, without the weekday and the small words around a time: `Friday, 1. Mai 2026 um
/// 9:30 Uhr` is `1 May 2026 9:30`.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().filter_map(|word| {
        let bare = word.trim_end_matches([',', '.']);
        let lower = bare.to_lowercase();
        if is_weekday(&lower)
            || matches!(
                lower.as_str(),
                "um" | "uhr" | "at" | "à" | "den" | "le" | "|" | "–" | "-"
            )
        {
            return None;
        }
        let month = MONTHS.iter().find(|(name, _)| *name == lower);
        if let Some(english) = month.and_then(|(_, number)| ENGLISH.get(number - 1)) {
            return Some((*english).to_owned());
        }
        Some(ordinal(bare).to_owned())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A day without the end that makes it an ordinal: `1st`, `2nd`, `1er`.
fn ordinal(word: &str) -> &str {
    let number = word.trim_end_matches(|c: char| c.is_alphabetic());
    let end = &word[number.len()..];
    let is_ordinal = matches!(end, "st" | "nd" | "rd" | "th" | "er");
    if is_ordinal && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        number
    } else {
        word
    }
}

fn is_weekday(word: &str) -> bool {
    const NAMES: &[&str] = &[
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
        "so",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
    ];
    NAMES.contains(&word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone")
    }

    fn check(locale: Locale, text: &str, expected: &str) {
        let read = read(text, locale, &berlin()).map_err(|missing| missing.message);
        assert_eq!(read.as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn moments_are_in_utc() {
        check(
            Locale::En,
            "2026-05-01T10:00:00+02:00",
            "2026-05-01T08:00:00Z",
        );
        check(Locale::En, " 2026-05-01 10:00:00Z ", "2026-05-01T10:00:00Z");
        check(
            Locale::En,
            "Fri, 01 May 2026 10:00:00 +0200",
            "2026-05-01T08:00:00Z",
        );
        check(
            Locale::En,
            "Fri, 01 May 2026 10:00:00 GMT",
            "2026-05-01T10:00:00Z",
        );
    }

    #[test]
    fn a_time_without_an_offset_is_of_the_zone() {
        check(Locale::En, "2026-05-01T10:00", "2026-05-01T08:00:00Z");
        check(Locale::En, "2026-01-01 10:00:00", "2026-01-01T09:00:00Z");
        check(Locale::De, "1. Mai 2026, 9:30 Uhr", "2026-05-01T07:30:00Z");
        check(Locale::En, "May 1, 2026 at 9:30 PM", "2026-05-01T19:30:00Z");
    }

    #[test]
    fn days_stay_days() {
        check(Locale::En, "2026-05-01", "2026-05-01");
        check(Locale::En, "May 1st, 2026", "2026-05-01");
        check(Locale::En, "Friday, 1 May 2026", "2026-05-01");
        check(Locale::En, "Sept. 3, 2026", "2026-09-03");
        check(Locale::De, "Freitag, den 1. März 2026", "2026-03-01");
        check(Locale::Fr, "vendredi 1er août 2026", "2026-08-01");
        check(Locale::En, "2026/05/01", "2026-05-01");
    }

    #[test]
    fn the_order_of_numbers_is_the_locales() {
        check(Locale::De, "02.03.2026", "2026-03-02");
        check(Locale::En, "02/03/2026", "2026-02-03");
        check(Locale::Fr, "02/03/2026", "2026-03-02");
        check(Locale::En, "3/4/2026 1:05 pm", "2026-03-04T12:05:00Z");
    }

    #[test]
    fn what_is_no_date_is_told() {
        for text in [
            "",
            "soon",
            "2026-02-30",
            "31.12.2026",
            "12",
            "2026-05",
            "May 2026",
        ] {
            let missing = read(text, Locale::En, &berlin()).expect_err(text);
            assert_eq!(missing.code, "not_a_date", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = read(&text, Locale::De, &berlin());
        }
    }
}
