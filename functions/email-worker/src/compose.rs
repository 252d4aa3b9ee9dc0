//! From a job to the message that goes out.

use domain::Tenant;
use domain::mail::{EmailJob, Template};
use email::Outgoing;
use token::Unsubscription;

use crate::{Deps, Error};

/// # Errors
/// When the parameters are not the template's, or nothing can be signed.
pub(crate) async fn compose(
    deps: &Deps,
    tenant: &Tenant,
    job: &EmailJob,
    template: Template,
) -> Result<Outgoing, Error> {
    let mail = email::compose(Some(template), &job.params);
    let mail = mail.map_err(|error| Error::NotComposed(error.to_string()))?;
    let mail = mail.ok_or(Error::Busy)?;
    let unsubscribe = unsubscribe_url(deps, job, template).await?;
    let from = tenant
        .sender
        .clone()
        .unwrap_or_else(|| deps.identity.from.clone());
    let raw = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n{}",
        job.to,
        mail.subject,
        mail.text,
        unsubscribe.unwrap_or_default()
    );
    Ok(Outgoing {
        email_id: job.email_id,
        tenant: tenant.tenant_id.clone(),
        from,
        to: job.to.clone(),
        raw: raw.into_bytes(),
    })
}

/// The link by which the recipient stops mail of this kind, where that can be stopped.
async fn unsubscribe_url(
    deps: &Deps,
    job: &EmailJob,
    template: Template,
) -> Result<Option<String>, Error> {
    if !template.class().is_optional() {
        return Ok(None);
    }
    let now = deps.clock.now();
    let unsubscription = Unsubscription {
        tenant: job.tenant.clone(),
        email: job.to.clone(),
        template,
    };
    let token = unsubscription.seal(&*deps.ring.current(now).await?, now)?;
    Ok(Some(format!(
        "{}/emails/unsubscribe?token={token}",
        deps.identity.public_url
    )))
}
