//! Message keys, by their address and by their user.
//!
//! A key is two rows, which are written together: one under its address, for whoever drops a message, and one under its
//! user. So each is read by its key, and a user has one key at the most.

use aws_sdk_dynamodb::types::{Delete, Put, Update};
use domain::audit::AuditEvent;
use domain::message::{Address, MessageKey};
use domain::{User, UserId};

use crate::database::{Item, number, read, text, write};
use crate::transaction::{Transaction, built};
use crate::{AuditLog, Database, Error, Guessed, LoginAttempts, Users};

/// Why a key was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCreated {
    /// The account is gone, or another one by now.
    NoAccount,
    /// There is a key.
    Exists,
}

/// The table of message keys.
#[derive(Debug, Clone)]
pub struct MessageKeys {
    database: Database,
    table: String,
}

impl MessageKeys {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// The recipient at an address.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn recipient(&self, address: &Address) -> Result<Option<String>, Error> {
        let row = self.row(address.as_str()).await?;
        let recipient = row.and_then(|mut row| row.remove("recipient"));
        Ok(recipient.and_then(|value| value.as_s().ok().cloned()))
    }

    /// A user's key.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_user(&self, user: &UserId) -> Result<Option<MessageKey>, Error> {
        self.row(&of(user)).await?.map(read).transpose()
    }

    async fn row(&self, key: &str) -> Result<Option<Item>, Error> {
        let call = self.database.client.get_item().table_name(&self.table);
        let answer = call
            .key("address", text(key))
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// Stores a user's first key, if the account is still the one that was read.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(
        &self,
        users: &Users,
        audit: &AuditLog,
        user: &User,
        key: &MessageKey,
        event: &AuditEvent,
    ) -> Result<Result<(), NotCreated>, Error> {
        let mut of_user = write(key)?;
        of_user.insert("address".to_owned(), text(of(&user.user_id)));
        let of_address = Item::from([
            ("address".to_owned(), text(key.drop_address.as_str())),
            ("recipient".to_owned(), text(&key.recipient)),
        ]);
        let mut transaction = Transaction::new().step(users.being(user)?, NotCreated::NoAccount);
        for row in [of_user, of_address] {
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(row))
                .condition_expression("attribute_not_exists(address)");
            transaction = transaction.step(built(put.build())?, NotCreated::Exists);
        }
        let transaction = transaction.step(audit.recording(event)?, NotCreated::Exists);
        transaction.commit(&self.database).await
    }

    /// Replaces the sealed identity of the key that was read as `key`; false where it is another by now.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn reseal(
        &self,
        audit: &AuditLog,
        user: &UserId,
        key: &MessageKey,
        encrypted_identity: &str,
        event: &AuditEvent,
    ) -> Result<bool, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("address", text(of(user)))
            .update_expression("SET encrypted_identity = :sealed ADD version :one")
            .condition_expression("drop_address = :address AND version = :version")
            .expression_attribute_values(":sealed", text(encrypted_identity))
            .expression_attribute_values(":address", text(key.drop_address.as_str()))
            .expression_attribute_values(":version", number(key.version))
            .expression_attribute_values(":one", number(1));
        let transaction = Transaction::new()
            .step(built(update.build())?, ())
            .step(audit.recording(event)?, ());
        Ok(transaction.commit(&self.database).await?.is_ok())
    }

    /// Deletes a key with what was guessed at its passphrase; false where it is gone or another by now.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn delete(
        &self,
        attempts: &LoginAttempts,
        audit: &AuditLog,
        user: &UserId,
        key: &MessageKey,
        event: &AuditEvent,
    ) -> Result<bool, Error> {
        let mut transaction = Transaction::new();
        for step in self.removal(user, Some(key))? {
            transaction = transaction.step(step, ());
        }
        let transaction = transaction
            .step(attempts.clearing(user, Guessed::Passphrase)?, ())
            .step(audit.recording(event)?, ());
        Ok(transaction.commit(&self.database).await?.is_ok())
    }

    /// The steps that delete the key of a user; they hold only where it is the one that was read, or none as it was read.
    pub(crate) fn removal(
        &self,
        user: &UserId,
        key: Option<&MessageKey>,
    ) -> Result<Vec<Delete>, Error> {
        let delete = |row: &str| {
            Delete::builder()
                .table_name(&self.table)
                .key("address", text(row))
        };
        let Some(key) = key else {
            let none = delete(&of(user)).condition_expression("attribute_not_exists(address)");
            return Ok(vec![built(none.build())?]);
        };
        let address = key.drop_address.as_str();
        let of_user = delete(&of(user))
            .condition_expression("drop_address = :address")
            .expression_attribute_values(":address", text(address));
        Ok(vec![
            built(of_user.build())?,
            built(delete(address).build())?,
        ])
    }
}

/// The key of a user's row: no address looks like it.
fn of(user: &UserId) -> String {
    format!("user#{user}")
}
