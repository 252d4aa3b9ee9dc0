//! Changing an account.

use aws_sdk_dynamodb::types::Update;
use domain::one_time::Kind;
use domain::password::PasswordHash;
use domain::user::{Name, UserName};
use domain::{Timestamp, User};

use super::family::is_same_name;
use super::{END_SESSIONS, Users};
use crate::database::{number, text, time};
use crate::transaction::{Transaction, built};
use crate::{Error, OneTimeTokens};

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
    /// Changes an account.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn change(
        &self,
        tokens: &OneTimeTokens,
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
            set.extend(["password_hash = :hash", END_SESSIONS]);
            update = update
                .expression_attribute_values(":hash", text(hash.as_str()))
                .expression_attribute_values(":one", number(1));
        }
        let update = update
            .update_expression(format!("SET {}", set.join(", ")))
            .condition_expression(condition);
        let mut transaction = Transaction::new().step(built(update.build())?, NotChanged::Gone);
        if changes.password_hash.is_some() {
            // A link that was mailed for the old password must not replace the new one.
            transaction = transaction.step(
                tokens.voiding(Kind::Reset, &user.user_id)?,
                NotChanged::Gone,
            );
        }
        if let (Some(family), Some(name)) = (&user.family_id, &changes.user_name) {
            let tenant = user.user_id.tenant();
            let old = user.user_name.as_ref();
            let same = old.is_some_and(|old| is_same_name(old, name));
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
}
