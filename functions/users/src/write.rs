//! Making or changing a user.

use domain::api_key::Scope;
use domain::audit::{AuditEvent, Event};
use domain::mail::{EmailJob, Template};
use domain::password::{NewPassword, PasswordHash};
use domain::user::{FamilyId, Name, UserName};
use domain::{Email, Invalid, Tenant, User, UserId};
use gateway::{Code, Field, Input, Problem, Request, Response, UserBody};
use repository::users::{Changes, NotChanged, NotRegistered, Registration};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;

/// A user to make, or what to change about one.
#[derive(Default, Deserialize, ToSchema)]
pub struct UserInput {
    /// The address: who it is.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    email: Field<Email>,
    /// The same again, if the caller wants it checked.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    user_id: Field<UserId>,
    /// A password to set. A new user without one gets it by a reset; a changed one ends every session.
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 256)]
    #[serde(default)]
    password: Field<NewPassword>,
    /// What the person is called.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Field<Name>,
    /// The handle, unique within the family.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    user_name: Field<UserName>,
    /// The family; it can't be changed later.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    family_id: Field<FamilyId>,
}

/// What was asked for, as it may be written.
struct Wanted {
    user_id: UserId,
    name: Option<Name>,
    user_name: Option<UserName>,
    family_id: Option<FamilyId>,
    password: Option<(NewPassword, PasswordHash)>,
}

#[utoipa::path(post, path = "/users", tag = "users", summary = "Make or change a user of the tenant",
    request_body = UserInput, responses(
        (status = 201, description = "The user was made", body = UserBody),
        (status = 200, description = "The user was changed", body = UserBody)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let keyed = deps.keys.tenant_of(request).await?;
    keyed.require(Scope::UsersWrite)?;
    let wanted = read(deps, request, &keyed.tenant)?;
    if let Some(user) = deps.users.get(&wanted.user_id).await? {
        return change(deps, request, user, wanted).await;
    }
    let now = deps.clock.now();
    let new = User {
        family_id: wanted.family_id.clone(),
        user_name: wanted.user_name.clone(),
        ..User::new(
            wanted.user_id.clone(),
            wanted.name.clone().unwrap_or_default(),
            wanted.password.as_ref().map(|(_, hash)| hash.clone()),
            now,
        )
    };
    let event = event(deps, request, &new.user_id);
    let registration = Registration {
        user: &new,
        link: None,
        invite: None,
        trusted: true,
        event: &event,
    };
    match deps
        .users
        .register(&deps.tokens, &deps.audit, &registration, now)
        .await?
    {
        Ok(()) => Ok(Response::created(&UserBody::from(new))),
        Err(NotRegistered::UserNameTaken) => Err(user_name_taken()),
        // Somebody was quicker: what is wanted is a change now.
        Err(NotRegistered::EmailTaken | NotRegistered::InviteRequired) => {
            match deps.users.get(&wanted.user_id).await? {
                Some(user) => change(deps, request, user, wanted).await,
                None => Err(Problem::unavailable(
                    "the user was made and deleted at the same time",
                )),
            }
        }
    }
}

fn read(deps: &Deps, request: &Request, tenant: &Tenant) -> Result<Wanted, Problem> {
    let body: UserInput = request.json()?;
    let mut input = Input::new();
    let email = input.required("email", body.email);
    let password = input.optional("password", body.password);
    let name = input.optional("name", body.name);
    let user_name = input.optional("user_name", body.user_name);
    let family_id = input.optional("family_id", body.family_id);
    let given_id = input.optional("user_id", body.user_id);
    let user_id = email.map(|email| UserId::new(tenant.tenant_id.clone(), email));
    if let (Some(given), Some(user_id)) = (&given_id, &user_id)
        && given != user_id
    {
        input.refuse(
            "user_id",
            Invalid::new(
                "mismatch",
                "is not the id of this e-mail address at this site",
            ),
        );
    }
    if let (Some(password), Some(user_id)) = (&password, &user_id) {
        let known_name = name.as_ref().map(Name::as_str).unwrap_or_default();
        let known = gateway::password::known_about(user_id, known_name, &tenant.name);
        if let Err(error) = password.check_strength(&known) {
            input.refuse("password", error);
        }
    }
    let user_id = input.finish(user_id)?;
    let hashed = |password: NewPassword| password.hash(&deps.random).map(|hash| (password, hash));
    let password = password.map(hashed).transpose();
    let password = password.map_err(|error| Problem::invalid_field("password", error))?;
    Ok(Wanted {
        user_id,
        name,
        user_name,
        family_id,
        password,
    })
}

async fn change(
    deps: &Deps,
    request: &Request,
    user: User,
    wanted: Wanted,
) -> Result<Response, Problem> {
    if wanted.family_id.is_some() && wanted.family_id != user.family_id {
        let error = Invalid::new("immutable", "can't be changed");
        return Err(Problem::invalid_field("family_id", error));
    }
    if let Some((password, _)) = &wanted.password
        && password.as_password().verify(user.password_hash.as_ref())
    {
        let error = Invalid::new(
            "unchanged",
            "must differ from the password that it replaces",
        );
        return Err(Problem::invalid_field("password", error));
    }
    let now = deps.clock.now();
    let changes = Changes {
        name: wanted.name,
        user_name: wanted.user_name,
        password_hash: wanted.password.map(|(_, hash)| hash),
    };
    if changes.password_hash.is_some() {
        notify(deps, request, &user).await?;
    }
    let event = event(deps, request, &user.user_id);
    let (written, recorded) = futures::join!(
        deps.users.change(&deps.tokens, &user, &changes, now),
        deps.audit.record(&event)
    );
    match written? {
        Ok(()) => recorded?,
        Err(NotChanged::UserNameTaken) => return Err(user_name_taken()),
        Err(NotChanged::Gone) => {
            return Err(Problem::unavailable(
                "the user was changed at the same time",
            ));
        }
    }
    let name = changes.name.unwrap_or(user.name);
    let user_name = changes.user_name.or(user.user_name);
    Ok(Response::ok(&UserBody::from(User {
        name,
        user_name,
        ..user
    })))
}

/// Tells the user of a password that somebody else set; before it is set, so that it never happens without a word.
async fn notify(deps: &Deps, request: &Request, user: &User) -> Result<(), Problem> {
    let notice = EmailJob::new(
        user.email.clone(),
        Some(Template::PasswordChanged),
        [("name", user.name.as_str().to_owned())],
        user.user_id.tenant().clone(),
        &format!("password-changed:{}", request.id()),
    );
    Ok(deps.emails.send(&notice).await?)
}

fn event(deps: &Deps, request: &Request, user_id: &UserId) -> AuditEvent {
    request.audit(Event::UserWritten, user_id, deps.clock.now())
}

fn user_name_taken() -> Problem {
    Problem::new(Code::UserNameTaken, "the family has a member of this name")
}
