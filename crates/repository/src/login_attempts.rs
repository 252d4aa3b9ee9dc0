//! Failed logins and mailed links, counted by atomic writes.
//!
//! An account has one row, which also holds a count for each address that tries it; an address has one row, which holds
//! the accounts that it tried. What the counts mean is `domain::lockout`'s business.

use aws_sdk_dynamodb::types::{Delete, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::client::ClientAddress;
use domain::lockout::{self, AccountRow, AddressRow, Restart};
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

/// An attempt that was counted and whose password may be checked.
#[derive(Debug)]
pub struct Attempt {
    names: Names,
    account: Option<AccountRow>,
    address: Option<AddressRow>,
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
    account_mark: String,
}

impl Names {
    fn new(user: &UserId, address: ClientAddress) -> Self {
        let address_digest = digest(&address.to_string());
        Self {
            account_key: format!("account#{user}"),
            address_key: format!("address#{address}"),
            pair_count: format!("n_{address_digest}"),
            pair_first: format!("f_{address_digest}"),
            pair_until: format!("u_{address_digest}"),
            account_mark: format!("a_{}", digest(&user.to_string())),
        }
    }
}

fn digest(text: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(&hash.as_ref()[..12])
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
        address: ClientAddress,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let names = Names::new(user, address);
        let (account, address) = futures::try_join!(
            self.count_for_account(&names, now),
            self.count_for_address(&names, now)
        )?;
        let mut attempt = Attempt {
            names,
            account: None,
            address: None,
            now,
        };
        let mut until = None;
        match account {
            Ok(before) => attempt.account = Some(before),
            Err(locked_until) => until = Some(locked_until),
        }
        match address {
            Ok(before) if before.is_beyond(&attempt.names.account_mark, now) => {
                until = until.max(Some(now + lockout::ADDRESS_WAIT));
                attempt.address = Some(before);
            }
            Ok(before) => attempt.address = Some(before),
            Err(locked_until) => until = until.max(Some(locked_until)),
        }
        Ok(match until {
            None => Begun::Allowed(attempt),
            Some(until) => Begun::Refused(attempt, until),
        })
    }

    async fn count_for_account(
        &self,
        names: &Names,
        now: Timestamp,
    ) -> Result<Result<AccountRow, Timestamp>, Error> {
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&names.account_key))
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
            Ok(answer) => Ok(account_row(&answer.attributes.unwrap_or_default(), names)),
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
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&names.address_key))
            .update_expression("SET #mark = :now, last_at = :now, #ttl = :ttl")
            .condition_expression("attribute_not_exists(locked_until) OR locked_until <= :now")
            .expression_attribute_names("#mark", &names.account_mark)
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

    /// Takes the attempt back, and with it what was counted for the account and for this address on it.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn succeeded(&self, attempt: Attempt) -> Result<(), Error> {
        let names = &attempt.names;
        let account = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&names.account_key))
            .update_expression("SET #count = :zero REMOVE #pair_count, #pair_first, #pair_until")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#pair_count", &names.pair_count)
            .expression_attribute_names("#pair_first", &names.pair_first)
            .expression_attribute_names("#pair_until", &names.pair_until)
            .expression_attribute_values(":zero", number(0))
            .send();
        let address = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&names.address_key))
            .update_expression("REMOVE #mark")
            .expression_attribute_names("#mark", &names.account_mark)
            .send();
        let (account, address) = futures::join!(account, address);
        account?;
        address?;
        Ok(())
    }

    /// Lets the failure count.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn failed(&self, attempt: Attempt) -> Result<(), Error> {
        futures::try_join!(self.account_failed(&attempt), self.address_failed(&attempt))?;
        Ok(())
    }

    async fn account_failed(&self, attempt: &Attempt) -> Result<(), Error> {
        let Some(before) = &attempt.account else {
            return Ok(());
        };
        let failure = before.fail(attempt.now);
        if failure.restart == Restart::No && failure.locked_until.is_none() && !failure.closed {
            return Ok(());
        }
        let (names, now) = (&attempt.names, attempt.now);
        let mut set = vec!["last_at = :now"];
        let mut remove = Vec::new();
        let mut call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&names.account_key))
            .expression_attribute_values(":now", time(now));
        if failure.restart != Restart::No {
            set.extend(["#pair_count = :one", "#pair_first = :now"]);
            call = call
                .expression_attribute_names("#pair_count", &names.pair_count)
                .expression_attribute_names("#pair_first", &names.pair_first)
                .expression_attribute_values(":one", number(1));
        }
        if failure.restart == Restart::Row {
            set.push("#count = :one");
            call = call.expression_attribute_names("#count", "count");
        }
        if let Some(until) = failure.locked_until {
            set.push("#pair_until = :until");
            call = call
                .expression_attribute_names("#pair_until", &names.pair_until)
                .expression_attribute_values(":until", time(until));
        }
        if failure.closed {
            // Only a reset opens the account again, so the row must not be forgotten.
            remove.push("#ttl");
            call = call.expression_attribute_names("#ttl", "ttl");
        }
        let remove = if remove.is_empty() {
            String::new()
        } else {
            format!(" REMOVE {}", remove.join(", "))
        };
        call.update_expression(format!("SET {}{remove}", set.join(", ")))
            .send()
            .await?;
        Ok(())
    }

    async fn address_failed(&self, attempt: &Attempt) -> Result<(), Error> {
        let Some(before) = &attempt.address else {
            return Ok(());
        };
        let locked_until = before.locked_until(&attempt.names.account_mark, attempt.now);
        let forgotten: Vec<&String> = before
            .forgotten(attempt.now)
            .filter(|name| **name != attempt.names.account_mark)
            .take(100)
            .collect();
        if locked_until.is_none() && forgotten.is_empty() {
            return Ok(());
        }
        let mut call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(&attempt.names.address_key));
        let mut expression = String::new();
        if let Some(until) = locked_until {
            expression.push_str("SET locked_until = :until, #ttl = :ttl");
            call = call
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":until", time(until))
                .expression_attribute_values(":ttl", number((until + lockout::MEMORY).as_second()));
        }
        if !forgotten.is_empty() {
            let names: Vec<String> = (0..forgotten.len())
                .map(|index| format!("#old{index}"))
                .collect();
            expression.push_str(" REMOVE ");
            expression.push_str(&names.join(", "));
            for (name, attribute) in names.iter().zip(forgotten) {
                call = call.expression_attribute_names(name, attribute);
            }
        }
        call.update_expression(expression).send().await?;
        Ok(())
    }

    /// Opens an account that failures closed, and forgets them.
    pub(crate) fn clearing(&self, user: &UserId) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("identifier", text(format!("account#{user}")))
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
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(format!("link#{}#{user}", kind.as_str())))
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
}

impl Attempt {
    /// Whether a failure of this attempt makes somebody wait.
    #[must_use]
    pub fn locks(&self) -> bool {
        let account = self.account.as_ref().map(|before| before.fail(self.now));
        let address = self
            .address
            .as_ref()
            .and_then(|before| before.locked_until(&self.names.account_mark, self.now));
        account.is_some_and(|failure| failure.locked_until.is_some() || failure.closed)
            || address.is_some()
    }
}

fn account_row(item: &Item, names: &Names) -> AccountRow {
    let ttl = item
        .get("ttl")
        .and_then(|value| value.as_n().ok())
        .and_then(|n| n.parse().ok());
    AccountRow {
        count: count_in(item, "count"),
        pair_count: count_in(item, &names.pair_count),
        pair_first_at: time_in(item, &names.pair_first),
        expires_at: ttl.and_then(|second| Timestamp::from_second(second).ok()),
    }
}

fn address_row(item: &Item) -> AddressRow {
    let marks = item.keys().filter(|name| name.starts_with("a_"));
    AddressRow {
        accounts: marks
            .filter_map(|name| Some((name.clone(), time_in(item, name)?)))
            .collect(),
    }
}
