//! When a message that was not taken is posted again.

use domain::Timestamp;
use domain::clock::SignedDuration;

/// How long after each time that it was not taken: the example of
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability),
/// which ends after three days.
const DELAYS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// The longest that a receiver can put it off.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// The part of a delay that chance can take away.
const CHANCE: i32 = 10;

/// When a message that was posted `attempt` times before this one is posted again, after it was not taken `now`; `None` when
/// it was the last time.
///
/// A receiver can have `asked` for more time. Up to a tenth of a delay is taken away by `chance`, so that what failed
/// together does not come back together.
#[must_use]
pub fn next(
    attempt: u32,
    now: Timestamp,
    asked: Option<Timestamp>,
    chance: u16,
) -> Option<Timestamp> {
    let delay = *DELAYS.get(usize::try_from(attempt).ok()?)?;
    let less = delay / CHANCE * i32::from(chance) / (i32::from(u16::MAX) + 1);
    let time = now + (delay - less);
    Some(
        asked
            .map_or(time, |asked| asked.max(time))
            .min(now + LONGEST),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn seconds(attempt: u32, asked: Option<i64>, chance: u16) -> Option<f64> {
        let asked = asked.map(|second| NOW + SignedDuration::from_secs(second));
        next(attempt, NOW, asked, chance).map(|time| time.duration_since(NOW).as_secs_f64())
    }

    #[test]
    fn the_delays_grow_to_a_day_and_end() {
        let delays: Vec<_> = (0..)
            .map_while(|attempt| seconds(attempt, None, 0))
            .collect();
        assert_eq!(
            delays,
            [
                5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0
            ]
        );
        assert_eq!(seconds(u32::MAX, None, 0), None);
    }

    #[test]
    fn chance_takes_a_tenth_at_most() {
        for attempt in 0..9 {
            let whole = seconds(attempt, None, 0).unwrap();
            let half = seconds(attempt, None, 1 << 15).unwrap();
            let least = seconds(attempt, None, u16::MAX).unwrap();
            assert!((half / whole - 0.95).abs() < 1e-6, "{half} of {whole}");
            assert!((0.9..0.91).contains(&(least / whole)), "{least} of {whole}");
        }
    }

    #[test]
    fn a_receiver_can_put_it_off_for_a_day_and_not_bring_it_forward() {
        assert_eq!(seconds(0, Some(120), 0), Some(120.0));
        assert_eq!(seconds(1, Some(120), 0), Some(300.0));
        assert_eq!(seconds(1, Some(-120), 0), Some(300.0));
        assert_eq!(seconds(1, Some(100_000), 0), Some(86_400.0));
        assert_eq!(seconds(9, Some(120), 0), None);
    }
}
