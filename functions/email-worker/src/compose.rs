//! From a job to the message that goes out.

use std::sync::Arc;

use domain::mail::{EmailJob, Link, Params, Template, TemplateSource};
use domain::{Tenant, Timestamp};
use email::{Letter, Outgoing};
use token::Unsubscription;

use crate::{Deps, Error};

/// The tenant of a job, where it is not gone. No wait while it is known from a short while ago.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn tenant(
    deps: &Deps,
    job: &EmailJob,
    now: Timestamp,
) -> Result<Option<Arc<Tenant>>, repository::Error> {
    let known = deps.tenants_known.get(&job.tenant, now);
    if known.is_some() {
        return Ok(known);
    }
    let tenant = deps.tenants.get(&job.tenant).await?.map(Arc::new);
    if let Some(tenant) = &tenant {
        deps.tenants_known
            .put(job.tenant.clone(), tenant.clone(), now);
    }
    Ok(tenant)
}

/// What the tenant of a job has in place of a template. No wait while that is known from a short while ago.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn source(
    deps: &Deps,
    job: &EmailJob,
    template: Template,
    now: Timestamp,
) -> Result<Arc<Option<TemplateSource>>, repository::Error> {
    let key = (job.tenant.clone(), template);
    if let Some(known) = deps.templates_known.get(&key, now) {
        return Ok(known);
    }
    let source = Arc::new(deps.templates.get(&job.tenant, template).await?);
    deps.templates_known.put(key, source.clone(), now);
    Ok(source)
}

/// # Errors
/// When the parameters are not the template's, or nothing can be signed.
pub(crate) async fn compose(
    deps: &Deps,
    tenant: &Tenant,
    source: Option<&TemplateSource>,
    job: &EmailJob,
    template: Template,
) -> Result<Outgoing, Error> {
    let params = Params::check(template, job.params.clone());
    let params = params.map_err(|refused| Error::NotComposed(named(&refused)))?;
    let now = deps.clock.now();
    let unsubscribe = unsubscribe_url(deps, job, template, now).await?;
    let rendered = deps
        .renderer
        .render(tenant, source, template, &params, unsubscribe.as_ref())?;
    let letter = Letter {
        email_id: job.email_id,
        tenant,
        default_from: &deps.identity.from,
        to: &job.to,
        date: now,
        unsubscribe_url: unsubscribe.as_ref(),
    };
    Ok(Outgoing {
        email_id: job.email_id,
        tenant: tenant.tenant_id.clone(),
        from: letter.from().clone(),
        to: job.to.clone(),
        raw: email::message(&letter, &rendered)?,
    })
}

/// The parameters that were refused, each with the reason.
fn named(refused: &[(String, domain::Invalid)]) -> String {
    let words = refused
        .iter()
        .map(|(name, error)| format!("{name} {error}"));
    words.collect::<Vec<_>>().join(", ")
}

/// The link by which the recipient stops mail of this kind, where that can be stopped.
async fn unsubscribe_url(
    deps: &Deps,
    job: &EmailJob,
    template: Template,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    if !template.class().is_optional() {
        return Ok(None);
    }
    let unsubscription = Unsubscription {
        tenant: job.tenant.clone(),
        email: job.to.clone(),
        template,
    };
    let token = unsubscription.seal(&*deps.ring.current(now).await?, now)?;
    let url = format!(
        "{}/emails/unsubscribe?token={token}",
        deps.identity.public_url
    );
    Link::parse(&url)
        .map(Some)
        .map_err(|error| Error::NotComposed(format!("PUBLIC_URL {error}")))
}
