//! Inviting somebody into a family.

use domain::Timestamp;
use domain::one_time::{Kind, OneTimeToken};
use gateway::{Problem, Request, Response};
use serde::Serialize;
use token::one_time::OneTimeToken as TokenText;
use utoipa::ToSchema;

use crate::Deps;

/// An invitation, shown once.
#[derive(Serialize, ToSchema)]
pub struct InviteAnswer {
    /// To be sent as `invite` when registering, together with the family's id.
    invite: String,
    /// The family that it leads to.
    family_id: String,
    /// When it stops working.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[utoipa::path(post, path = "/auth/invites", tag = "auth", summary = "Invite somebody into the caller's family",
    responses((status = 201, description = "An invitation that works once, for 7 days", body = InviteAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let user = deps.callers.signed_in(request).await?.user;
    let family_id = user
        .family_id
        .ok_or_else(|| Problem::forbidden("only a member of a family can invite into it"))?;
    let invite = TokenText::generate(Kind::Invite, &user.user_id, &deps.random);
    let token = OneTimeToken::new(invite.hash(), Kind::Invite, user.user_id, deps.clock.now());
    let token = OneTimeToken {
        family_id: Some(family_id.clone()),
        ..token
    };
    deps.tokens.create(&token).await?;
    Ok(Response::created(&InviteAnswer {
        invite: invite.expose().to_owned(),
        family_id: family_id.into(),
        expires_at: token.expires_at,
    }))
}
