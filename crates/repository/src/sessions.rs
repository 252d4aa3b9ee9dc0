//! Sessions, by their id and by their user.

use aws_sdk_dynamodb::types::{
    ConditionCheck, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use domain::session::{ABSOLUTE, EndReason, IDLE, Session};
use domain::{Timestamp, User, UserId};
use uuid::Uuid;

use crate::database::{Item, conditional, number, read, text, time, write};
use crate::transaction::{Transaction, built};
use crate::{Database, Error, Users};

/// The table of sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    database: Database,
    table: String,
}

/// What became of a rotation.
#[derive(Debug)]
pub enum Rotation {
    /// The session stands one further.
    Rotated(Session),
    /// The token was not the current one; the session, where there is one, is as it was.
    Stale(Option<Session>),
}

/// Holds for a session that has not ended; goes with [`liveness`].
const LIVE: &str = "attribute_exists(session_id) AND user_id = :user AND attribute_not_exists(revoked_at) \
     AND last_used_at > :idle AND created_at > :absolute";

fn liveness(
    user: &UserId,
    now: Timestamp,
) -> [(&'static str, aws_sdk_dynamodb::types::AttributeValue); 3] {
    [
        (":user", text(user.to_string())),
        (":idle", time(now - IDLE)),
        (":absolute", time(now - ABSOLUTE)),
    ]
}

impl Sessions {
    /// The table named `table`.
    #[must_use]
    pub fn new(database: Database, table: String) -> Self {
        Self { database, table }
    }

    /// Stores a new session.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn create(&self, session: &Session) -> Result<(), Error> {
        let call = self
            .database
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(session)?));
        call.condition_expression("attribute_not_exists(session_id)")
            .send()
            .await?;
        Ok(())
    }

    /// A session and its user, in one batch.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn with_user(
        &self,
        users: &Users,
        session_id: Uuid,
        user_id: &UserId,
    ) -> Result<Option<(Session, User)>, Error> {
        let keys = |name: &str, value: String| {
            let key = Item::from([(name.to_owned(), text(value))]);
            built(
                KeysAndAttributes::builder()
                    .keys(key)
                    .consistent_read(true)
                    .build(),
            )
        };
        let call = self.database.client.batch_get_item();
        let answer = call
            .request_items(&self.table, keys("session_id", session_id.to_string())?)
            .request_items(&users.table, keys("user_id", user_id.to_string())?)
            .send()
            .await?;
        if answer
            .unprocessed_keys()
            .is_some_and(|keys| !keys.is_empty())
        {
            return Err(Error::busy("keys were left unprocessed"));
        }
        let mut tables = answer.responses.unwrap_or_default();
        let mut first = |table: &str| {
            tables
                .remove(table)
                .and_then(|rows| rows.into_iter().next())
        };
        match (first(&self.table), first(&users.table)) {
            (Some(session), Some(user)) => Ok(Some((read(session)?, read(user)?))),
            _ => Ok(None),
        }
    }

    /// Moves a live session from `counter` to the next, once.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn rotate(
        &self,
        session_id: Uuid,
        user_id: &UserId,
        counter: u64,
        now: Timestamp,
    ) -> Result<Rotation, Error> {
        let mut call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("session_id", text(session_id.to_string()))
            .update_expression(
                "SET refresh_counter = :next, rotated_at = :now, last_used_at = :now",
            )
            .condition_expression(format!("{LIVE} AND refresh_counter = :counter"))
            .expression_attribute_values(":counter", number(counter))
            .expression_attribute_values(":next", number(counter.saturating_add(1)))
            .expression_attribute_values(":now", time(now))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in liveness(user_id, now) {
            call = call.expression_attribute_values(name, value);
        }
        match conditional(call.send().await)? {
            Ok(answer) => Ok(Rotation::Rotated(read(
                answer.attributes.unwrap_or_default(),
            )?)),
            Err(session) => Ok(Rotation::Stale(session.map(read).transpose()?)),
        }
    }

    /// Ends a live session and gives it back as it was; `None` when there is none of that user.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn revoke(
        &self,
        session_id: Uuid,
        user_id: &UserId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Option<Session>, Error> {
        let mut call = self
            .database
            .client
            .update_item()
            .table_name(&self.table)
            .key("session_id", text(session_id.to_string()))
            .update_expression("SET revoked_at = :now, #reason = :reason")
            .condition_expression(LIVE)
            .return_values(ReturnValue::AllOld)
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":reason", reason_value(reason)?);
        for (name, value) in liveness(user_id, now) {
            call = call.expression_attribute_values(name, value);
        }
        match conditional(call.send().await)? {
            Ok(answer) => Ok(Some(read(answer.attributes.unwrap_or_default())?)),
            Err(_) => Ok(None),
        }
    }

    /// Ends every session of a user at once, as the bearer of a live one of that generation; false when that one is not
    /// live.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn revoke_all(
        &self,
        users: &Users,
        session_id: Uuid,
        generation: i64,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut live = ConditionCheck::builder()
            .table_name(&self.table)
            .key("session_id", text(session_id.to_string()))
            .condition_expression(LIVE);
        for (name, value) in liveness(user_id, now) {
            live = live.expression_attribute_values(name, value);
        }
        let ended = Transaction::new()
            .step(built(live.build())?, ())
            .step(users.ending_sessions(user_id, generation, now)?, ())
            .commit(&self.database)
            .await?;
        Ok(ended.is_ok())
    }

    /// Live sessions of a user, newest first, at most `limit` after `after`; and whether there may be more.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn of_user(
        &self,
        user_id: &UserId,
        after: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<(Vec<Session>, bool), Error> {
        let mut live = Vec::new();
        let mut start = after;
        loop {
            let (rows, more) = self.page(user_id, start, limit + 1).await?;
            start = rows.last().map(|session| session.session_id);
            live.extend(rows.into_iter().filter(|session| session.is_live(now)));
            if live.len() > limit || !more {
                let beyond = live.len() > limit;
                live.truncate(limit);
                return Ok((live, beyond));
            }
        }
    }

    /// Deletes every session of a user who is gone.
    ///
    /// # Errors
    /// When the database gives no answer; what is left is dead already and deleted by its TTL.
    pub async fn delete_all(&self, user_id: &UserId) -> Result<(), Error> {
        let mut start = None;
        loop {
            let (rows, more) = self.page(user_id, start, 100).await?;
            start = rows.last().map(|session| session.session_id);
            let deletions = rows.iter().map(|session| {
                let call = self.database.client.delete_item().table_name(&self.table);
                call.key("session_id", text(session.session_id.to_string()))
                    .send()
            });
            for deleted in futures::future::join_all(deletions).await {
                deleted?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// One page of all sessions of a user, ended ones too.
    async fn page(
        &self,
        user_id: &UserId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<Session>, bool), Error> {
        let start = after.map(|id| {
            Item::from([
                ("session_id".to_owned(), text(id.to_string())),
                ("user_id".to_owned(), text(user_id.to_string())),
            ])
        });
        let answer = self
            .database
            .client
            .query()
            .table_name(&self.table)
            .index_name("user-index")
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", text(user_id.to_string()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let more = answer.last_evaluated_key.is_some();
        let rows = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()?;
        Ok((rows, more))
    }
}

fn reason_value(reason: EndReason) -> Result<aws_sdk_dynamodb::types::AttributeValue, Error> {
    serde_dynamo::to_attribute_value(reason).map_err(Error::corrupt)
}
