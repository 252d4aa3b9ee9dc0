//! A refresh token that was used again long after it had been rotated (RFC 9700 §4.14.2).

use domain::User;
use domain::audit::Event;
use domain::mail::{EmailJob, Template};
use domain::session::{EndReason, Session};
use gateway::{Problem, Request};

use crate::Deps;

/// Ends the session, tells its user, and writes it down. Whoever sent the token learns nothing of it.
pub(crate) async fn end(deps: &Deps, request: &Request, session: &Session, user: &User) -> Problem {
    let now = deps.clock.now();
    let tenant = user.user_id.tenant();
    let notice = EmailJob::new(
        user.email.clone(),
        Some(Template::SessionEnded),
        [("name", user.name.as_str().to_owned())],
        tenant.clone(),
        &format!("refresh-reuse:{}", session.session_id),
    );
    let event = request.audit(Event::RefreshReuse, &user.user_id, now);
    let (ended, told, recorded) = futures::join!(
        deps.sessions
            .revoke(session.session_id, &session.user_id, EndReason::Reuse, now),
        deps.emails.send(&notice),
        deps.audit.record(&event),
    );
    if let Err(error) = told {
        tracing::error!(%error, request_id = request.id(), "a user was not told of a stolen session");
    }
    match ended.and(recorded) {
        Ok(()) => Problem::token_invalid(),
        Err(error) => error.into(),
    }
}
