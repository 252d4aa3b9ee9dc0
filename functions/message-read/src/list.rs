//! What waits.

use gateway::{MessageView, Page, Paging, Problem, Request, Response};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::Deps;

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query")]
struct PageQuery {
    /// How many, 1 to 100; 20 unless told.
    limit: Option<u8>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/messages", tag = "messages", summary = "List one's messages", params(PageQuery),
    responses((status = 200, description = "Messages that can be read, newest first", body = Page<MessageView>)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let claims = deps.callers.claims(request).await?;
    let now = deps.clock.now();
    let keys = deps.ring.current(now).await?;
    let name = format!("messages of {}", claims.sub);
    let paging = Paging::of(request, &keys, &name, now)?;
    let after = paging
        .after
        .and_then(|position| Uuid::parse_str(&position).ok());
    let key = async { Ok(deps.keys.of_user(&claims.sub).await?) };
    let (_, key) = futures::try_join!(deps.callers.still_signed_in(request, &claims), key)?;
    let (rows, more) = match key {
        Some(key) => {
            let messages = &deps.messages;
            messages
                .at(&key.drop_address, after, paging.limit, now)
                .await?
        }
        None => (Vec::new(), false),
    };

    let last = rows
        .last()
        .map(|message| message.message_id.to_string())
        .filter(|_| more);
    let next_cursor = last
        .map(|position| token::cursor::seal(&keys, &name, &position, now))
        .transpose()?;
    let items = rows.into_iter().map(MessageView::from).collect();
    Ok(Response::ok(&Page { items, next_cursor }))
}
