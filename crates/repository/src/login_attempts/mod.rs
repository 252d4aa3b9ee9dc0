//! Failed logins and mailed links, counted by atomic writes.
//!
//! An account has one row, which also holds a count for each address that tries it; an address has one row, which holds
//! the accounts that it tried. What the counts mean is `domain::lockout`'s business.

mod outcome;

use aws_sdk_dynamodb::types::{Delete, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::client::ClientAddress;
use domain::lockout::{self, AccountRow, AddressRow};
use domain::one_time::{Kind, LINK_WINDOW};
use domain::{Timestamp, UserId};

use crate::database::{Item, conditional, count_in, number, text, time, time_in};
use crate::transaction::built;
use crate::{Database, Error};

/// The table of counts.
#[derive(Debug, Clone)]
pub struct LoginAttempts {
    database: Database,
    table: String,
}

/// What is guessed at. Each has a row of its own, so that who may try one can't clear what was counted of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessed {
    /// The account's password.
    Password,
    /// The passphrase of the user's message key.
    Passphrase,
}

impl Guessed {
    fn row(self, user: &UserId) -> String {
        match self {
            Self::Password => format!("account#{user}"),
            Self::Passphrase => format!("message-key#{user}"),
        }
    }
}

/// An attempt that was counted and whose password may be checked.
#[derive(Debug)]
pub struct Attempt {
    names: Names,
    account: Option<AccountRow>,
    address: Option<AddressRow>,
    refused: bool,
    now: Timestamp,
}

/// Whether an attempt may go on.
#[derive(Debug)]
pub enum Begun {
    /// It was counted; say how it ended with [`LoginAttempts::succeeded`] or [`LoginAttempts::failed`].
    Allowed(Attempt),
    /// It must wait until then; what was counted must still be told as failed.
    Refused(Attempt, Timestamp),
}

/// The keys and the attribute names that an attempt touches. An account and an address appear in each other's rows as
/// short digests, so that a row stays small whatever is tried.
#[derive(Debug, Clone)]
struct Names {
    account_key: String,
    address_key: String,
    pair_count: String,
    pair_first: String,
    pair_until: String,
    failed_mark: String,
    in_flight_mark: String,
}

impl Names {
    fn new(user: &UserId, guessed: Guessed, address: ClientAddress) -> Self {
        let address_digest = digest(&address.to_string());
        let account_key = guessed.row(user);
        let account_digest = digest(&account_key);
        Self {
            account_key,
            address_key: format!("address#{address}"),
            pair_count: format!("n_{address_digest}"),
            pair_first: format!("f_{address_digest}"),
            pair_until: format!("{UNTIL}{address_digest}"),
            failed_mark: format!("{FAILED}{account_digest}"),
            in_flight_mark: format!("{IN_FLIGHT}{account_digest}"),
        }
    }
}

/// What the attributes of an address's row start with: accounts that failed, and accounts that are being checked.
const FAILED: &str = "a_";
const IN_FLIGHT: &str = "i_";
/// What the attribute of an account's row starts with that says when an address may try again.
const UNTIL: &str = "u_";
/// An account's row remembers as many addresses beyond one success: as many failures close it.
const MOST_ADDRESSES: usize = 100;
/// As many attributes are tidied away at once: an expression may have 4 KiB.
const TIDIED_AT_ONCE: usize = 300;

impl Names {
    fn is_of_pair(&self, name: &str) -> bool {
        [&self.pair_count, &self.pair_first, &self.pair_until]
            .iter()
            .any(|own| *own == name)
    }
}

fn digest(text: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(&hash.as_ref()[..8])
}

impl LoginAttempts {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Counts an attempt on an account from an address, before its password is looked at. One wait.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn begin(
        &self,
        user: &UserId,
        guessed: Guessed,
        address: ClientAddress,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let names = Names::new(user, guessed, address);
        let (account, address) = futures::try_join!(
            self.count_for_account(&names, now),
            self.count_for_address(&names, now)
        )?;
        let mut attempt = Attempt {
            names,
            account: None,
            address: None,
            refused: false,
            now,
        };
        let mut waits = Vec::new();
        match account {
            Ok(before) => attempt.account = Some(before),
            Err(locked_until) => waits.push(locked_until),
        }
        match address {
            Ok(before) => {
                waits.extend(before.must_wait(attempt.account_digest(), now));
                attempt.address = Some(before);
            }
            Err(locked_until) => waits.push(locked_until),
        }
        Ok(match waits.into_iter().max() {
            None => Begun::Allowed(attempt),
            Some(until) => Begun::Refused(
                Attempt {
                    refused: true,
                    ..attempt
                },
                until,
            ),
        })
    }

    async fn count_for_account(
        &self,
        names: &Names,
        now: Timestamp,
    ) -> Result<Result<AccountRow, Timestamp>, Error> {
        let call = self
            .update(&names.account_key)
            .update_expression(
                "SET last_at = :now, first_at = if_not_exists(first_at, :now), \
                 #pair_first = if_not_exists(#pair_first, :now), #pair_until = :in_flight, #ttl = :ttl \
                 ADD #count :one, #pair_count :one",
            )
            .condition_expression(
                "(attribute_not_exists(#count) OR #count < :max OR #ttl <= :now_s) \
                 AND (attribute_not_exists(#pair_count) OR #pair_count < :free OR #pair_until <= :now OR #ttl <= :now_s)",
            )
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#pair_count", &names.pair_count)
            .expression_attribute_names("#pair_first", &names.pair_first)
            .expression_attribute_names("#pair_until", &names.pair_until)
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":now_s", number(now.as_second()))
            .expression_attribute_values(":in_flight", time(now + lockout::IN_FLIGHT))
            .expression_attribute_values(":ttl", number((now + lockout::MEMORY).as_second()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":max", number(lockout::MAX_FOR_ACCOUNT))
            .expression_attribute_values(":free", number(lockout::FREE))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(match conditional(call.send().await)? {
            Ok(answer) => Ok(account_row(
                &answer.attributes.unwrap_or_default(),
                names,
                now,
            )),
            Err(row) => {
                let row = row.unwrap_or_default();
                let closed = count_in(&row, "count") >= lockout::MAX_FOR_ACCOUNT;
                let until = time_in(&row, &names.pair_until).filter(|_| !closed);
                Err(until.unwrap_or(now + lockout::MEMORY))
            }
        })
    }

    async fn count_for_address(
        &self,
        names: &Names,
        now: Timestamp,
    ) -> Result<Result<AddressRow, Timestamp>, Error> {
        let call = self
            .update(&names.address_key)
            .update_expression("SET #mark = :now, last_at = :now, #ttl = :ttl")
            .condition_expression("attribute_not_exists(locked_until) OR locked_until <= :now")
            .expression_attribute_names("#mark", &names.in_flight_mark)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":ttl", number((now + lockout::MEMORY).as_second()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(match conditional(call.send().await)? {
            Ok(answer) => Ok(address_row(&answer.attributes.unwrap_or_default())),
            Err(row) => Err(row
                .and_then(|row| time_in(&row, "locked_until"))
                .unwrap_or(now + lockout::ADDRESS_WAIT)),
        })
    }

    /// Opens an account that failures closed, and forgets them.
    pub(crate) fn clearing(&self, user: &UserId, guessed: Guessed) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("identifier", text(guessed.row(user)))
                .build(),
        )
    }

    /// Counts a mail with a link of `kind` to an account, whether it exists or not; false when it had its share of them
    /// within the window. The last three times are kept, so that the window slides.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn may_mail_link(
        &self,
        kind: Kind,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let call = self
            .update(&format!("link#{}#{user}", kind.as_str()))
            .update_expression(
                "SET third_at = if_not_exists(second_at, :never), second_at = if_not_exists(last_at, :never), \
                 last_at = :now, #ttl = :ttl",
            )
            .condition_expression("attribute_not_exists(third_at) OR third_at <= :window")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":never", number(0))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":window", time(now - LINK_WINDOW))
            .expression_attribute_values(":ttl", number((now + lockout::MEMORY).as_second()));
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Takes back a mail that was counted at `now` and never queued.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn unmail_link(
        &self,
        kind: Kind,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let call = self
            .update(&format!("link#{}#{user}", kind.as_str()))
            .update_expression("SET last_at = second_at, second_at = third_at, third_at = :never")
            .condition_expression("last_at = :now")
            .expression_attribute_values(":never", number(0))
            .expression_attribute_values(":now", time(now));
        conditional(call.send().await)?.ok();
        Ok(())
    }
}

fn account_row(item: &Item, names: &Names, now: Timestamp) -> AccountRow {
    let ttl = item
        .get("ttl")
        .and_then(|value| value.as_n().ok())
        .and_then(|n| n.parse().ok());
    let mut addresses: Vec<(Timestamp, &str)> = item
        .keys()
        .filter_map(|name| name.strip_prefix(UNTIL))
        .filter_map(|address| Some((time_in(item, &format!("{UNTIL}{address}"))?, address)))
        .collect();
    addresses.sort_unstable();
    // Whatever comes, the row stays small: the addresses that were quiet for longest go first.
    let surplus = addresses.len().saturating_sub(MOST_ADDRESSES);
    let quiet = addresses
        .into_iter()
        .enumerate()
        .filter(|(index, (until, _))| *index < surplus || *until + lockout::MEMORY <= now)
        .map(|(_, (_, address))| address);
    AccountRow {
        count: count_in(item, "count"),
        pair_count: count_in(item, &names.pair_count),
        pair_first_at: time_in(item, &names.pair_first),
        expires_at: ttl.and_then(|second| Timestamp::from_second(second).ok()),
        forgotten: quiet
            .flat_map(|address| ["n_", "f_", UNTIL].map(|kind| format!("{kind}{address}")))
            .collect(),
    }
}

fn address_row(item: &Item) -> AddressRow {
    let marked = |prefix: &str| {
        let marks = item
            .keys()
            .filter_map(|name| Some((name, name.strip_prefix(prefix)?)));
        marks
            .filter_map(|(name, account)| Some((account.to_owned(), time_in(item, name)?)))
            .collect()
    };
    AddressRow {
        failed: marked(FAILED),
        in_flight: marked(IN_FLIGHT),
    }
}
