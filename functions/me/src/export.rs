//! Everything that is the user's, as one document (GDPR Article 20).

use gateway::{MessageKeyView, MessageView, Problem, Request, Response, SessionView, UserView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// Everything that the platform keeps about a user.
#[derive(Serialize, ToSchema)]
pub struct Export {
    user: UserView,
    sessions: Vec<SessionView>,
    /// The key that secret messages are encrypted to, with its identity sealed under its passphrase.
    message_key: Option<MessageKeyView>,
    /// The secret messages that wait. What they say is read by `POST /messages/{id}/read`.
    messages: Vec<MessageView>,
}

#[utoipa::path(get, path = "/user/me/export", tag = "account", summary = "Export all that is one's own",
    responses((status = 200, description = "The account, its sessions, its message key and what is known of its messages", body = Export)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let claims = deps.callers.claims(request).await?;
    let now = deps.clock.now();
    let page = async |after| {
        let page = deps.sessions.of_user(&claims.sub, after, 100, now);
        Ok::<_, Problem>(page.await?)
    };
    let caller = deps.callers.still_signed_in(request, &claims);
    let key = async { Ok(deps.message_keys.of_user(&claims.sub).await?) };
    let (caller, (mut rows, mut more), key) = futures::try_join!(caller, page(None), key)?;
    let messages = match &key {
        Some(key) => {
            let all = deps.messages.at(&key.drop_address, None, usize::MAX, now);
            all.await?.0
        }
        None => Vec::new(),
    };
    while more {
        let after = rows.last().map(|session| session.session_id);
        let (next, is_followed) = page(after).await?;
        rows.extend(next);
        more = is_followed;
    }
    let live = rows
        .into_iter()
        .filter(|session| session.speaks_for(&caller.user, now));
    let sessions = live
        .map(|session| SessionView::new(session, caller.session.session_id))
        .collect();
    Ok(Response::ok(&Export {
        user: caller.user.into(),
        sessions,
        message_key: key.map(MessageKeyView::from),
        messages: messages.into_iter().map(MessageView::from).collect(),
    }))
}
