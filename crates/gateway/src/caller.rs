//! Who is signed in.

use std::sync::Arc;

use domain::api_key::Scope;
use domain::session::Session;
use domain::{Clock, Tenant, TenantId, User, UserId};
use http::Method;
use repository::{Sessions, Users};
use token::{AccessTokens, Claims, KeyRing};

use crate::cookies::ACCESS_COOKIE;
use crate::{Keys, Problem, Request};

/// Tells who a request's access token speaks for.
#[derive(Clone)]
pub struct Callers {
    tokens: AccessTokens,
    ring: KeyRing,
    keys: Keys,
    sessions: Sessions,
    users: Users,
    clock: Clock,
}

/// A user with a live session.
#[derive(Debug)]
pub struct SignedIn {
    /// The session that the token belongs to.
    pub session: Session,
    /// The user as of now.
    pub user: User,
}

/// For whom something is done.
#[derive(Debug)]
pub struct Principal {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The admin who is signed in; none where the tenant's own back end asks, with its key.
    pub user: Option<UserId>,
}

impl SignedIn {
    /// Lets an admin pass.
    ///
    /// # Errors
    /// 403.
    pub fn require_admin(&self) -> Result<(), Problem> {
        if self.user.is_admin() {
            Ok(())
        } else {
            Err(Problem::forbidden("this needs the role admin"))
        }
    }
}

impl Callers {
    /// Knows callers by what `tokens` verifies with the keys in `ring`.
    #[must_use]
    pub fn new(
        tokens: AccessTokens,
        ring: KeyRing,
        keys: Keys,
        sessions: Sessions,
        users: Users,
        clock: Clock,
    ) -> Self {
        Self {
            tokens,
            ring,
            keys,
            sessions,
            users,
            clock,
        }
    }

    /// What the request's token says, without asking whether its session still lives: for a write that asks that itself.
    ///
    /// # Errors
    /// 401, and 403 for a cookie from elsewhere.
    pub async fn claims(&self, request: &Request) -> Result<Claims, Problem> {
        let claims = self.verified(request).await?;
        if self.keys.is_anothers(request, &claims.aud).await? {
            return Err(Problem::token_invalid());
        }
        Ok(claims)
    }

    /// The user that the request's token speaks for. One wait.
    ///
    /// # Errors
    /// 401 without a live session, and 403 for a cookie from elsewhere.
    pub async fn signed_in(&self, request: &Request) -> Result<SignedIn, Problem> {
        let claims = self.verified(request).await?;
        self.still_signed_in(request, &claims).await
    }

    /// The user that claims of the request's token speak for, for whoever has them already. One wait.
    ///
    /// # Errors
    /// 401 without a live session.
    pub async fn still_signed_in(
        &self,
        request: &Request,
        claims: &Claims,
    ) -> Result<SignedIn, Problem> {
        let found = async {
            Ok(self
                .sessions
                .with_user(&self.users, claims.sid, &claims.sub)
                .await?)
        };
        let (found, anothers) =
            futures::try_join!(found, self.keys.is_anothers(request, &claims.aud))?;
        let live =
            found.filter(|(session, user)| !anothers && session.speaks_for(user, self.clock.now()));
        let (session, user) = live.ok_or_else(Problem::token_invalid)?;
        Ok(SignedIn { session, user })
    }

    /// A signed-in admin and their tenant, or the tenant of a secret key with `scope` where nobody is signed in: for what a tenant's own
    /// back end may do as well as its admins.
    ///
    /// # Errors
    /// 401 and 403.
    pub async fn admin_or_key(
        &self,
        request: &Request,
        scope: Scope,
    ) -> Result<Principal, Problem> {
        let has_token =
            request.header("authorization").is_some() || request.cookie(ACCESS_COOKIE).is_some();
        if !has_token {
            let keyed = self.keys.tenant_of(request).await?;
            keyed.require(scope)?;
            return Ok(Principal {
                tenant: keyed.tenant,
                user: None,
            });
        }
        let caller = self.signed_in(request).await?;
        caller.require_admin()?;
        let tenant = self.keys.tenant(caller.user.user_id.tenant()).await?;
        Ok(Principal {
            tenant: tenant.ok_or_else(Problem::token_invalid)?,
            user: Some(caller.user.user_id),
        })
    }

    async fn verified(&self, request: &Request) -> Result<Claims, Problem> {
        let now = self.clock.now();
        let (text, from_cookie) = match (bearer(request)?, request.cookie(ACCESS_COOKIE)) {
            (Some(text), _) => (text, false),
            (None, Some(text)) => (text, true),
            (None, None) => return Err(Problem::token_missing()),
        };
        let keys = self.ring.current(now).await?;
        let claims = self.tokens.verify(&keys, &text, now)?;
        let safe = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        );
        if from_cookie && !safe {
            self.check_origin(request, &claims.aud).await?;
        }
        Ok(claims)
    }

    /// Whether the request carries a key of another tenant than `tenant`, which makes a token invalid.
    ///
    /// # Errors
    /// 503.
    pub async fn has_key_of_another(
        &self,
        request: &Request,
        tenant: &TenantId,
    ) -> Result<bool, Problem> {
        self.keys.is_anothers(request, tenant).await
    }

    /// Refuses a cookie that a page of somebody else made the browser send.
    ///
    /// # Errors
    /// 403 `origin_not_allowed`.
    pub async fn check_origin(&self, request: &Request, tenant: &TenantId) -> Result<(), Problem> {
        let tenant = self.keys.tenant(tenant).await?;
        let origin = request.header("origin");
        if tenant
            .zip(origin)
            .is_some_and(|(tenant, origin)| tenant.owns_origin(origin))
        {
            Ok(())
        } else {
            Err(Problem::origin_not_allowed())
        }
    }
}

/// The token in `Authorization`, where the header is there at all.
fn bearer(request: &Request) -> Result<Option<String>, Problem> {
    let Some(value) = request.header("authorization") else {
        return Ok(None);
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim().to_owned()))
        }
        _ => Err(Problem::token_invalid()),
    }
}
