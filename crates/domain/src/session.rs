//! Sessions: one login on one device, from then on until it ends.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::SignedDuration;
use crate::{Timestamp, User, UserId};

/// How long a session may rest between two refreshes.
pub const IDLE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a session lives at the most.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long the refresh token before the current one still gets the current one (a client that repeats a rotation).
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// The user logged out.
    Logout,
    /// The user or a client revoked it.
    Revoked,
    /// The password changed.
    PasswordChange,
    /// A refresh token was used again after it had been rotated.
    Reuse,
}

/// A session as it is stored. Revoking it is the denylist of every access token that it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its key.
    pub session_id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// The account's `session_generation` when the password was checked: under another one the session is over.
    pub generation: i64,
    /// How often it was refreshed: the refresh token that carries this number is the current one.
    pub refresh_counter: u64,
    /// When it was last refreshed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub rotated_at: Option<Timestamp>,
    /// When the user logged in.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last logged in to or refreshed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub last_used_at: Timestamp,
    /// Where the login came from.
    pub ip: String,
    /// What the client called itself at login.
    #[serde(default)]
    pub user_agent: String,
    /// How the user proved who they are (RFC 8176).
    pub amr: Vec<String>,
    /// When it was ended before its time.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub revoked_at: Option<Timestamp>,
    /// Why it was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// When the row may be deleted, in epoch seconds.
    pub ttl: i64,
}

impl Session {
    /// A session that starts now, of the user as read when the password was checked.
    #[must_use]
    pub fn new(
        session_id: Uuid,
        user: &User,
        ip: String,
        user_agent: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            session_id,
            user_id: user.user_id.clone(),
            generation: user.session_generation,
            refresh_counter: 0,
            rotated_at: None,
            created_at: now,
            last_used_at: now,
            ip,
            user_agent: user_agent.chars().take(256).collect(),
            amr: vec!["pwd".into()],
            revoked_at: None,
            reason: None,
            ttl: (now + ABSOLUTE).as_second(),
        }
    }

    /// Whether the session, taken by itself, has not ended. TTL is cleaning up: the time is checked here.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.last_used_at + IDLE > now
            && self.created_at + ABSOLUTE > now
    }

    /// Whether the session still speaks for `user`: live, and not ended together with all others.
    #[must_use]
    pub fn speaks_for(&self, user: &User, now: Timestamp) -> bool {
        self.is_live(now)
            && self.user_id == user.user_id
            && user.is_enabled()
            && self.generation == user.session_generation
    }

    /// What it means that a refresh token with `counter` came when the session did not stand at it.
    #[must_use]
    pub fn judge(&self, counter: u64, now: Timestamp) -> Stale {
        let repeated = counter.checked_add(1) == Some(self.refresh_counter);
        let recent = self.rotated_at.is_some_and(|at| at + GRACE >= now);
        if !self.is_live(now) || counter >= self.refresh_counter {
            Stale::Ended
        } else if repeated && recent {
            Stale::Repeated
        } else {
            Stale::Theft
        }
    }
}

/// What a refresh token that is not the current one means (RFC 9700 §4.14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// The session is over.
    Ended,
    /// A client repeated its rotation within the grace: it gets the same successor again.
    Repeated,
    /// Somebody has a token that was used long ago: the session must die.
    Theft,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Name;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn user() -> User {
        let id = UserId::parse("acme#shop#user@example.com").unwrap();
        User::new(id, Name::default(), None, at(0))
    }

    fn session() -> Session {
        let mut session = Session::new(Uuid::nil(), &user(), "203.0.113.7".into(), "curl", at(0));
        session.refresh_counter = 3;
        session.rotated_at = Some(at(100));
        session.last_used_at = at(100);
        session
    }

    #[test]
    fn an_old_counter_is_a_repeat_within_the_grace_and_theft_after_it() {
        let session = session();
        assert_eq!(session.judge(2, at(110)), Stale::Repeated);
        assert_eq!(session.judge(2, at(111)), Stale::Theft);
        assert_eq!(session.judge(1, at(101)), Stale::Theft);
        assert_eq!(session.judge(4, at(101)), Stale::Ended);
    }

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_revoked() {
        let mut session = session();
        assert!(session.is_live(at(100 + 14 * 86_400 - 1)));
        assert!(!session.is_live(at(100 + 14 * 86_400)));
        session.last_used_at = at(30 * 86_400 - 1);
        assert!(session.is_live(at(30 * 86_400 - 1)));
        assert!(!session.is_live(at(30 * 86_400)));
        session.revoked_at = Some(at(1));
        assert!(!session.is_live(at(2)));
    }

    #[test]
    fn a_session_speaks_for_the_account_that_it_was_made_under_until_all_are_ended() {
        let (session, mut user) = (session(), user());
        assert!(session.speaks_for(&user, at(200)));
        user.disabled_at = Some(at(150));
        assert!(!session.speaks_for(&user, at(200)));
        user.disabled_at = None;
        user.session_generation += 1;
        assert!(!session.speaks_for(&user, at(200)));

        let next = User::new(user.user_id.clone(), Name::default(), None, at(100));
        assert!(
            !session.speaks_for(&next, at(200)),
            "an account made later under the same address"
        );
    }
}
