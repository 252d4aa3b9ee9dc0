//! A site behind which the platform stands, and the people who come to it.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Call;
use super::text;
use super::{Answer, Backstage, Client, Stage, subject};

/// A tenant, as its pages see the platform.
#[derive(Clone)]
pub struct Site {
    /// The platform.
    pub stage: Arc<Stage>,
    /// Who sends the requests.
    pub client: Client,
    /// `client#site`.
    pub tenant: String,
    /// The publishable key.
    pub key: String,
    /// A secret key with every scope.
    pub secret: String,
    /// The origin of its pages.
    pub origin: String,
}

/// Somebody who has an account, or could have one.
#[derive(Debug, Clone)]
pub struct Account {
    /// The address: nobody else's.
    pub email: String,
    /// The password.
    pub password: String,
}

/// What a login gives.
#[derive(Debug, Clone)]
pub struct Session {
    /// The access token.
    pub token: String,
    /// The refresh token.
    pub refresh: String,
}

impl Account {
    /// Somebody new.
    pub fn new() -> Self {
        Self {
            email: format!("user-{}@example.com", Uuid::new_v4().simple()),
            password: "S3cur3Pass!".to_owned(),
        }
    }

    /// The same person with another password.
    pub fn with_password(&self, password: &str) -> Self {
        Self {
            password: password.to_owned(),
            ..self.clone()
        }
    }

    /// What proves who it is.
    pub fn credentials(&self) -> Value {
        json!({ "email": self.email, "password": self.password })
    }
}

impl Session {
    /// Reads the answer of a login or, with both tokens in it, of a refresh.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let body = answer.expect(200);
        Self {
            token: text(&body["token"]),
            refresh: text(&body["refresh_token"]),
        }
    }
}

impl Site {
    /// The tenant that the suite was given: that of the first run, unless `CV_TENANT` names another.
    pub fn given(stage: Arc<Stage>) -> Self {
        let credentials = &stage.credentials;
        Self {
            client: Client::new(&credentials.base_url, stage.document.clone()),
            tenant: std::env::var("CV_TENANT").unwrap_or_else(|_| "demo#site".to_owned()),
            key: credentials.publishable_key.clone(),
            secret: credentials.secret_key.clone(),
            origin: credentials.origins[0].clone(),
            stage,
        }
    }

    /// Another tenant of the same platform, made by an operator.
    pub async fn new_neighbour(&self, options: &[&str]) -> Self {
        let name = Uuid::new_v4().simple().to_string();
        let (tenant, origin) = (format!("acme#{name}"), format!("https://{name}.example"));
        let local = self.backstage();
        local
            .operate(&[&["tenant", "create", &tenant, "--origin", &origin], options].concat())
            .await;
        let scopes = [
            "--secret",
            "--scope",
            "users:read",
            "--scope",
            "users:write",
        ];
        Self {
            key: local.new_key(&tenant, &[]).await.text,
            secret: local.new_key(&tenant, &scopes).await.text,
            client: self.client.clone(),
            stage: self.stage.clone(),
            tenant,
            origin,
        }
    }

    /// The same site for somebody at another address.
    pub fn elsewhere(&self) -> Self {
        Self {
            client: self.client.elsewhere(),
            ..self.clone()
        }
    }

    /// What a client can't see or do.
    #[track_caller]
    pub fn backstage(&self) -> &Backstage {
        self.stage
            .backstage
            .as_ref()
            .expect("the test asked for what is behind the platform")
    }

    /// The id that an address has as a user.
    pub fn user_id(&self, email: &str) -> String {
        format!("{}#{email}", self.tenant)
    }

    /// A request with the site's publishable key and a body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.client.post(path).key(&self.key).json(body)
    }

    /// Registers an account.
    pub async fn register(&self, account: &Account) -> Answer {
        self.post("/auth/register", &account.credentials()).await
    }

    /// Logs in.
    pub async fn login(&self, account: &Account) -> Answer {
        self.post("/auth/login", &account.credentials()).await
    }

    /// Somebody who has just registered.
    pub async fn registered(&self) -> Account {
        let account = Account::new();
        self.register(&account).await.expect(201);
        account
    }

    /// A login that works.
    pub async fn session(&self, account: &Account) -> Session {
        Session::of(&self.login(account).await)
    }

    /// Somebody who has just registered and logged in.
    pub async fn signed_in(&self) -> (Account, Session) {
        let account = self.registered().await;
        let session = self.session(&account).await;
        (account, session)
    }

    /// Asks who an access token speaks for.
    pub async fn me(&self, token: &str) -> Answer {
        self.client.get("/user/me").bearer(token).await
    }

    /// Trades a refresh token.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({ "refresh_token": refresh_token });
        self.client.post("/auth/token/refresh").json(&body).await
    }

    /// Checks that a session is over: neither of its tokens works.
    pub async fn expect_ended(&self, session: &Session) {
        self.me(&session.token)
            .await
            .expect_problem(401, "token_invalid");
        self.refresh(&session.refresh)
            .await
            .expect_problem(401, "token_invalid");
    }

    /// Asks for a reset link, and takes its token from the mail.
    pub async fn reset_token(&self, account: &Account) -> String {
        self.ask_reset(&account.email).await.expect(200);
        self.backstage()
            .newest_mail(&account.email, subject::RESET)
            .await
            .token()
    }

    /// Asks for a reset link.
    pub async fn ask_reset(&self, email: &str) -> Answer {
        self.post("/auth/password-reset", &json!({ "email": email }))
            .await
    }

    /// Sets a new password with a link's token.
    pub async fn confirm_reset(&self, token: &str, new_password: &str) -> Answer {
        let body = json!({ "token": token, "new_password": new_password });
        self.client
            .post("/auth/password-reset/confirm")
            .json(&body)
            .await
    }
}
