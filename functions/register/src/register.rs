//! Making an account.

use domain::audit::Event;
use domain::mail::{EmailJob, Template};
use domain::one_time::{Kind, OneTimeToken};
use domain::password::NewPassword;
use domain::user::{FamilyId, Name, UserName};
use domain::{Email, Invalid, Tenant, User, UserId};
use gateway::{Code, Field, Input, Problem, Request, Response, UserSummary};
use repository::users::{NotRegistered, Registration};
use serde::{Deserialize, Serialize};
use token::one_time::OneTimeToken as TokenText;
use utoipa::ToSchema;

use crate::Deps;

/// A new account.
#[derive(Default, Deserialize, ToSchema)]
pub struct RegisterBody {
    /// The address: the account's name on this site.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    email: Field<Email>,
    /// 8 to 256 characters that are not easily guessed.
    #[schema(value_type = String, format = Password, required, min_length = 8, max_length = 256, example = "S3cur3Pass!")]
    #[serde(default)]
    password: Field<NewPassword>,
    /// What the person is called.
    #[schema(value_type = Option<String>, max_length = 100, example = "Example User")]
    #[serde(default)]
    name: Field<Name>,
    /// A handle that is unique within the family.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    user_name: Field<UserName>,
    /// The family to found or to join.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    family_id: Field<FamilyId>,
    /// An invitation into that family, once it has members.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    invite: Field<String>,
}

/// The account that was made.
#[derive(Serialize, ToSchema)]
pub struct RegisterAnswer {
    message: &'static str,
    user: UserSummary,
}

struct New {
    user: User,
    invite: Option<TokenText>,
}

#[utoipa::path(post, path = "/auth/register", tag = "auth", summary = "Make an account",
    request_body = RegisterBody, responses((status = 201, description = "The account; a welcome mail with a link that verifies the address is queued", body = RegisterAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let tenant = deps.keys.tenant_of(request).await?.tenant;
    let New { user, invite } = read(deps, request, &tenant)?;
    let now = deps.clock.now();

    let link = TokenText::generate(Kind::Verify, &user.user_id, &deps.random);
    let link_row = OneTimeToken::new(link.hash(), Kind::Verify, user.user_id.clone(), now);
    let tenant_id = &tenant.tenant_id;
    let event = request.audit(Event::Register, &user.user_id, now);
    let invite = invite.map(|invite| (invite.hash(), invite.user_id().clone()));
    let registration = Registration {
        user: &user,
        link: Some(&link_row),
        invite: invite
            .as_ref()
            .map(|(hash, inviter)| (hash.as_str(), inviter)),
        trusted: false,
        event: &event,
    };
    deps.users
        .register(&deps.tokens, &deps.audit, &registration, now)
        .await?
        .map_err(refused)?;

    let job = EmailJob::new(
        user.email.clone(),
        Some(Template::Welcome),
        [
            ("name", user.name.as_str().to_owned()),
            ("link", tenant.link("verify-email", link.expose())),
        ],
        tenant_id.clone(),
        &format!("welcome:{}", link.hash()),
    );
    if let Err(error) = deps.emails.send(&job).await {
        // Without the mail the account could not be verified, and the same request would find it taken.
        if let Err(error) = deps.users.unregister(&deps.tokens, &registration).await {
            tracing::error!(%error, request_id = request.id(), "an account without a welcome mail could not be taken back");
        }
        return Err(error.into());
    }
    Ok(Response::created(&RegisterAnswer {
        message: "Registration successful",
        user: (&user).into(),
    }))
}

fn read(deps: &Deps, request: &Request, tenant: &Tenant) -> Result<New, Problem> {
    let body: RegisterBody = request.json()?;
    let mut input = Input::new();
    let email = input.required("email", body.email);
    let password = input.required("password", body.password);
    let name = input.optional("name", body.name).unwrap_or_default();
    let user_name = input.optional("user_name", body.user_name);
    let family_id = input.optional("family_id", body.family_id);
    let invite = input.optional("invite", body.invite);
    let user_id = email.map(|email| UserId::new(tenant.tenant_id.clone(), email));
    if let (Some(user_id), Some(password)) = (&user_id, &password) {
        let known = gateway::password::known_about(user_id, name.as_str(), &tenant.name);
        if let Err(error) = password.check_strength(&known) {
            input.refuse("password", error);
        }
    }
    if invite.is_some() && family_id.is_none() {
        input.refuse(
            "family_id",
            Invalid::new("required", "is required with an invite"),
        );
    }
    let (user_id, password) = input.finish((user_id, password))?;
    let no_invite = || refused(NotRegistered::InviteRequired);
    let invite = invite
        .map(|text| TokenText::parse(Kind::Invite, &text))
        .transpose();
    let invite = invite.map_err(|_| no_invite())?;
    // Families of two tenants may have the same name: an invitation is good at its own tenant only.
    let is_anothers = |invite: &TokenText| *invite.user_id().tenant() != tenant.tenant_id;
    if invite.as_ref().is_some_and(is_anothers) {
        return Err(no_invite());
    }

    let hash = password
        .hash(&deps.random)
        .map_err(|error| Problem::invalid_field("password", error))?;
    let user = User {
        family_id,
        user_name,
        ..User::new(user_id, name, Some(hash), deps.clock.now())
    };
    Ok(New { user, invite })
}

fn refused(why: NotRegistered) -> Problem {
    match why {
        NotRegistered::EmailTaken => Problem::new(
            Code::EmailTaken,
            "there is an account with this e-mail address",
        ),
        NotRegistered::UserNameTaken => {
            Problem::new(Code::UserNameTaken, "the family has a member of this name")
        }
        NotRegistered::InviteRequired => Problem::new(
            Code::InviteRequired,
            "the family has members: ask one of them for an invitation",
        ),
    }
}
