//! Redeeming links: proving an address, setting a new password.

use aws_sdk_dynamodb::types::{KeysAndAttributes, Update};
use domain::audit::AuditEvent;
use domain::one_time::Kind;
use domain::password::PasswordHash;
use domain::{Timestamp, User, UserId};

use super::{END_SESSIONS, Users};
use crate::database::{Item, number, read, text, time};
use crate::one_time_tokens::StoredLink;
use crate::transaction::{Transaction, built};
use crate::{AuditLog, Error, Guessed, LoginAttempts, OneTimeTokens};

/// A new password, set by a link.
#[derive(Debug)]
pub struct PasswordReset<'a> {
    /// The account as it was read together with the link.
    pub user: &'a User,
    /// The hash of the link's token.
    pub link_hash: &'a str,
    /// The new password's hash.
    pub hash: &'a PasswordHash,
    /// What the audit log says.
    pub event: &'a AuditEvent,
}

impl Users {
    /// Marks the address as the user's own and redeems the link that proved it; false when the link is no good.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn verify_email(
        &self,
        tokens: &OneTimeTokens,
        hash: &str,
        id: &UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let user = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(id.to_string()))
            .update_expression(
                "SET email_verified_at = if_not_exists(email_verified_at, :now), updated_at = :now",
            )
            .condition_expression("attribute_exists(user_id) AND attribute_not_exists(disabled_at)")
            .expression_attribute_values(":now", time(now));
        let done = Transaction::new()
            .step(tokens.redeeming(hash, Kind::Verify, id, now)?, ())
            .step(tokens.being_newest(hash, Kind::Verify, id)?, ())
            .step(built(user.build())?, ())
            .commit(&self.database)
            .await?;
        Ok(done.is_ok())
    }

    /// A reset link and its account, in one batch.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn with_link(
        &self,
        tokens: &OneTimeTokens,
        hash: &str,
        kind: Kind,
        id: &UserId,
    ) -> Result<Option<(StoredLink, User)>, Error> {
        let key = Item::from([("user_id".to_owned(), text(id.to_string()))]);
        let keys = KeysAndAttributes::builder().keys(key).consistent_read(true);
        let answer = self
            .database
            .client
            .batch_get_item()
            .request_items(&self.table, built(keys.build())?)
            .request_items(&tokens.table, OneTimeTokens::link_keys(hash, kind, id)?)
            .send()
            .await?;
        if answer
            .unprocessed_keys()
            .is_some_and(|keys| !keys.is_empty())
        {
            return Err(Error::busy("keys were left unprocessed"));
        }
        let mut tables = answer.responses.unwrap_or_default();
        let user = tables
            .remove(&self.table)
            .and_then(|rows| rows.into_iter().next());
        let link =
            OneTimeTokens::read_link(tables.remove(&tokens.table).unwrap_or_default(), kind, id)?;
        match (link, user) {
            (Some(link), Some(user)) => Ok(Some((link, read(user)?))),
            _ => Ok(None),
        }
    }

    /// Redeems a reset link, sets the new hash, proves the address and ends every session; false when the link is no good.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn reset_password(
        &self,
        attempts: &LoginAttempts,
        tokens: &OneTimeTokens,
        audit: &AuditLog,
        reset: &PasswordReset<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (id, link_hash) = (&reset.user.user_id, reset.link_hash);
        let user = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(id.to_string()))
            .update_expression(format!(
                "SET password_hash = :hash, updated_at = :now, {END_SESSIONS}, \
                 email_verified_at = if_not_exists(email_verified_at, :now)"
            ))
            .expression_attribute_values(":one", number(1))
            .condition_expression("created_at = :created AND attribute_not_exists(disabled_at)")
            .expression_attribute_values(":created", time(reset.user.created_at))
            .expression_attribute_values(":hash", text(reset.hash.as_str()))
            .expression_attribute_values(":now", time(now));
        let done = Transaction::new()
            .step(tokens.redeeming(link_hash, Kind::Reset, id, now)?, ())
            .step(tokens.being_newest(link_hash, Kind::Reset, id)?, ())
            .step(built(user.build())?, ())
            .step(attempts.clearing(id, Guessed::Password)?, ())
            .step(audit.recording(reset.event)?, ())
            .commit(&self.database)
            .await?;
        Ok(done.is_ok())
    }

    /// Takes a reset back whose notice could not be queued, so that the same link works later: sessions
    /// that it ended live on.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn undo_reset(
        &self,
        tokens: &OneTimeTokens,
        reset: &PasswordReset<'_>,
    ) -> Result<(), Error> {
        let user = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(reset.user.user_id.to_string()))
            .condition_expression("password_hash = :new")
            .expression_attribute_values(":new", text(reset.hash.as_str()))
            .expression_attribute_values(":generation", number(reset.user.session_generation));
        let user = match &reset.user.password_hash {
            Some(old) => user
                .update_expression("SET session_generation = :generation, password_hash = :old")
                .expression_attribute_values(":old", text(old.as_str())),
            None => {
                user.update_expression("SET session_generation = :generation REMOVE password_hash")
            }
        };
        let undone = Transaction::new()
            .step(built(user.build())?, ())
            .step(tokens.restoring(reset.link_hash)?, ())
            .commit(&self.database)
            .await?;
        undone.ok();
        Ok(())
    }
}
