//! One-time tokens, by the hash of their text.
//!
//! Of links, only the newest of a kind works: a second row, named by the kind and the account, says which one that is.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue, Update,
};
use domain::one_time::{Kind, OneTimeToken};
use domain::user::FamilyId;
use domain::{Timestamp, UserId};

use crate::database::{Item, conditional, number, text, time, write};
use crate::transaction::built;
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

    /// Stores the token of a link, makes it the newest of its kind, and gives the hash of the one that was before.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create_link(&self, token: &OneTimeToken) -> Result<Option<String>, Error> {
        let newest = self
            .database
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(newest_row(token)))
            .return_values(ReturnValue::AllOld);
        let (row, newest) = futures::join!(self.create(token), newest.send());
        row?;
        let before = newest?.attributes.unwrap_or_default();
        Ok(before
            .get("newest")
            .and_then(|hash| hash.as_s().ok())
            .cloned())
    }

    /// Makes the link that `token` replaced the newest again, unless a newer one came since.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn put_back(
        &self,
        token: &OneTimeToken,
        replaced: Option<String>,
    ) -> Result<(), Error> {
        // Where there was none, a hash that no token has.
        let replaced = replaced.unwrap_or_else(|| "none".to_owned());
        let call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("token_hash", text(newest_key(token.kind, &token.user_id)))
            .update_expression("SET newest = :replaced")
            .condition_expression("newest = :hash")
            .expression_attribute_values(":replaced", text(replaced))
            .expression_attribute_values(":hash", text(&token.token_hash));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    pub(crate) fn link_rows(&self, token: &OneTimeToken) -> Result<[Put; 2], Error> {
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
                    .set_item(Some(newest_row(token)))
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

/// Says which link of its kind is an account's newest.
fn newest_row(token: &OneTimeToken) -> Item {
    let row = [
        ("token_hash", text(newest_key(token.kind, &token.user_id))),
        ("newest", text(&token.token_hash)),
        ("ttl", number(token.ttl)),
    ];
    row.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A hash is hex, so that no token can have this key.
fn newest_key(kind: Kind, user: &UserId) -> String {
    format!("newest#{}#{user}", kind.as_str())
}
