use jiff::civil::Date;
use jiff::{ToSpan, Unit};
use proptest::prelude::*;

use super::tests::schedule;
use super::*;

/// A day of an expression, with what it means said in another way.
#[derive(Debug, Clone)]
enum Day {
    OfMonth(u8),
    Last,
    OfWeek(u8),
    Nth(u8, u8),
    LastOfWeek(u8),
    Closest(u8),
}

impl Day {
    fn fields(&self) -> (String, String) {
        match self {
            Self::OfMonth(day) => (day.to_string(), "?".to_owned()),
            Self::Last => ("L".to_owned(), "?".to_owned()),
            Self::Closest(day) => (format!("{day}W"), "?".to_owned()),
            Self::OfWeek(day) => ("?".to_owned(), day.to_string()),
            Self::Nth(day, nth) => ("?".to_owned(), format!("{day}#{nth}")),
            Self::LastOfWeek(day) => ("?".to_owned(), format!("{day}L")),
        }
    }

    fn is(&self, date: Date) -> bool {
        let weekday = |day: u8| date.weekday().to_sunday_one_offset() == day.cast_signed();
        let other_month = |days: i32| (date + days.days()).month() != date.month();
        match *self {
            Self::OfMonth(day) => date.day() == day.cast_signed(),
            Self::Last => other_month(1),
            Self::OfWeek(day) => weekday(day),
            Self::Nth(day, nth) => weekday(day) && (date.day() - 1) / 7 + 1 == nth.cast_signed(),
            Self::LastOfWeek(day) => weekday(day) && other_month(7),
            Self::Closest(day) => {
                let Ok(target) = date.with().day(day.cast_signed()).build() else {
                    return false;
                };
                let mut days: Vec<Date> = (-2..=2).map(|days| target + days.days()).collect();
                days.retain(|near| {
                    near.month() == target.month() && near.weekday().to_monday_one_offset() < 6
                });
                days.sort_by_key(|near| {
                    near.since((Unit::Day, target))
                        .expect("near")
                        .get_days()
                        .abs()
                });
                days.first() == Some(&date)
            }
        }
    }
}

fn days() -> impl Strategy<Value = Day> {
    prop_oneof![
        (1..=31_u8).prop_map(Day::OfMonth),
        Just(Day::Last),
        (1..=7_u8).prop_map(Day::OfWeek),
        (1..=7_u8, 1..=5_u8).prop_map(|(day, nth)| Day::Nth(day, nth)),
        (1..=7_u8).prop_map(Day::LastOfWeek),
        (1..=28_u8).prop_map(Day::Closest),
    ]
}

proptest! {
    #[test]
    fn the_next_time_is_the_first_that_matches(
        minute in 0..60_i8, hour in 0..24_i8, day in days(), now in 0..4_000_000_000_i64
    ) {
        let (of_month, of_week) = day.fields();
        let schedule = schedule(&format!("cron({minute} {hour} {of_month} * {of_week} *)"), "UTC");
        let now = Timestamp::from_second(now).expect("a time");
        let next = schedule.next(None, now).expect("a time");
        prop_assert!(next > now);
        let next = Zone::default().time_zone().to_datetime(next);
        prop_assert!(day.is(next.date()), "{} {}", schedule.as_str(), next);
        prop_assert_eq!((next.hour(), next.minute(), next.second()), (hour, minute, 0));
        let mut date = Zone::default().time_zone().to_datetime(now).date();
        while date < next.date() {
            let passed = date.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).expect("a time").timestamp() <= now;
            prop_assert!(passed || !day.is(date), "{} left out {}", schedule.as_str(), date);
            date += 1.day();
        }
    }

    #[test]
    fn no_two_times_are_closer_than_the_least_interval(
        minutes in prop::collection::btree_set(0..12_u8, 1..12), offset in 0..5_u8, hours in 0..24_u8,
        zone in prop::sample::select(&["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Caracas"]),
        now in 900_000_000..2_000_000_000_i64
    ) {
        let minutes: Vec<String> = minutes.iter().map(|minute| (minute * 5 + offset).to_string()).collect();
        let schedule = schedule(&format!("cron({} {hours}-3 * * ? *)", minutes.join(",")), zone);
        let now = Timestamp::from_second(now).expect("a time");
        let times: Vec<Timestamp> = schedule.upcoming(Some(now), now).take(400).collect();
        prop_assert_eq!(times.len(), 400);
        for pair in times.windows(2) {
            prop_assert!(pair[1].duration_since(pair[0]) >= MIN_INTERVAL, "{:?}", pair);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(cron|rate)?\\(?[0-9a-zA-Z?*/,#LW ä-]{0,40}\\)?") {
        let _ = Schedule::parse(&text, Zone::default());
    }
}
