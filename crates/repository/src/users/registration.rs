//! Making and deleting accounts, with all that is written together with them.

use aws_sdk_dynamodb::types::{Delete, Put};
use domain::audit::AuditEvent;
use domain::message::MessageKey;
use domain::one_time::{Kind, OneTimeToken};
use domain::{Timestamp, User, UserId};

use super::Users;
use crate::database::{text, time, write};
use crate::transaction::{Transaction, built};
use crate::{AuditLog, Error, Guessed, LoginAttempts, MessageKeys, OneTimeTokens};

/// A new account with all that is written together with it.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The account.
    pub user: &'a User,
    /// The token of the link that verifies its address.
    pub link: Option<&'a OneTimeToken>,
    /// The invitation into its family: the hash of its token and who made it. Without one a family must be new.
    pub invite: Option<(&'a str, &'a UserId)>,
    /// Whether the family may be joined on the tenant's own word.
    pub trusted: bool,
    /// What the audit log says.
    pub event: &'a AuditEvent,
}

/// Why an account was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRegistered {
    /// There is one with that address.
    EmailTaken,
    /// The family has a member of that name.
    UserNameTaken,
    /// The family has members, and the invitation is none of theirs or no longer good.
    InviteRequired,
}

impl Users {
    /// Makes an account, once.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn register(
        &self,
        tokens: &OneTimeTokens,
        audit: &AuditLog,
        new: &Registration<'_>,
        now: Timestamp,
    ) -> Result<Result<(), NotRegistered>, Error> {
        let user = new.user;
        let row = Put::builder()
            .table_name(&self.table)
            .set_item(Some(write(user)?));
        let row = built(
            row.condition_expression("attribute_not_exists(user_id)")
                .build(),
        )?;
        let mut transaction = Transaction::new()
            .step(row, NotRegistered::EmailTaken)
            .step(audit.recording(new.event)?, NotRegistered::EmailTaken);
        if let Some(link) = new.link {
            let [row, newest] = tokens.link_rows(link)?;
            transaction = transaction
                .step(row, NotRegistered::EmailTaken)
                .step(newest, NotRegistered::EmailTaken);
        }
        if let Some(family) = &user.family_id {
            let tenant = user.user_id.tenant();
            let joining = self.joining(tenant, family, new.invite.is_some(), new.trusted)?;
            transaction = transaction.step(joining, NotRegistered::InviteRequired);
            if let Some((hash, inviter)) = new.invite {
                transaction = transaction
                    .step(
                        tokens.redeeming_invite(hash, inviter, family, now)?,
                        NotRegistered::InviteRequired,
                    )
                    .step(
                        self.being_member(inviter, family)?,
                        NotRegistered::InviteRequired,
                    );
            }
            if let Some(name) = &user.user_name {
                transaction = transaction.step(
                    self.naming(user, family, name)?,
                    NotRegistered::UserNameTaken,
                );
            }
        }
        transaction.commit(&self.database).await
    }

    /// Takes a registration back whose mail could not be queued, so that the same request works later.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn unregister(
        &self,
        tokens: &OneTimeTokens,
        new: &Registration<'_>,
    ) -> Result<(), Error> {
        let user = new.user;
        let mut transaction = self.removal(tokens, user)?;
        if let Some(link) = new.link {
            transaction = transaction.step(tokens.deleting(&link.token_hash)?, ());
        }
        if let Some((hash, _)) = new.invite {
            transaction = transaction.step(tokens.restoring(hash)?, ());
        }
        transaction.commit(&self.database).await?.ok();
        Ok(())
    }

    /// Deletes a user with the markers, the links and the message key that belong to it; false when it is gone already, or
    /// `key` is not its key any more.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(
        &self,
        attempts: &LoginAttempts,
        tokens: &OneTimeTokens,
        audit: &AuditLog,
        (keys, key): (&MessageKeys, Option<&MessageKey>),
        user: &User,
        event: &AuditEvent,
    ) -> Result<bool, Error> {
        let mut transaction = self.removal(tokens, user)?;
        for step in keys.removal(&user.user_id, key)? {
            transaction = transaction.step(step, ());
        }
        let transaction = transaction
            .step(attempts.clearing(&user.user_id, Guessed::Password)?, ())
            .step(attempts.clearing(&user.user_id, Guessed::Passphrase)?, ())
            .step(audit.recording(event)?, ());
        Ok(transaction.commit(&self.database).await?.is_ok())
    }

    fn removal(&self, tokens: &OneTimeTokens, user: &User) -> Result<Transaction<()>, Error> {
        let row = Delete::builder()
            .table_name(&self.table)
            .key("user_id", text(user.user_id.to_string()))
            .condition_expression("created_at = :created")
            .expression_attribute_values(":created", time(user.created_at));
        let mut transaction = Transaction::new()
            .step(built(row.build())?, ())
            .step(tokens.voiding(Kind::Verify, &user.user_id)?, ())
            .step(tokens.voiding(Kind::Reset, &user.user_id)?, ());
        if let Some(family) = &user.family_id {
            let tenant = user.user_id.tenant();
            transaction = transaction.step(self.leaving(tenant, family)?, ());
            if let Some(name) = &user.user_name {
                transaction = transaction.step(self.freeing(tenant, family, name)?, ());
            }
        }
        Ok(transaction)
    }
}
