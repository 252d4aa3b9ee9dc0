//! From the environment to each thing that a function can touch.

use bucket::{BuildBucket, Folders, MarkdownBucket, ScrapeBucket, SiteBucket};
use domain::site::LocalSites;
use domain::{Clock, Email, Random};
use email::{Identity, Mailer, Outbox, Renderer, Ses, SesTenant, Smtp};
use gateway::{Callers, FromEnv, Keys, LinkMailer, MissingVariable, Provide};
use queue::{EmailQueue, ScrapeQueue, SiteQueue, WebhookQueue};
use repository::{
    ApiKeys, AuditLog, Drops, EmailBudgets, EmailTemplates, Emails, LoginAttempts, MessageKeys,
    Messages, OneTimeTokens, Origins, Recent, ScrapeResults, Scrapes, Sessions, Sites,
    Suppressions, Tenants, Users,
};
use token::{AccessTokens, KeyRing, KeyStore, SecretSource};
use topic::ScrapeTopic;
use url::Url;

use crate::secrets::{File, SecretsManager};
use crate::{Env, clients};

macro_rules! tables {
    ($($table:ident from $variable:literal),+ $(,)?) => {
        $(impl Provide<$table> for Env {
            fn provide(&self) -> Result<$table, MissingVariable> {
                Ok($table::new(self.provide()?, self.variable($variable)?))
            }
        })+
    };
}

tables! {
    ApiKeys from "API_KEYS_TABLE",
    AuditLog from "AUDIT_LOG_TABLE",
    EmailBudgets from "EMAIL_BUDGETS_TABLE",
    EmailTemplates from "EMAIL_TEMPLATES_TABLE",
    Emails from "EMAILS_TABLE",
    LoginAttempts from "LOGIN_ATTEMPTS_TABLE",
    MessageKeys from "MESSAGE_KEYS_TABLE",
    Messages from "MESSAGES_TABLE",
    OneTimeTokens from "ONE_TIME_TOKENS_TABLE",
    Origins from "ORIGINS_TABLE",
    ScrapeResults from "SCRAPE_RESULTS_TABLE",
    Scrapes from "SCRAPES_TABLE",
    Sessions from "SESSIONS_TABLE",
    Sites from "SITES_TABLE",
    Suppressions from "SUPPRESSIONS_TABLE",
    Tenants from "TENANTS_TABLE",
    Users from "USERS_TABLE",
}

/// Who drops a message has no API key, by which the connection would be opened at the start otherwise.
impl Provide<Drops> for Env {
    fn provide(&self) -> Result<Drops, MissingVariable> {
        let drops = Drops::new(self.provide()?, self.variable("DROPS_TABLE")?);
        let connecting = drops.clone();
        self.before_first_request(Box::pin(async move {
            if let Err(error) = connecting.ping().await {
                tracing::warn!(%error, "the database was not reached at the start");
            }
            Ok(())
        }));
        Ok(drops)
    }
}

impl Provide<EmailQueue> for Env {
    fn provide(&self) -> Result<EmailQueue, MissingVariable> {
        Ok(EmailQueue::new(
            clients::sqs(self)?,
            self.variable("EMAIL_QUEUE_URL")?,
        ))
    }
}

impl Provide<ScrapeQueue> for Env {
    fn provide(&self) -> Result<ScrapeQueue, MissingVariable> {
        Ok(ScrapeQueue::new(
            clients::sqs(self)?,
            self.variable("SCRAPE_QUEUE_URL")?,
        ))
    }
}

impl Provide<SiteQueue> for Env {
    fn provide(&self) -> Result<SiteQueue, MissingVariable> {
        Ok(SiteQueue::new(
            clients::sqs(self)?,
            self.variable("MARKDOWN_QUEUE_URL")?,
        ))
    }
}

/// AWS has no git repositories.
impl Provide<Option<LocalSites>> for Env {
    fn provide(&self) -> Result<Option<LocalSites>, MissingVariable> {
        let folder = self.optional("GIT_SITES");
        folder
            .map(|folder| {
                Ok(LocalSites {
                    folder: folder.into(),
                    public_url: self.variable("PUBLIC_URL")?,
                })
            })
            .transpose()
    }
}

/// A laptop has no topics.
impl Provide<Option<ScrapeTopic>> for Env {
    fn provide(&self) -> Result<Option<ScrapeTopic>, MissingVariable> {
        let arn = self.optional("SCRAPE_TOPIC_ARN");
        arn.map(|arn| Ok(ScrapeTopic::new(clients::sns(self)?, arn)))
            .transpose()
    }
}

impl Provide<ScrapeBucket> for Env {
    fn provide(&self) -> Result<ScrapeBucket, MissingVariable> {
        let name = self.variable("SCRAPE_BUCKET")?;
        Ok(ScrapeBucket::new(clients::s3(self)?, name))
    }
}

impl Provide<WebhookQueue> for Env {
    fn provide(&self) -> Result<WebhookQueue, MissingVariable> {
        Ok(WebhookQueue::new(
            clients::sqs(self)?,
            self.variable("WEBHOOK_QUEUE_URL")?,
        ))
    }
}

impl Provide<Mailer> for Env {
    fn provide(&self) -> Result<Mailer, MissingVariable> {
        let transport = self.optional("MAIL_TRANSPORT");
        match transport.filter(|transport| transport != "ses") {
            None => self.ses(),
            Some(url) => mailer(&url).ok_or(MissingVariable(
                "MAIL_TRANSPORT, as ses, smtp://host:port or file:///folder,",
            )),
        }
    }
}

/// The mailer of a URL.
fn mailer(url: &str) -> Option<Mailer> {
    let url = Url::parse(url).ok()?;
    match url.scheme() {
        "file" => Some(Mailer::Outbox(Outbox::new(url.to_file_path().ok()?))),
        "smtp" | "smtps" => Some(Mailer::Smtp(Smtp::from_url(url.as_str()).ok()?)),
        _ => None,
    }
}

impl Env {
    fn ses(&self) -> Result<Mailer, MissingVariable> {
        let workers = self.optional("MAIL_WORKERS");
        let workers = workers.and_then(|workers| workers.parse().ok());
        let mailer = Mailer::Ses(Ses::new(
            clients::ses(self)?,
            workers.unwrap_or(1),
            self.optional("SES_CONFIGURATION_SET"),
            self.optional("SES_TENANT_IDENTITY")
                .zip(self.optional("SES_TENANT"))
                .map(|(identity, name)| SesTenant { name, identity }),
        ));
        let (preparing, clock) = (mailer.clone(), self.clock());
        self.before_first_request(Box::pin(async move {
            preparing.prepare(clock.now()).await;
            Ok(())
        }));
        Ok(mailer)
    }
}

impl Provide<Identity> for Env {
    fn provide(&self) -> Result<Identity, MissingVariable> {
        let from = Email::parse(&self.variable("MAIL_FROM")?);
        Ok(Identity {
            from: from.map_err(|_| MissingVariable("MAIL_FROM, as an e-mail address,"))?,
            public_url: self.variable("PUBLIC_URL")?,
        })
    }
}

impl Provide<Renderer> for Env {
    fn provide(&self) -> Result<Renderer, MissingVariable> {
        Ok(Renderer::default())
    }
}

/// What a function has read is its own.
impl<K, V> Provide<Recent<K, V>> for Env {
    fn provide(&self) -> Result<Recent<K, V>, MissingVariable> {
        Ok(Recent::default())
    }
}

impl Provide<MarkdownBucket> for Env {
    fn provide(&self) -> Result<MarkdownBucket, MissingVariable> {
        let name = self.variable("MARKDOWN_BUCKET")?;
        Ok(MarkdownBucket::new(clients::s3(self)?, name))
    }
}

impl Provide<BuildBucket> for Env {
    fn provide(&self) -> Result<BuildBucket, MissingVariable> {
        let name = self.variable("BUILD_BUCKET")?;
        Ok(BuildBucket::new(clients::s3(self)?, name))
    }
}

impl Provide<SiteBucket> for Env {
    fn provide(&self) -> Result<SiteBucket, MissingVariable> {
        let name = self.variable("SITE_BUCKET")?;
        Ok(SiteBucket::new(clients::s3(self)?, name))
    }
}

impl Provide<Folders> for Env {
    fn provide(&self) -> Result<Folders, MissingVariable> {
        let buckets = ["MARKDOWN_BUCKET", "BUILD_BUCKET", "SITE_BUCKET"];
        let buckets = buckets.map(|name| self.variable(name));
        let buckets = buckets.into_iter().collect::<Result<_, _>>()?;
        Ok(Folders::new(clients::s3(self)?, buckets))
    }
}

impl Provide<Clock> for Env {
    fn provide(&self) -> Result<Clock, MissingVariable> {
        Ok(self.clock())
    }
}

impl Provide<Random> for Env {
    fn provide(&self) -> Result<Random, MissingVariable> {
        Ok(self.random())
    }
}

impl Provide<AccessTokens> for Env {
    fn provide(&self) -> Result<AccessTokens, MissingVariable> {
        Ok(AccessTokens::new(
            self.optional("JWT_ISSUER")
                .unwrap_or_else(|| "cloud-voyages".into()),
        ))
    }
}

impl Provide<KeyRing> for Env {
    fn provide(&self) -> Result<KeyRing, MissingVariable> {
        if let Some(ring) = self.ring.get() {
            return Ok(ring.clone());
        }
        let source: Box<dyn SecretSource> = match self.optional("JWT_SECRET_NAME") {
            Some(name) => Box::new(SecretsManager {
                client: clients::secrets_manager(self)?,
                name,
            }),
            None => Box::new(File(self.variable("JWT_KEY_FILE")?.into())),
        };
        let ring = self.ring.get_or_init(|| KeyRing::new(source)).clone();
        let (loading, clock) = (ring.clone(), self.clock());
        self.before_first_request(Box::pin(async move {
            if let Err(error) = loading.current(clock.now()).await {
                tracing::warn!(%error, "the signing keys were not loaded at the start");
            }
            Ok(())
        }));
        Ok(ring)
    }
}

impl Provide<KeyStore> for Env {
    fn provide(&self) -> Result<KeyStore, MissingVariable> {
        Ok(match self.optional("JWT_SECRET_NAME") {
            Some(name) => KeyStore::new(SecretsManager {
                client: clients::secrets_manager(self)?,
                name,
            }),
            None => KeyStore::new(File(self.variable("JWT_KEY_FILE")?.into())),
        })
    }
}

impl Provide<Keys> for Env {
    fn provide(&self) -> Result<Keys, MissingVariable> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys.clone());
        }
        let keys = Keys::new(self.provide()?, self.provide()?, self.clock());
        let keys = self.keys.get_or_init(|| keys).clone();
        let connecting = keys.clone();
        self.before_first_request(Box::pin(async move {
            if let Err(error) = connecting.connect().await {
                tracing::warn!(%error, "the database was not reached at the start");
            }
            Ok(())
        }));
        Ok(keys)
    }
}

impl Provide<Callers> for Env {
    fn provide(&self) -> Result<Callers, MissingVariable> {
        Ok(Callers::new(
            self.provide()?,
            self.provide()?,
            self.provide()?,
            self.provide()?,
            self.provide()?,
            self.clock(),
        ))
    }
}

impl Provide<LinkMailer> for Env {
    fn provide(&self) -> Result<LinkMailer, MissingVariable> {
        LinkMailer::from_env(self)
    }
}
