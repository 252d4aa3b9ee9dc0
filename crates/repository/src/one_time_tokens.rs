//! One-time tokens, by the hash of their text.
//!
//! Of links, only the newest of a kind works: a second row, named by the kind and the account, says which one that is.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, Update,
};
use domain::one_time::{Kind, OneTimeToken};
use domain::user::FamilyId;
use domain::{Timestamp, UserId};

use crate::database::{Item, text, time, write};
use crate::transaction::{Transaction, built};
use crate::{Database, Error};

/// The table of one-time tokens.
#[derive(Debug, Clone)]
pub struct OneTimeTokens {
    pub(crate) database: Database,
    pub(crate) table: String,
}

/// A link as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLink {
    /// The token.
    pub token: OneTimeToken,
    /// Whether a newer one of its kind replaced it.
    pub is_newest: bool,
}

impl OneTimeTokens {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Stores an invitation.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(&self, token: &OneTimeToken) -> Result<(), Error> {
        let call = self.database.client.put_item().table_name(&self.table);
        call.set_item(Some(write(token)?)).send().await?;
        Ok(())
    }

    /// Stores the token of a link and makes it the newest of its kind.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create_link(&self, token: &OneTimeToken) -> Result<(), Error> {
        let [row, newest] = self.link_rows(token)?;
        let written = Transaction::new()
            .step(row, ())
            .step(newest, ())
            .commit(&self.database)
            .await?;
        debug_assert!(written.is_ok(), "neither step has a condition");
        Ok(())
    }

    pub(crate) fn link_rows(&self, token: &OneTimeToken) -> Result<[Put; 2], Error> {
        let newest: Item = [
            ("token_hash", text(newest_key(token.kind, &token.user_id))),
            ("newest", text(&token.token_hash)),
            ("ttl", crate::database::number(token.ttl)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        Ok([
            built(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(write(token)?))
                    .build(),
            )?,
            built(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(newest))
                    .build(),
            )?,
        ])
    }

    /// The keys to ask for a link with, as part of a batch.
    pub(crate) fn link_keys(
        token_hash: &str,
        kind: Kind,
        user: &UserId,
    ) -> Result<KeysAndAttributes, Error> {
        let key = |value: String| Item::from([("token_hash".to_owned(), text(value))]);
        built(
            KeysAndAttributes::builder()
                .keys(key(token_hash.to_owned()))
                .keys(key(newest_key(kind, user)))
                .consistent_read(true)
                .build(),
        )
    }

    /// What a batch brought for a link.
    pub(crate) fn read_link(
        rows: Vec<Item>,
        kind: Kind,
        user: &UserId,
    ) -> Result<Option<StoredLink>, Error> {
        let is_pointer = |row: &Item| row.get("token_hash") == Some(&text(newest_key(kind, user)));
        let (pointers, tokens): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_pointer);
        let Some(token) = tokens.into_iter().next() else {
            return Ok(None);
        };
        let token: OneTimeToken = crate::database::read(token)?;
        let is_newest = pointers
            .iter()
            .any(|row| row.get("newest") == Some(&text(&token.token_hash)));
        Ok(Some(StoredLink { token, is_newest }))
    }

    /// Redeems a token of `kind` of `user`, unless it is used or its time is over.
    pub(crate) fn redeeming(
        &self,
        hash: &str,
        kind: Kind,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Update, Error> {
        built(self.redeem(hash, kind, user, now).build())
    }

    /// Redeems an invitation into `family`.
    pub(crate) fn redeeming_invite(
        &self,
        hash: &str,
        inviter: &UserId,
        family: &FamilyId,
        now: Timestamp,
    ) -> Result<Update, Error> {
        let update = self.redeem(hash, Kind::Invite, inviter, now);
        let condition = format!(
            "{} AND family_id = :family",
            update
                .get_condition_expression()
                .as_deref()
                .unwrap_or_default()
        );
        built(
            update
                .condition_expression(condition)
                .expression_attribute_values(":family", text(family.as_str()))
                .build(),
        )
    }

    fn redeem(&self, hash: &str, kind: Kind, user: &UserId, now: Timestamp) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("token_hash", text(hash))
            .update_expression("SET used = :true")
            .condition_expression(
                "kind = :kind AND user_id = :user AND used = :false AND expires_at > :now",
            )
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":kind", text(kind.as_str()))
            .expression_attribute_values(":user", text(user.to_string()))
            .expression_attribute_values(":now", time(now))
    }

    /// Holds only while the token with `hash` is the newest of its kind.
    pub(crate) fn being_newest(
        &self,
        hash: &str,
        kind: Kind,
        user: &UserId,
    ) -> Result<ConditionCheck, Error> {
        built(
            ConditionCheck::builder()
                .table_name(&self.table)
                .key("token_hash", text(newest_key(kind, user)))
                .condition_expression("newest = :hash")
                .expression_attribute_values(":hash", text(hash))
                .build(),
        )
    }

    /// Forgets which link of `kind` is the newest, so that none works.
    pub(crate) fn voiding(&self, kind: Kind, user: &UserId) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("token_hash", text(newest_key(kind, user)))
                .build(),
        )
    }

    /// Makes an invitation good again whose use was taken back.
    pub(crate) fn restoring(&self, hash: &str) -> Result<Update, Error> {
        built(
            Update::builder()
                .table_name(&self.table)
                .key("token_hash", text(hash))
                .update_expression("SET used = :false")
                .expression_attribute_values(":false", AttributeValue::Bool(false))
                .build(),
        )
    }

    /// Deletes a token that nobody got to see.
    pub(crate) fn deleting(&self, hash: &str) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("token_hash", text(hash))
                .build(),
        )
    }
}

/// A hash is hex, so that no token can have this key.
fn newest_key(kind: Kind, user: &UserId) -> String {
    format!("newest#{}#{user}", kind.as_str())
}
