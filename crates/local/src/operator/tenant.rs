//! Tenants.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use domain::audit::{AuditEvent, Event};
use domain::mail::{Kind, Link};
use domain::tenant::{BaseUrl, Color};
use domain::{Clock, Email, Invalid, Origin, Tenant, TenantId, User};
use repository::{
    ApiKeys, AuditLog, EmailTemplates, Emails, LoginAttempts, MessageKeys, Messages, OneTimeTokens,
    Sessions, Suppressions, Tenants, Users,
};

use super::target::Target;
use super::{refused, scrapes, sites, wrong};
use crate::{Error, samconfig};

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Registers a site
    Create {
        /// Its name, `client#site`
        tenant: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Changes what is given, leaves the rest
    Update {
        /// Its name, `client#site`
        tenant: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Lists all
    List,
    /// Deletes a site with its keys, users, scrapes and folder of Markdown; what was audited stays for its 90 days
    Remove {
        /// Its name, `client#site`
        tenant: String,
        /// Its name once more: nothing brings its users back
        #[arg(long, value_name = "TENANT")]
        yes: String,
    },
}

/// What a site registers.
#[derive(Debug, Args)]
pub struct Settings {
    /// What people know the site as
    #[arg(long)]
    name: Option<String>,
    /// A page's origin that cookies are accepted from; once for each
    #[arg(long = "origin", value_name = "URL")]
    origins: Vec<String>,
    /// What links in mails start with [default: the first origin]
    #[arg(long, value_name = "URL")]
    link_base: Option<String>,
    /// The address that mails come from; `none` for the stack's
    #[arg(long, value_name = "EMAIL")]
    sender: Option<String>,
    /// Where answers to mails go; `none` for where they come from
    #[arg(long, value_name = "EMAIL")]
    reply_to: Option<String>,
    /// The colour of buttons and links in mails; `none` for the platform's
    #[arg(long, value_name = "#RRGGBB")]
    brand_color: Option<String>,
    /// The picture at the top of mails; `none` for the name
    #[arg(long, value_name = "URL")]
    logo_url: Option<String>,
    /// How many mails are accepted in a day (UTC) [default: 1000]
    #[arg(long, value_name = "NUMBER")]
    emails_per_day: Option<u32>,
    /// Whether a user must verify the address before logging in
    #[arg(long, value_name = "true|false")]
    require_verified_email: Option<bool>,
}

pub(super) async fn run(command: Command, target: &Target) -> Result<String, Error> {
    let tenants: Tenants = target.get()?;
    match command {
        Command::Create { tenant, settings } => create(target, &tenants, &tenant, settings).await,
        Command::Update { tenant, settings } => update(target, &tenants, &tenant, settings).await,
        Command::List => {
            let mut all = tenants.all().await.map_err(refused)?;
            all.sort_by(|a, b| a.tenant_id.cmp(&b.tenant_id));
            let lines: Vec<String> = all.iter().map(line).collect();
            Ok(lines.join("\n"))
        }
        Command::Remove { tenant, yes } if tenant == yes => remove(target, &tenants, &tenant).await,
        Command::Remove { tenant, .. } => Err(Error::Operator(format!(
            "nothing was removed: to remove {tenant} with its users, say --yes '{tenant}'"
        ))),
    }
}

/// Keys first, so that nobody registers any more, and the tenant last, so that a removal that broke off can be repeated.
async fn remove(target: &Target, tenants: &Tenants, id: &str) -> Result<String, Error> {
    let tenant_id = TenantId::parse(id).map_err(wrong("the tenant"))?;
    let known = tenants.get(&tenant_id).await.map_err(refused)?;
    let (keys, users): (ApiKeys, Users) = (target.get()?, target.get()?);
    let found = keys.of_tenant(&tenant_id).await.map_err(refused)?;
    for key in &found {
        keys.delete(key.key_id).await.map_err(refused)?;
    }
    // Also of a tenant that is gone: what came while it was removed is found by removing it again.
    let removed = users.of_tenant(&tenant_id).await.map_err(refused)?;
    let scrapes = scrapes::remove(target, &tenant_id).await?;
    let had_site = sites::forget(target, &tenant_id).await?;
    if known.is_none() && found.is_empty() && removed.is_empty() && scrapes == 0 && !had_site {
        return Err(Error::Operator(format!("there is no tenant {id}")));
    }
    for user in &removed {
        remove_user(target, &users, user).await?;
    }
    // Whoever registers this name again must not send what somebody else has written.
    let templates: EmailTemplates = target.get()?;
    templates.delete_all(&tenant_id).await.map_err(refused)?;
    let (emails, suppressions): (Emails, Suppressions) = (target.get()?, target.get()?);
    emails.delete_all(&tenant_id).await.map_err(refused)?;
    suppressions.delete_all(&tenant_id).await.map_err(refused)?;
    tenants.delete(&tenant_id).await.map_err(refused)?;
    // Once more, for what was being published meanwhile.
    sites::forget(target, &tenant_id).await?;
    let (keys, users) = (found.len(), removed.len());
    Ok(format!(
        "{id} is removed, with {keys} keys and {users} users, and {scrapes} scrapes"
    ))
}

async fn remove_user(target: &Target, users: &Users, user: &User) -> Result<(), Error> {
    let (attempts, tokens): (LoginAttempts, OneTimeTokens) = (target.get()?, target.get()?);
    let (audit, sessions): (AuditLog, Sessions) = (target.get()?, target.get()?);
    let (keys, messages): (MessageKeys, Messages) = (target.get()?, target.get()?);
    let clock: Clock = target.get()?;
    let id = &user.user_id;
    let key = keys.of_user(id).await.map_err(refused)?;
    // While there is a key, a removal that broke off can be repeated.
    if let Some(key) = &key {
        let all = messages.delete_all(&key.drop_address);
        all.await.map_err(refused)?;
    }
    let event = AuditEvent::new(
        Event::UserDeleted,
        id.tenant(),
        Some(id.clone()),
        "operator",
        &format!("tenant-remove#{id}"),
        clock.now(),
    );
    users
        .delete(
            &attempts,
            &tokens,
            &audit,
            (&keys, key.as_ref()),
            user,
            &event,
        )
        .await
        .map_err(refused)?;
    sessions.delete_all(id).await.map_err(refused)
}

async fn create(
    target: &Target,
    tenants: &Tenants,
    id: &str,
    settings: Settings,
) -> Result<String, Error> {
    let tenant_id = TenantId::parse(id).map_err(wrong("the tenant"))?;
    let link_base = settings
        .link_base
        .as_deref()
        .or(settings.origins.first().map(String::as_str));
    let link_base =
        link_base.ok_or_else(|| Error::Operator("give --origin or --link-base".into()))?;
    let link_base = BaseUrl::parse(link_base).map_err(wrong("--link-base"))?;
    let clock: Clock = target.get()?;
    let name = tenant_id.site_id().to_owned();
    let mut tenant = Tenant::new(tenant_id, name, link_base, clock.now());
    change(&mut tenant, &settings)?;
    if !tenants.create(&tenant).await.map_err(refused)? {
        return Err(Error::Operator(format!(
            "there is a tenant {id} already: use `tenant update`"
        )));
    }
    Ok(said(target, &tenant))
}

async fn update(
    target: &Target,
    tenants: &Tenants,
    id: &str,
    settings: Settings,
) -> Result<String, Error> {
    let tenant_id = TenantId::parse(id).map_err(wrong("the tenant"))?;
    let known = tenants.get(&tenant_id).await.map_err(refused)?;
    let mut tenant = known.ok_or_else(|| Error::Operator(format!("there is no tenant {id}")))?;
    change(&mut tenant, &settings)?;
    tenants.put(&tenant).await.map_err(refused)?;
    Ok(said(target, &tenant))
}

/// Changes what is given of a tenant.
fn change(tenant: &mut Tenant, settings: &Settings) -> Result<(), Error> {
    if let Some(name) = name(settings.name.as_deref())? {
        tenant.name = name;
    }
    if !settings.origins.is_empty() {
        tenant.origins = origins(&settings.origins)?;
    }
    if let Some(link_base) = &settings.link_base {
        tenant.link_base = BaseUrl::parse(link_base).map_err(wrong("--link-base"))?;
    }
    if settings.sender.is_some() {
        tenant.sender = read("--sender", settings.sender.as_deref(), Email::parse)?;
    }
    if settings.reply_to.is_some() {
        tenant.reply_to = read("--reply-to", settings.reply_to.as_deref(), Email::parse)?;
    }
    if settings.brand_color.is_some() {
        tenant.brand_color = read(
            "--brand-color",
            settings.brand_color.as_deref(),
            Color::parse,
        )?;
    }
    if settings.logo_url.is_some() {
        tenant.logo_url = read("--logo-url", settings.logo_url.as_deref(), Link::parse)?;
    }
    if settings.emails_per_day.is_some() {
        tenant.emails_per_day = settings.emails_per_day;
    }
    if let Some(required) = settings.require_verified_email {
        tenant.require_verified_email = required;
    }
    Ok(())
}

fn origins(given: &[String]) -> Result<BTreeSet<Origin>, Error> {
    given
        .iter()
        .map(|origin| Origin::parse(origin))
        .collect::<Result<_, _>>()
        .map_err(wrong("--origin"))
}

/// What people know a site as: it stands in the headers of mails.
fn name(given: Option<&str>) -> Result<Option<String>, Error> {
    let name = given.map(|text| Kind::Line.check(text).map(|()| text.to_owned()));
    name.transpose().map_err(wrong("--name"))
}

/// The value of an option that was given; `none` takes it away.
fn read<T>(
    option: &'static str,
    given: Option<&str>,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Error> {
    let given = given.filter(|text| *text != "none");
    given.map(parse).transpose().map_err(wrong(option))
}

/// The tenant, and a warning for origins whose preflights the stack would not answer.
fn said(target: &Target, tenant: &Tenant) -> String {
    let mut said = line(tenant);
    let Some(stack) = &target.stack else {
        return said;
    };
    let allowed = samconfig::allowed_origins(stack);
    let refused = tenant
        .origins
        .iter()
        .map(Origin::as_str)
        .filter(|origin| !allowed.contains(*origin));
    for origin in refused {
        said.push_str("\nwarning: browsers at ");
        said.push_str(origin);
        said.push_str(
            " will be refused: add it to AllowedOrigins of the stack in samconfig.toml, and deploy",
        );
    }
    said
}

fn line(tenant: &Tenant) -> String {
    let origins: Vec<&str> = tenant.origins.iter().map(Origin::as_str).collect();
    let mail = [
        ("sender", tenant.sender.as_ref().map(Email::as_str)),
        ("replies", tenant.reply_to.as_ref().map(Email::as_str)),
        ("colour", tenant.brand_color.as_ref().map(Color::as_str)),
        ("logo", tenant.logo_url.as_ref().map(Link::as_str)),
    ];
    let mail: String = mail
        .into_iter()
        .filter_map(|(what, value)| Some(format!("  {what}: {}", value?)))
        .collect();
    format!(
        "{}  {:?}  origins: {}  links: {}{}{mail}  mails a day: {}",
        tenant.tenant_id,
        tenant.name,
        if origins.is_empty() {
            "none".to_owned()
        } else {
            origins.join(" ")
        },
        tenant.link_base.as_str(),
        if tenant.require_verified_email {
            "  verified e-mail required"
        } else {
            ""
        },
        tenant.email_budget(),
    )
}
