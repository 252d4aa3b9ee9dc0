//! Users, by their id.
//!
//! The same table holds two kinds of markers, whose keys no user can have (they lack an address): one for each family
//! with its number of members, one for each user name within a family.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, Update};
use domain::audit::AuditEvent;
use domain::one_time::{Kind, OneTimeToken};
use domain::password::PasswordHash;
use domain::user::{FamilyId, Name, Role, UserName};
use domain::{TenantId, Timestamp, User, UserId};

use crate::database::{Item, conditional, number, read, text, time, write};
use crate::one_time_tokens::StoredLink;
use crate::transaction::{Transaction, built};
use crate::{AuditLog, Database, Error, LoginAttempts, OneTimeTokens};

/// The table of users.
#[derive(Debug, Clone)]
pub struct Users {
    pub(crate) database: Database,
    pub(crate) table: String,
}

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

/// What a user may change about the account.
#[derive(Debug, Default)]
pub struct Changes {
    /// What the person is called.
    pub name: Option<Name>,
    /// The handle within the family.
    pub user_name: Option<UserName>,
    /// A new hash, which ends every session.
    pub password_hash: Option<PasswordHash>,
}

/// Why a user was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChanged {
    /// The family has a member of that name.
    UserNameTaken,
    /// The user is gone, or was changed at the same time.
    Gone,
}

impl Users {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// One user.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn get(&self, id: &UserId) -> Result<Option<User>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("user_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

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

    /// Deletes a user with the markers and links that belong to it; false when it is gone already.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(
        &self,
        attempts: &LoginAttempts,
        tokens: &OneTimeTokens,
        audit: &AuditLog,
        user: &User,
        event: &AuditEvent,
    ) -> Result<bool, Error> {
        let transaction = self
            .removal(tokens, user)?
            .step(attempts.clearing(&user.user_id)?, ())
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

    /// Notes a login, and a hash under newer parameters where there is one.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn logged_in(
        &self,
        user: &User,
        renewed: Option<&PasswordHash>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut call = self
            .update(&user.user_id)
            .update_expression("SET last_login = :now")
            .condition_expression("created_at = :created")
            .expression_attribute_values(":created", time(user.created_at))
            .expression_attribute_values(":now", time(now));
        if let (Some(hash), Some(old)) = (renewed, &user.password_hash) {
            // A password that was reset in the meantime must not come back.
            call = call
                .update_expression("SET last_login = :now, password_hash = :hash")
                .condition_expression("created_at = :created AND password_hash = :old")
                .expression_attribute_values(":hash", text(hash.as_str()))
                .expression_attribute_values(":old", text(old.as_str()));
        }
        conditional(call.send().await)?.ok();
        Ok(())
    }

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
        let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
            .keys(key)
            .consistent_read(true);
        let answer = self
            .database
            .client
            .batch_get_item()
            .request_items(&self.table, built(keys.build())?)
            .request_items(&tokens.table, tokens.link_keys(hash, kind, id)?)
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
            .update_expression(
                "SET password_hash = :hash, sessions_valid_from = :now, updated_at = :now, \
                 email_verified_at = if_not_exists(email_verified_at, :now)",
            )
            .condition_expression("created_at = :created AND attribute_not_exists(disabled_at)")
            .expression_attribute_values(":created", time(reset.user.created_at))
            .expression_attribute_values(":hash", text(reset.hash.as_str()))
            .expression_attribute_values(":now", time(now));
        let done = Transaction::new()
            .step(tokens.redeeming(link_hash, Kind::Reset, id, now)?, ())
            .step(tokens.being_newest(link_hash, Kind::Reset, id)?, ())
            .step(built(user.build())?, ())
            .step(attempts.clearing(id)?, ())
            .step(audit.recording(reset.event)?, ())
            .commit(&self.database)
            .await?;
        Ok(done.is_ok())
    }

    /// Takes a reset back whose notice could not be queued, so that the same link works later. Sessions stay ended.
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
            .expression_attribute_values(":new", text(reset.hash.as_str()));
        let user = match &reset.user.password_hash {
            Some(old) => user
                .update_expression("SET password_hash = :old")
                .expression_attribute_values(":old", text(old.as_str())),
            None => user.update_expression("REMOVE password_hash"),
        };
        let undone = Transaction::new()
            .step(built(user.build())?, ())
            .step(tokens.restoring(reset.link_hash)?, ())
            .commit(&self.database)
            .await?;
        undone.ok();
        Ok(())
    }

    /// Changes an account.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn change(
        &self,
        user: &User,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<Result<(), NotChanged>, Error> {
        let mut set = vec!["updated_at = :now"];
        let mut condition = "created_at = :created".to_owned();
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(user.user_id.to_string()))
            .expression_attribute_values(":created", time(user.created_at))
            .expression_attribute_values(":now", time(now));
        if let Some(name) = &changes.name {
            set.push("#name = :name");
            update = update
                .expression_attribute_names("#name", "name")
                .expression_attribute_values(":name", text(name.as_str()));
        }
        if let Some(name) = &changes.user_name {
            set.push("user_name = :user_name");
            update = update.expression_attribute_values(":user_name", text(name.as_str()));
            // The old name's marker is freed below: it must still be the user's.
            match &user.user_name {
                Some(old) => {
                    condition.push_str(" AND user_name = :old_name");
                    update = update.expression_attribute_values(":old_name", text(old.as_str()));
                }
                None => condition.push_str(" AND attribute_not_exists(user_name)"),
            }
        }
        if let Some(hash) = &changes.password_hash {
            set.extend(["password_hash = :hash", "sessions_valid_from = :now"]);
            update = update.expression_attribute_values(":hash", text(hash.as_str()));
        }
        let update = update
            .update_expression(format!("SET {}", set.join(", ")))
            .condition_expression(condition);
        let mut transaction = Transaction::new().step(built(update.build())?, NotChanged::Gone);
        if let (Some(family), Some(name)) = (&user.family_id, &changes.user_name) {
            let tenant = user.user_id.tenant();
            let old = user
                .user_name
                .as_ref()
                .filter(|old| old.as_str() != name.as_str());
            let same = user
                .user_name
                .as_ref()
                .is_some_and(|old| marker(tenant, family, old) == marker(tenant, family, name));
            if !same {
                let freed = old
                    .map(|old| self.freeing(tenant, family, old))
                    .transpose()?;
                transaction = transaction
                    .step(self.naming(user, family, name)?, NotChanged::UserNameTaken)
                    .maybe(freed, NotChanged::Gone);
            }
        }
        transaction.commit(&self.database).await
    }

    /// Sets what a user may do; false when there is no such user. Sessions end, so that no token keeps the old roles.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn set_roles(
        &self,
        id: &UserId,
        roles: &[Role],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let roles: AttributeValue =
            serde_dynamo::to_attribute_value(roles).map_err(Error::corrupt)?;
        let call = self
            .update(id)
            .update_expression("SET #roles = :roles, updated_at = :now, sessions_valid_from = :now")
            .condition_expression("attribute_exists(user_id)")
            .expression_attribute_names("#roles", "roles")
            .expression_attribute_values(":roles", roles)
            .expression_attribute_values(":now", time(now));
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Ends every session of a user, as a step of a transaction.
    pub(crate) fn ending_sessions(&self, id: &UserId, now: Timestamp) -> Result<Update, Error> {
        built(
            Update::builder()
                .table_name(&self.table)
                .key("user_id", text(id.to_string()))
                .update_expression("SET sessions_valid_from = :now")
                .condition_expression("attribute_exists(user_id)")
                .expression_attribute_values(":now", time(now))
                .build(),
        )
    }

    fn update(
        &self,
        id: &UserId,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.database
            .client
            .update_item()
            .table_name(&self.table)
            .key("user_id", text(id.to_string()))
    }

    /// Counts a member in: the first one of a family, or one more.
    fn joining(
        &self,
        tenant: &TenantId,
        family: &FamilyId,
        invited: bool,
        trusted: bool,
    ) -> Result<Update, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(family_marker(tenant, family)))
            .update_expression("ADD members :one")
            .expression_attribute_values(":one", number(1));
        let update = match (trusted, invited) {
            (true, _) => update,
            (false, true) => update
                .condition_expression("members > :none")
                .expression_attribute_values(":none", number(0)),
            (false, false) => update
                .condition_expression("attribute_not_exists(members) OR members = :none")
                .expression_attribute_values(":none", number(0)),
        };
        built(update.build())
    }

    fn leaving(&self, tenant: &TenantId, family: &FamilyId) -> Result<Update, Error> {
        built(
            Update::builder()
                .table_name(&self.table)
                .key("user_id", text(family_marker(tenant, family)))
                .update_expression("ADD members :less")
                .expression_attribute_values(":less", number(-1))
                .build(),
        )
    }

    fn being_member(&self, id: &UserId, family: &FamilyId) -> Result<ConditionCheck, Error> {
        built(
            ConditionCheck::builder()
                .table_name(&self.table)
                .key("user_id", text(id.to_string()))
                .condition_expression("family_id = :family AND attribute_not_exists(disabled_at)")
                .expression_attribute_values(":family", text(family.as_str()))
                .build(),
        )
    }

    fn naming(&self, user: &User, family: &FamilyId, name: &UserName) -> Result<Put, Error> {
        built(
            Put::builder()
                .table_name(&self.table)
                .item("user_id", text(marker(user.user_id.tenant(), family, name)))
                .item("named", text(user.user_id.to_string()))
                .condition_expression("attribute_not_exists(user_id)")
                .build(),
        )
    }

    fn freeing(
        &self,
        tenant: &TenantId,
        family: &FamilyId,
        name: &UserName,
    ) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("user_id", text(marker(tenant, family, name)))
                .build(),
        )
    }
}

fn family_marker(tenant: &TenantId, family: &FamilyId) -> String {
    format!("{tenant}#family#{}", family.as_str())
}

/// Names that differ in case alone are the same name.
fn marker(tenant: &TenantId, family: &FamilyId, name: &UserName) -> String {
    format!(
        "{}#{}",
        family_marker(tenant, family),
        name.as_str().to_ascii_lowercase()
    )
}
