use super::*;

pub(super) fn schedule(text: &str, zone: &str) -> Schedule {
    Schedule::parse(text, Zone::parse(zone).expect("a zone")).expect(text)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The next times in UTC, as `2026-09-08 20:00`, with no time before.
fn next(text: &str, zone: &str, now: &str, count: usize) -> Vec<String> {
    let schedule = schedule(text, zone);
    let times = schedule.upcoming(None, at(now)).take(count);
    times
        .map(|time| time.strftime("%F %R").to_string())
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    // A Tuesday.
    assert_eq!(
        next(text, "UTC", "2026-09-08T09:37:00Z", expected.len()),
        expected,
        "{text}"
    );
}

#[test]
fn the_examples_of_the_documentation_are_due_as_it_says() {
    check(
        "cron(0 10 * * ? *)",
        &["2026-09-08 10:00", "2026-09-09 10:00"],
    );
    check("cron(15 12 * * ? *)", &["2026-09-08 12:15"]);
    check(
        "cron(0 18 ? * MON-FRI *)",
        &[
            "2026-09-08 18:00",
            "2026-09-09 18:00",
            "2026-09-10 18:00",
            "2026-09-11 18:00",
            "2026-09-14 18:00",
        ],
    );
    check(
        "cron(0 8 1 * ? *)",
        &["2026-10-01 08:00", "2026-11-01 08:00"],
    );
    check(
        "cron(0/15 * * * ? *)",
        &["2026-09-08 09:45", "2026-09-08 10:00"],
    );
    check(
        "cron(0/10 * ? * MON-FRI *)",
        &["2026-09-08 09:40", "2026-09-08 09:50"],
    );
    check(
        "cron(0/5 8-17 ? * MON-FRI *)",
        &["2026-09-08 09:40", "2026-09-08 09:45"],
    );
    check(
        "cron(0/30 20-2 ? * MON-FRI *)",
        &["2026-09-08 20:00", "2026-09-08 20:30", "2026-09-08 21:00"],
    );
    check(
        "cron(5,35 14 * * ? *)",
        &["2026-09-08 14:05", "2026-09-08 14:35"],
    );
    check("cron(0 12 * * ? *)", &["2026-09-08 12:00"]);
    check(
        "cron(1/10 9 * * ? *)",
        &["2026-09-08 09:41", "2026-09-08 09:51", "2026-09-09 09:01"],
    );
    check(
        "cron(0 9 3W * ? *)",
        &["2026-10-02 09:00", "2026-11-03 09:00"],
    );
    check(
        "cron(0 9 ? * 3#2 *)",
        &["2026-10-13 09:00", "2026-11-10 09:00"],
    );
    assert_eq!(
        next(
            "cron(15 10 ? * 6L 2019-2022)",
            "UTC",
            "2022-11-01T00:00:00Z",
            9
        ),
        ["2022-11-25 10:15", "2022-12-30 10:15"]
    );
}

#[test]
fn special_days_are_found() {
    check(
        "cron(0 0 L * ? *)",
        &["2026-09-30 00:00", "2026-10-31 00:00"],
    );
    check(
        "cron(0 0 LW * ? *)",
        &["2026-09-30 00:00", "2026-10-30 00:00"],
    );
    check(
        "cron(0 0 ? * L *)",
        &["2026-09-12 00:00", "2026-09-19 00:00"],
    );
    check("cron(0 0 ? * FRIL *)", &["2026-09-25 00:00"]);
    check("cron(0 0 ? * 1#5 *)", &["2026-11-29 00:00"]);
    check(
        "cron(0 0 29 feb ? *)",
        &["2028-02-29 00:00", "2032-02-29 00:00"],
    );
    check("cron(0 0 1W 8 ? 2027)", &["2027-08-02 00:00"]);
    check(
        "cron(0 0 ? * FRI-MON *)",
        &[
            "2026-09-11 00:00",
            "2026-09-12 00:00",
            "2026-09-13 00:00",
            "2026-09-14 00:00",
            "2026-09-18 00:00",
        ],
    );
}

#[test]
fn a_schedule_of_the_past_is_never_due_again() {
    assert!(next("cron(0 0 1 1 ? 2020)", "UTC", "2026-01-01T00:00:00Z", 1).is_empty());
    assert!(next("cron(0 0 1 1 ? *)", "UTC", "2199-06-01T00:00:00Z", 1).is_empty());
}

#[test]
fn times_are_of_the_zone() {
    assert_eq!(
        next(
            "cron(0 9 ? * MON-FRI *)",
            "Europe/Berlin",
            "2026-10-22T12:00:00Z",
            3
        ),
        ["2026-10-23 07:00", "2026-10-26 08:00", "2026-10-27 08:00"]
    );
}

#[test]
fn a_time_that_clocks_skip_is_left_out() {
    // Berlin goes from 2:00 to 3:00 on 29 March 2026.
    assert_eq!(
        next(
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            3
        ),
        ["2026-03-28 01:30", "2026-03-30 00:30", "2026-03-31 00:30"]
    );
    // Samoa had no 30 December 2011.
    assert_eq!(
        next(
            "cron(0 12 30 12 ? *)",
            "Pacific/Apia",
            "2011-12-01T00:00:00Z",
            1
        ),
        ["2012-12-29 22:00"]
    );
}

#[test]
fn a_time_that_comes_twice_counts_once() {
    // Berlin goes from 3:00 to 2:00 on 25 October 2026: 2:00 to 3:00 is first from 0:00 to 1:00 UTC.
    assert_eq!(
        next(
            "cron(0/30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            3
        ),
        ["2026-10-25 00:00", "2026-10-25 00:30", "2026-10-26 01:00"]
    );
    // In the hour that is repeated the next time is after it.
    assert_eq!(
        next(
            "cron(0/30 * * * ? *)",
            "Europe/Berlin",
            "2026-10-25T01:10:00Z",
            1
        ),
        ["2026-10-25 02:00"]
    );
}

#[test]
fn a_rate_counts_from_the_time_before() {
    let hourly = schedule("rate(1 hour)", "UTC");
    let next = |last: Option<&str>, now| {
        hourly
            .next(last.map(at), at(now))
            .expect("a time")
            .to_string()
    };
    assert_eq!(next(None, "2026-01-01T10:20:00Z"), "2026-01-01T11:20:00Z");
    assert_eq!(
        next(Some("2026-01-01T10:00:00Z"), "2026-01-01T10:20:00Z"),
        "2026-01-01T11:00:00Z"
    );
    assert_eq!(
        next(Some("2026-01-01T10:00:00Z"), "2026-01-01T14:00:00Z"),
        "2026-01-01T15:00:00Z"
    );
    assert_eq!(
        next(Some("2026-01-01T10:00:00Z"), "2026-01-01T09:59:00Z"),
        "2026-01-01T11:00:00Z"
    );
}

fn refused(text: &str, expected: &str) {
    let refused = Schedule::parse(text, Zone::default()).expect_err(text);
    assert!(
        refused
            .message
            .starts_with(&format!("at character {expected}")),
        "{text}: {refused}"
    );
}

#[test]
fn a_bad_schedule_is_refused_with_its_place() {
    refused("", "1: must be rate");
    refused("daily", "1: must be rate");
    refused("at(2026-01-01T00:00:00)", "1: must be rate");
    refused("rate(5 minutes", "15: ')' is missing");
    refused("rate(5 minutes) x", "16: nothing may follow");
    refused("rate(5)", "6: must be a number and a unit");
    refused("rate(0 minutes)", "6: must be a whole number");
    refused("rate(1.5 hours)", "6: must be a whole number");
    refused("rate(5 weeks)", "8: must be minutes");
    refused("rate(5 minute)", "8: must be minutes after 5");
    refused("rate(1 hours)", "8: must be hour after 1");
    refused("cron(0 10 * * ?)", "6: must have six fields");
    refused(
        "cron(0 10 * * * *)",
        "15: one of day-of-month and day-of-week must be '?'",
    );
    refused("cron(0 10 ? * ? *)", "15: '?' can stand in one");
    refused("cron(60 10 * * ? *)", "6: minutes must be from 0 to 59");
    refused("cron(0 8,24 * * ? *)", "10: hours must be from 0 to 23");
    refused(
        "cron(0 8 32 * ? *)",
        "10: day-of-month must be from 1 to 31",
    );
    refused(
        "cron(0 8 1 JAM ? *)",
        "12: month must be from 1 to 12 or JAN to DEC",
    );
    refused(
        "cron(0 8 ? * 0 *)",
        "14: day-of-week must be from 1 to 7 or SUN to SAT",
    );
    refused("cron(0 8 ? * 2/2 *)", "15: '/' can't be in day-of-week");
    refused("cron(0 8 ? * 3#6 *)", "16: one number from 1 to 5");
    refused("cron(0 8 ? * 3#1,6#3 *)", "16: one number from 1 to 5");
    refused("cron(0 8 1,15W * ? *)", "10: day-of-month must be");
    refused("cron(0 8 L-3 * ? *)", "10: L and W can't be in a list");
    refused("cron(0 8 1 * ? 1969)", "16: year must be from 1970 to 2199");
    refused("cron(0 8 1 * ? 2027-2026)", "16: years can't run backwards");
    refused("cron(0/0 8 1 * ? *)", "8: the step must be");
    refused("cron(0/5/5 8 1 * ? *)", "9: '/' can stand here once");
    refused("cron(0-9-9 8 1 * ? *)", "9: '-' can stand here once");
    refused("cron(0, 8 1 * ? *)", "8: minutes must be");
    refused("cron(? 10 * * ? *)", "6: minutes must be");
    refused("cron(0 8 ä * ? *)", "10: this can't be in a schedule");
}

#[test]
fn a_schedule_that_is_due_too_often_is_refused() {
    for (text, place) in [
        ("rate(1 minute)", 6),
        ("rate(4 minutes)", 6),
        ("cron(* * * * ? *)", 6),
        ("cron(0/4 9 * * ? *)", 6),
        ("cron(0,58 * * * ? *)", 6),
        ("cron(1,58 23,0 * * ? *)", 6),
    ] {
        let refused = Schedule::parse(text, Zone::default()).expect_err(text);
        assert_eq!(refused.code, "too_often", "{text}");
        assert!(
            refused
                .message
                .starts_with(&format!("at character {place}:")),
            "{text}: {refused}"
        );
    }
    for text in [
        "rate(5 minutes)",
        "cron(0/5 * * * ? *)",
        "cron(0,58 9,17 * * ? *)",
    ] {
        schedule(text, "UTC");
    }
}

#[test]
fn days_that_no_month_has_are_refused() {
    let refused =
        Schedule::parse("cron(0 0 31 2,4 ? *)", Zone::default()).expect_err("no such day");
    assert_eq!(refused.code, "never");
    assert_eq!(
        refused.message,
        "at character 10: no month of these years has such a day"
    );
}

#[test]
fn a_zone_that_is_not_known_is_refused() {
    for text in ["", "Europe/Atlantis", "+02:00", "../etc/passwd"] {
        assert!(Zone::parse(text).is_err(), "{text}");
    }
    assert_eq!(
        Zone::parse("europe/berlin").expect("a zone").name(),
        "Europe/Berlin"
    );
}
