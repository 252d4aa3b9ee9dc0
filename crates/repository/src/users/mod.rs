//! Users, by their id.
//!
//! The same table holds two kinds of markers, whose keys no user can have (they lack an address): one for each family
//! with its number of members, one for each user name within a family.

mod changes;
mod family;
mod links;
mod registration;

pub use changes::{Changes, NotChanged};
pub use links::PasswordReset;
pub use registration::{NotRegistered, Registration};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::password::PasswordHash;
use domain::user::{Role, SignIn};
use domain::{TenantId, Timestamp, User, UserId};

use crate::database::{conditional, number, read, text, time, value};
use crate::transaction::built;
use crate::{Database, Error};

/// The table of users.
#[derive(Debug, Clone)]
pub struct Users {
    pub(crate) database: Database,
    pub(crate) table: String,
}

/// Ends every session; goes with the values `:now` and `:one`.
const END_SESSIONS: &str =
    "sessions_valid_from = :now, session_generation = session_generation + :one";

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

    /// Every user of a tenant. It reads the whole table, whosever the users are: for operators, not for requests.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_tenant(&self, tenant: &TenantId) -> Result<Vec<User>, Error> {
        let call = self.database.client.scan().table_name(&self.table);
        let mut pages = call
            // The markers of families and user names begin alike, but have no address.
            .filter_expression("begins_with(user_id, :tenant) AND attribute_exists(email)")
            .expression_attribute_values(":tenant", text(format!("{tenant}#")))
            .into_paginator()
            .items()
            .send();
        let mut users = Vec::new();
        while let Some(item) = pages.next().await {
            users.push(read(item?)?);
        }
        Ok(users)
    }

    /// Notes a login: a hash under newer parameters, and from where users are known to log in, where these have changed.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn logged_in(
        &self,
        user: &User,
        renewed: Option<&PasswordHash>,
        known_sign_ins: Option<&[SignIn]>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut set = "SET last_login = :now".to_owned();
        let mut call = self
            .update(&user.user_id)
            .condition_expression("created_at = :created")
            .expression_attribute_values(":created", time(user.created_at))
            .expression_attribute_values(":now", time(now));
        if let Some(known) = known_sign_ins {
            set.push_str(", known_sign_ins = :known");
            call = call.expression_attribute_values(":known", value(known)?);
        }
        if let (Some(hash), Some(old)) = (renewed, &user.password_hash) {
            // A password that was reset in the meantime must not come back.
            set.push_str(", password_hash = :hash");
            call = call
                .condition_expression("created_at = :created AND password_hash = :old")
                .expression_attribute_values(":hash", text(hash.as_str()))
                .expression_attribute_values(":old", text(old.as_str()));
        }
        conditional(call.update_expression(set).send().await)?.ok();
        Ok(())
    }

    /// Takes back from where a user is known to have logged in.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn forget_sign_in(&self, user: &User) -> Result<(), Error> {
        let call = self
            .update(&user.user_id)
            .update_expression("SET known_sign_ins = :known")
            .condition_expression("created_at = :created")
            .expression_attribute_values(":created", time(user.created_at))
            .expression_attribute_values(":known", value(&user.known_sign_ins)?);
        conditional(call.send().await)?.ok();
        Ok(())
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
            .update_expression(format!(
                "SET #roles = :roles, updated_at = :now, {END_SESSIONS}"
            ))
            .condition_expression("attribute_exists(user_id)")
            .expression_attribute_names("#roles", "roles")
            .expression_attribute_values(":roles", roles)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now));
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Ends every session of a user, as a step of a transaction: at the word of a session of that generation.
    pub(crate) fn ending_sessions(
        &self,
        id: &UserId,
        generation: i64,
        now: Timestamp,
    ) -> Result<Update, Error> {
        built(
            Update::builder()
                .table_name(&self.table)
                .key("user_id", text(id.to_string()))
                .update_expression(format!("SET {END_SESSIONS}"))
                .condition_expression(
                    "session_generation = :generation AND attribute_not_exists(disabled_at)",
                )
                .expression_attribute_values(":generation", number(generation))
                .expression_attribute_values(":now", time(now))
                .expression_attribute_values(":one", number(1))
                .build(),
        )
    }

    fn update(&self, id: &UserId) -> UpdateItemFluentBuilder {
        self.database
            .client
            .update_item()
            .table_name(&self.table)
            .key("user_id", text(id.to_string()))
    }
}
