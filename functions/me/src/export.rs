//! Everything that is the user's, as one document (GDPR Article 20).

use gateway::{Problem, Request, Response, SessionView, UserView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// Everything that the platform keeps about a user.
#[derive(Serialize, ToSchema)]
pub struct Export {
    user: UserView,
    sessions: Vec<SessionView>,
}

#[utoipa::path(get, path = "/user/me/export", tag = "account", summary = "Export all that is one's own",
    responses((status = 200, description = "The account and its sessions", body = Export)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let caller = deps.callers.signed_in(request).await?;
    let now = deps.clock.now();
    let mut sessions = Vec::new();
    let mut after = None;
    loop {
        let (rows, more) = deps
            .sessions
            .of_user(&caller.user.user_id, after, 100, now)
            .await?;
        after = rows.last().map(|session| session.session_id);
        let live = rows
            .into_iter()
            .filter(|session| session.speaks_for(&caller.user, now));
        sessions.extend(live.map(|session| SessionView::new(session, caller.session.session_id)));
        if !more {
            break;
        }
    }
    Ok(Response::ok(&Export {
        user: caller.user.into(),
        sessions,
    }))
}
