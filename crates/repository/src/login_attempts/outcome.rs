//! How an attempt ended.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::lockout::{self, Restart};

use super::{Attempt, FAILED, IN_FLIGHT, LoginAttempts, TIDIED_AT_ONCE};
use crate::Error;
use crate::database::{Assignments, conditional, number, text, time};

impl Attempt {
    /// Whether a failure of this attempt makes somebody wait.
    #[must_use]
    pub fn locks(&self) -> bool {
        let account = self.account.as_ref().map(|before| before.fail(self.now));
        let address = self
            .address
            .as_ref()
            .and_then(|before| before.locked_until(self.account_digest(), self.now));
        account.is_some_and(|failure| failure.locked_until.is_some() || failure.closed)
            || address.is_some()
    }

    pub(super) fn account_digest(&self) -> &str {
        &self.names.failed_mark[FAILED.len()..]
    }

    /// Removes what no longer counts for the address.
    fn tidy_address(&self, changes: &mut Assignments) {
        let Some(before) = &self.address else { return };
        let (failed, in_flight) = before.forgotten(self.now);
        let marks = failed.into_iter().map(|name| format!("{FAILED}{name}"));
        let marks = marks.chain(
            in_flight
                .into_iter()
                .map(|name| format!("{IN_FLIGHT}{name}")),
        );
        let own = [&self.names.failed_mark, &self.names.in_flight_mark];
        for mark in marks
            .filter(|mark| !own.contains(&mark))
            .take(TIDIED_AT_ONCE)
        {
            changes.remove(&mark);
        }
    }
}

impl LoginAttempts {
    /// Takes the attempt back, and with it what was counted for the account and for this address on it.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn succeeded(&self, attempt: Attempt) -> Result<(), Error> {
        let names = &attempt.names;
        let mut account = Assignments::default();
        account.set("count", number(0));
        account.set("ttl", number((attempt.now + lockout::MEMORY).as_second()));
        for name in [&names.pair_count, &names.pair_first, &names.pair_until] {
            account.remove(name);
        }
        let forgotten = attempt.account.iter().flat_map(|before| &before.forgotten);
        for name in forgotten
            .filter(|name| !names.is_of_pair(name))
            .take(TIDIED_AT_ONCE)
        {
            account.remove(name);
        }
        let mut address = Assignments::default();
        address.remove(&names.failed_mark);
        address.remove(&names.in_flight_mark);
        attempt.tidy_address(&mut address);
        futures::try_join!(
            self.write(&names.account_key, account),
            self.write(&names.address_key, address)
        )?;
        Ok(())
    }

    /// Lets the failure count.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn failed(&self, attempt: Attempt) -> Result<(), Error> {
        futures::try_join!(
            self.account_failed(&attempt),
            self.write(&attempt.names.address_key, address_failed(&attempt))
        )?;
        Ok(())
    }

    async fn account_failed(&self, attempt: &Attempt) -> Result<(), Error> {
        let (changes, restart) = account_failed(attempt);
        let key = &attempt.names.account_key;
        let Some(first_at) = attempt
            .account
            .as_ref()
            .and_then(|before| before.pair_first_at)
        else {
            return self.write(key, changes).await;
        };
        if restart == Restart::No {
            return self.write(key, changes).await;
        }
        // Of failures that come together, the first begins the counts again and the others are added to it.
        let call = changes
            .apply(self.update(key))
            .condition_expression("#pair_first = :first")
            .expression_attribute_names("#pair_first", &attempt.names.pair_first)
            .expression_attribute_values(":first", time(first_at));
        if conditional(call.send().await)?.is_ok() {
            return Ok(());
        }
        let call = self
            .update(key)
            .update_expression("ADD #pair_count :one")
            .expression_attribute_names("#pair_count", &attempt.names.pair_count)
            .expression_attribute_values(":one", number(1));
        call.send().await?;
        Ok(())
    }

    async fn write(&self, key: &str, changes: Assignments) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        changes.apply(self.update(key)).send().await?;
        Ok(())
    }

    pub(super) fn update(&self, key: &str) -> UpdateItemFluentBuilder {
        self.database
            .client
            .update_item()
            .table_name(&self.table)
            .key("identifier", text(key))
    }
}

/// What the account's row is told, where the count that [`LoginAttempts::begin`] raised does not say it all.
fn account_failed(attempt: &Attempt) -> (Assignments, Restart) {
    let mut changes = Assignments::default();
    let Some(before) = &attempt.account else {
        return (changes, Restart::No);
    };
    let (names, failure) = (&attempt.names, before.fail(attempt.now));
    if failure.restart != Restart::No {
        changes.set(&names.pair_count, number(1));
        changes.set(&names.pair_first, time(attempt.now));
    }
    if failure.restart == Restart::Row {
        changes.set("count", number(1));
    }
    if let Some(until) = failure.locked_until {
        changes.set(&names.pair_until, time(until));
    }
    if failure.closed {
        // Only a reset opens the account again, so the row must not be forgotten.
        changes.remove("ttl");
    }
    (changes, failure.restart)
}

/// What the address's row is told. An attempt whose password was never looked at says nothing about its account.
fn address_failed(attempt: &Attempt) -> Assignments {
    let mut changes = Assignments::default();
    let Some(before) = &attempt.address else {
        return changes;
    };
    let names = &attempt.names;
    let locked_until = if attempt.refused {
        before.overdue(attempt.now)
    } else {
        changes.set(&names.failed_mark, time(attempt.now));
        before.locked_until(attempt.account_digest(), attempt.now)
    };
    if let Some(until) = locked_until {
        changes.set("locked_until", time(until));
        changes.set("ttl", number((until + lockout::MEMORY).as_second()));
    }
    changes.remove(&names.in_flight_mark);
    attempt.tidy_address(&mut changes);
    changes
}
