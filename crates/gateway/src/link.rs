//! Mailing a link to whoever owns an address, without telling whether anybody does.

use domain::audit::Event;
use domain::mail::{EmailJob, Template};
use domain::one_time::{Kind, OneTimeToken};
use domain::{Clock, Email, Random, Tenant, User, UserId};
use queue::EmailQueue;
use repository::{AuditLog, LoginAttempts, OneTimeTokens, Users};

use crate::{FromEnv, MissingVariable, Problem, Request};

/// Mails links of one kind: to reset a password, or to verify an address.
#[derive(Clone)]
pub struct LinkMailer {
    deps: Deps,
}

crate::deps! {
    users: Users,
    attempts: LoginAttempts,
    tokens: OneTimeTokens,
    audit: AuditLog,
    emails: EmailQueue,
    clock: Clock,
    random: Random,
}

/// What is mailed.
#[derive(Debug, Clone, Copy)]
pub struct LinkMail {
    /// What the link is good for.
    pub kind: Kind,
    /// The mail that carries it.
    pub template: Template,
    /// The tenant's page that it leads to.
    pub page: &'static str,
}

/// A link that sets a new password.
const RESET: LinkMail = LinkMail {
    kind: Kind::Reset,
    template: Template::PasswordReset,
    page: "reset-password",
};
/// A link that proves an address.
const VERIFY: LinkMail = LinkMail {
    kind: Kind::Verify,
    template: Template::VerifyEmail,
    page: "verify-email",
};

impl<Env> FromEnv<Env> for LinkMailer
where
    Deps: FromEnv<Env>,
{
    fn from_env(env: &Env) -> Result<Self, MissingVariable> {
        Ok(Self {
            deps: Deps::from_env(env)?,
        })
    }
}

impl LinkMailer {
    /// Mails a reset link to the account of `email`, if there is one and it had no more than its share of them.
    ///
    /// # Errors
    /// 503.
    pub async fn reset(
        &self,
        request: &Request,
        tenant: &Tenant,
        email: Email,
    ) -> Result<(), Problem> {
        self.mail(RESET, request, tenant, email, |_| true).await
    }

    /// Mails a new verification link to the account of `email`, if there is one that needs it.
    ///
    /// # Errors
    /// 503.
    pub async fn verify(
        &self,
        request: &Request,
        tenant: &Tenant,
        email: Email,
    ) -> Result<(), Problem> {
        self.mail(VERIFY, request, tenant, email, |user| {
            user.email_verified_at.is_none()
        })
        .await
    }

    /// Two waits, with the same calls in each whether anything is mailed or not: the answer tells nothing, in time
    /// neither. Where there is nobody to mail, a token that leads nowhere is stored and a job that mails nothing is queued.
    async fn mail(
        &self,
        mail: LinkMail,
        request: &Request,
        tenant: &Tenant,
        email: Email,
        needs: impl Fn(&User) -> bool,
    ) -> Result<(), Problem> {
        let deps = &self.deps;
        let now = deps.clock.now();
        let user_id = UserId::new(tenant.tenant_id.clone(), email);
        let (user, may_mail) = futures::try_join!(
            deps.users.get(&user_id),
            deps.attempts.may_mail_link(mail.kind, &user_id, now)
        )?;
        let user = user.filter(|user| may_mail && user.is_enabled() && needs(user));

        let token = token::one_time::OneTimeToken::generate(mail.kind, &user_id, &deps.random);
        let row = OneTimeToken::new(token.hash(), mail.kind, user_id.clone(), now);
        // Without a mail the links that were mailed before must stay the newest.
        let row_owner = if user.is_some() {
            user_id.clone()
        } else {
            nobody(&user_id)
        };
        let row = OneTimeToken {
            user_id: row_owner,
            ..row
        };
        let job = EmailJob::new(
            user_id.email().clone(),
            user.is_some().then_some(mail.template),
            [
                (
                    "name",
                    user.map(|user| user.name.into()).unwrap_or_default(),
                ),
                ("link", tenant.link(mail.page, token.expose())),
                (
                    "expires_minutes",
                    mail.kind.lifetime().as_mins().to_string(),
                ),
            ],
            tenant.tenant_id.clone(),
            &format!("{}:{}", mail.kind.as_str().to_lowercase(), row.token_hash),
        );
        let event = request.audit(Event::LinkRequested, &user_id, now);
        let (stored, queued, recorded) = futures::join!(
            deps.tokens.create_link(&row),
            deps.emails.send(&job),
            deps.audit.record(&event)
        );
        let replaced = stored?;
        if let Err(error) = queued {
            // Nobody got this link: the one before works on, and the account still has its share of mails.
            let (put_back, uncounted) = futures::join!(
                deps.tokens.put_back(&row, replaced),
                deps.attempts.unmail_link(mail.kind, &user_id, now)
            );
            put_back?;
            uncounted?;
            return Err(error.into());
        }
        Ok(recorded?)
    }
}

/// An id of the same tenant that no account can have (its domain is reserved by RFC 2606): one for each address, so that
/// asking for many does not meet on one row.
fn nobody(user_id: &UserId) -> UserId {
    let mark = token::hash(user_id.email().as_str());
    domain::Email::parse(&format!("{}@nobody.invalid", &mark[..32])).map_or_else(
        |_| user_id.clone(),
        |email| UserId::new(user_id.tenant().clone(), email),
    )
}
