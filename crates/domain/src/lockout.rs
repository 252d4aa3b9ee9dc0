//! How failed logins slow an attacker down (OWASP ASVS 5.0 §6.3.1).
//!
//! Two counts are kept: one for an account, which also counts each address that tries it, and one for an address, which
//! remembers the accounts that it tried. Both are raised before the password is hashed, so that parallel guesses
//! can't slip past; a success takes them back.

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::clock::SignedDuration;

/// Failures for an account from one address that cost nothing.
pub const FREE: u64 = 5;
/// How long those free failures are counted together.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// The longest wait that doubling leads to.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// Failures in a row, from anywhere, after which only a password reset opens the account.
pub const MAX_FOR_ACCOUNT: u64 = 100;
/// Different accounts from one address…
pub const MAX_ACCOUNTS: usize = 15;
/// …within this time…
pub const ACCOUNTS_WINDOW: SignedDuration = SignedDuration::from_hours(3);
/// …make that address wait this long.
pub const ADDRESS_WAIT: SignedDuration = SignedDuration::from_hours(24);
/// How long a row lives after its last failure.
pub const MEMORY: SignedDuration = SignedDuration::from_hours(24);
/// How long an attempt holds its place while its password is checked: longer than a function may run, so that
/// guesses beyond the free ones go one by one.
pub const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(30);

/// What the account's row held before an attempt was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountRow {
    /// Failures in a row, from anywhere.
    pub count: u64,
    /// Failures from this address.
    pub pair_count: u64,
    /// The first of them.
    pub pair_first_at: Option<Timestamp>,
    /// When the row's memory ends.
    pub expires_at: Option<Timestamp>,
    /// Attributes about addresses that have been quiet for as long as a row is remembered.
    pub forgotten: Vec<String>,
}

/// What a failed attempt makes of the account's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The counts start again at one: the row was forgotten, or the free failures' time was over.
    pub restart: Restart,
    /// Until when this address waits before it may try this account again.
    pub locked_until: Option<Timestamp>,
    /// The account is closed until its password is reset.
    pub closed: bool,
}

/// Which counts begin again with this failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// None.
    No,
    /// The address's count for this account.
    Pair,
    /// All of the row.
    Row,
}

impl AccountRow {
    /// What a failure at `now` means, given what the row held before it was counted.
    #[must_use]
    pub fn fail(&self, now: Timestamp) -> Failure {
        let forgotten = self.expires_at.is_some_and(|at| at <= now);
        let stale =
            self.pair_count < FREE && self.pair_first_at.is_some_and(|at| at + WINDOW <= now);
        let restart = match (forgotten, stale) {
            (true, _) => Restart::Row,
            (false, true) => Restart::Pair,
            (false, false) => Restart::No,
        };
        let pair = if restart == Restart::No {
            self.pair_count + 1
        } else {
            1
        };
        let count = if restart == Restart::Row {
            1
        } else {
            self.count + 1
        };
        Failure {
            restart,
            locked_until: wait_after(pair).map(|wait| now + wait),
            closed: count >= MAX_FOR_ACCOUNT,
        }
    }
}

/// The wait that the `failures`-th failure from one address brings: none for the free ones, then 1 s, doubling.
fn wait_after(failures: u64) -> Option<SignedDuration> {
    let doublings = u32::try_from(failures.checked_sub(FREE)?).unwrap_or(u32::MAX);
    let seconds = 1i64
        .checked_shl(doublings)
        .filter(|s| *s > 0)
        .unwrap_or(i64::MAX);
    Some(SignedDuration::from_secs(seconds).min(LONGEST_WAIT))
}

/// What the address's row held before an attempt was counted: accounts by a short digest of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressRow {
    /// The accounts that failed from it, and when they last did.
    pub failed: BTreeMap<String, Timestamp>,
    /// The accounts whose passwords are being checked, and since when.
    pub in_flight: BTreeMap<String, Timestamp>,
}

/// How long an attempt waits that comes while as many accounts as may fail are being checked already.
pub const BUSY_WAIT: SignedDuration = SignedDuration::from_secs(1);

impl AddressRow {
    fn failed_lately(&self, now: Timestamp) -> impl Iterator<Item = &String> {
        self.failed
            .iter()
            .filter(move |(_, at)| **at + ACCOUNTS_WINDOW > now)
            .map(|(name, _)| name)
    }

    /// Until when an attempt on `account` must wait, even before its password is checked: a day where too many accounts
    /// have failed, a moment where too many are being checked (all of them could be right, so that nothing is locked).
    #[must_use]
    pub fn must_wait(&self, account: &str, now: Timestamp) -> Option<Timestamp> {
        if let Some(until) = self.overdue(now) {
            return Some(until);
        }
        let in_flight = self
            .in_flight
            .iter()
            .filter(|(_, at)| **at + IN_FLIGHT > now);
        let in_flight = in_flight.map(|(name, _)| name);
        let others: BTreeSet<&String> = self
            .failed_lately(now)
            .chain(in_flight)
            .filter(|name| *name != account)
            .collect();
        (others.len() >= MAX_ACCOUNTS).then(|| now + BUSY_WAIT)
    }

    /// Until when the address must wait because of failures that came together, so that none saw itself as the last.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> Option<Timestamp> {
        (self.failed_lately(now).count() >= MAX_ACCOUNTS).then(|| now + ADDRESS_WAIT)
    }

    /// Until when the address must wait once an attempt on `account` has failed, if it must.
    #[must_use]
    pub fn locked_until(&self, account: &str, now: Timestamp) -> Option<Timestamp> {
        let others = self
            .failed_lately(now)
            .filter(|name| *name != account)
            .count();
        (others + 1 >= MAX_ACCOUNTS).then(|| now + ADDRESS_WAIT)
    }

    /// The accounts that no longer count, as they are named in the two maps.
    #[must_use]
    pub fn forgotten(&self, now: Timestamp) -> (Vec<&String>, Vec<&String>) {
        (
            self.failed
                .iter()
                .filter(|(_, at)| **at + ACCOUNTS_WINDOW <= now)
                .map(|(name, _)| name)
                .collect(),
            self.in_flight
                .iter()
                .filter(|(_, at)| **at + IN_FLIGHT <= now)
                .map(|(name, _)| name)
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn row(count: u64, pair_count: u64) -> AccountRow {
        AccountRow {
            count,
            pair_count,
            pair_first_at: Some(at(0)),
            expires_at: Some(at(86_400)),
            forgotten: Vec::new(),
        }
    }

    #[test]
    fn four_failures_are_free_and_from_the_fifth_the_wait_doubles() {
        let wait = |before| {
            row(0, before)
                .fail(at(60))
                .locked_until
                .map(|t| t.as_second() - at(60).as_second())
        };
        assert_eq!((0..4).map(wait).collect::<Vec<_>>(), [None; 4]);
        assert_eq!(
            (4..9).map(wait).collect::<Vec<_>>(),
            [1, 2, 4, 8, 16].map(Some)
        );
        assert_eq!(wait(13), Some(512));
        assert_eq!(wait(14), Some(900));
        assert_eq!(wait(u64::MAX - 1), Some(900));
    }

    #[test]
    fn free_failures_are_forgotten_after_a_quarter_of_an_hour_but_waits_are_not() {
        assert_eq!(row(4, 4).fail(at(900)).restart, Restart::Pair);
        assert_eq!(row(4, 4).fail(at(899)).restart, Restart::No);
        assert_eq!(row(7, 7).fail(at(900)).restart, Restart::No);
        assert_eq!(row(7, 7).fail(at(86_400)).restart, Restart::Row);
    }

    #[test]
    fn the_hundredth_failure_closes_the_account() {
        assert!(!row(98, 0).fail(at(1)).closed);
        assert!(row(99, 0).fail(at(1)).closed);
    }

    #[test]
    fn the_fifteenth_account_that_fails_makes_the_address_wait() {
        let mut row = AddressRow::default();
        for n in 0..14 {
            assert_eq!(row.locked_until(&n.to_string(), at(n)), None);
            row.failed.insert(n.to_string(), at(n));
        }
        assert_eq!(
            row.locked_until("3", at(20)),
            None,
            "an account that is known already is not a new one"
        );
        assert_eq!(row.locked_until("new", at(20)), Some(at(20 + 86_400)));
        assert_eq!(
            row.locked_until("new", at(3 * 3600)),
            None,
            "the first one is forgotten by then"
        );
        assert_eq!(row.forgotten(at(3 * 3600)).0, ["0"]);
        assert_eq!(row.must_wait("new", at(20)), None);
        row.failed.insert("14".into(), at(20));
        assert_eq!(row.must_wait("3", at(21)), Some(at(21 + 86_400)));
    }

    #[test]
    fn accounts_that_are_being_checked_make_others_wait_a_moment_and_lock_nothing() {
        let mut row = AddressRow::default();
        for n in 0..15 {
            assert_eq!(row.must_wait("new", at(0)), None);
            row.in_flight.insert(n.to_string(), at(0));
        }
        assert_eq!(row.must_wait("new", at(0)), Some(at(1)));
        assert_eq!(row.must_wait("3", at(0)), None, "one of them tries again");
        assert_eq!(row.locked_until("3", at(0)), None);
        assert_eq!(
            row.must_wait("new", at(30)),
            None,
            "a function that died is not waited for"
        );
    }
}
