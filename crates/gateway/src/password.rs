//! Asking for a password, wherever that happens: every wrong one counts.

use domain::audit::Event;
use domain::clock::SignedDuration;
use domain::{Timestamp, UserId};
use repository::{Attempt, AuditLog, Begun, Guessed, LoginAttempts};

use crate::{Problem, Request};

/// An attempt that was counted before its password is looked at.
#[derive(Debug)]
pub struct Guess {
    begun: Begun,
    user_id: UserId,
    now: Timestamp,
}

/// A password that was right; what was counted is still to be taken back, together with what else the caller writes.
#[derive(Debug)]
pub struct Right(Attempt);

impl Guess {
    /// Counts the attempt. One wait, to be shared with reading the account.
    ///
    /// # Errors
    /// 503.
    pub async fn begin(
        attempts: &LoginAttempts,
        request: &Request,
        user_id: UserId,
        guessed: Guessed,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let begun = attempts
            .begin(&user_id, guessed, request.client_address(), now)
            .await?;
        Ok(Self {
            begun,
            user_id,
            now,
        })
    }

    /// Lets `check` look at the password, unless the caller must wait. What is wrong is written down: one wait more.
    ///
    /// # Errors
    /// 401 when it is wrong, 429 when the caller must wait, 503.
    pub async fn check(
        self,
        attempts: &LoginAttempts,
        audit: &AuditLog,
        request: &Request,
        check: impl FnOnce() -> bool,
    ) -> Result<Right, Problem> {
        let wrong = Problem::credentials_invalid;
        let check = || check().then_some(()).ok_or_else(wrong);
        let waits = "too many wrong passwords; wait, or reset the password";
        Ok(self.judge(attempts, audit, request, check, waits).await?.0)
    }

    /// Lets `open` try a passphrase on the key that it opens, unless the caller must wait. What is wrong is written down: one
    /// wait more.
    ///
    /// # Errors
    /// What `open` says when the passphrase is wrong, 429 when the caller must wait, 503.
    pub async fn open<T>(
        self,
        attempts: &LoginAttempts,
        audit: &AuditLog,
        request: &Request,
        open: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<(Right, T), Problem> {
        let waits = "too many wrong passphrases; wait";
        self.judge(attempts, audit, request, open, waits).await
    }

    async fn judge<T>(
        self,
        attempts: &LoginAttempts,
        audit: &AuditLog,
        request: &Request,
        open: impl FnOnce() -> Result<T, Problem>,
        waits: &'static str,
    ) -> Result<(Right, T), Problem> {
        let (attempt, refused) = match self.begun {
            Begun::Refused(attempt, until) => (attempt, Err(until)),
            Begun::Allowed(attempt) => match open() {
                Ok(opened) => return Ok((Right(attempt), opened)),
                Err(wrong) => (attempt, Ok(wrong)),
            },
        };
        let wrong = match refused {
            Ok(wrong) => wrong,
            Err(until) => {
                attempts.failed(attempt).await?;
                return Err(too_many(until, self.now, waits));
            }
        };
        let event = if attempt.locks() {
            Event::Locked
        } else {
            Event::LoginFailed
        };
        let event = request.audit(event, &self.user_id, self.now);
        let (counted, recorded) = futures::join!(attempts.failed(attempt), audit.record(&event));
        counted?;
        recorded?;
        Err(wrong)
    }
}

impl Right {
    /// Takes the attempt back.
    ///
    /// # Errors
    /// 503.
    pub async fn forgive(self, attempts: &LoginAttempts) -> Result<(), Problem> {
        Ok(attempts.succeeded(self.0).await?)
    }
}

fn too_many(until: Timestamp, now: Timestamp, waits: &'static str) -> Problem {
    let seconds = until.duration_since(now).max(SignedDuration::ZERO);
    let seconds = seconds.as_secs() + i64::from(seconds.subsec_nanos() > 0);
    Problem::rate_limited(seconds, waits)
}

/// What an attacker who knows the account would try first, for judging a new password.
#[must_use]
pub fn known_about<'a>(user_id: &'a UserId, name: &'a str, site: &'a str) -> [&'a str; 4] {
    [
        user_id.email().as_str(),
        name,
        site,
        user_id.tenant().site_id(),
    ]
}
