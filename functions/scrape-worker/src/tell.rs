//! Telling of a run: on the topic, by mail and by webhook.

use domain::Email;
use domain::scrape::Scrape;
use domain::webhook::WebhookJob;
use futures::future::OptionFuture;
use scraping::Definition;

use crate::notice::Notice;
use crate::{Deps, Error, report};

/// Tells what an earlier delivery or an earlier run has left untold.
pub(crate) async fn what_is_left(deps: &Deps, scrape: &Scrape) -> Result<(), Error> {
    // What another version of the program has written may not be readable, and must not stop all that follows.
    let notice = scrape.notice.as_deref().map(serde_json::from_str::<Notice>);
    match notice {
        None => Ok(()),
        Some(Ok(notice)) => tell(deps, scrape, &notice).await,
        Some(Err(error)) => {
            tracing::error!(scrape_id = %scrape.scrape_id, %error, "what was to be told is broken");
            Ok(())
        }
    }
}

/// Tells a notice to all who want to know, and writes down that they were told. Who is told twice knows it by its id.
pub(crate) async fn tell(deps: &Deps, scrape: &Scrape, notice: &Notice) -> Result<(), Error> {
    let definition: Definition = serde_json::from_str(&scrape.definition)?;
    let message = notice.message(scrape, &definition);
    futures::try_join!(
        publish(deps, scrape, notice, &message),
        mail(deps, scrape, &definition, notice),
        post(deps, scrape, &definition, notice, &message),
    )?;
    Ok(deps.scrapes.told(scrape.scrape_id, notice.run).await?)
}

async fn publish(
    deps: &Deps,
    scrape: &Scrape,
    notice: &Notice,
    message: &str,
) -> Result<(), Error> {
    let (tenant, id) = (scrape.tenant_id.to_string(), scrape.scrape_id.to_string());
    let attributes = [
        ("tenant_id", tenant.as_str()),
        ("scrape_id", id.as_str()),
        ("event", notice.event().as_str()),
    ];
    let publishing = deps
        .topic
        .as_ref()
        .map(|topic| topic.publish(message, &attributes));
    Ok(OptionFuture::from(publishing).await.transpose().map(drop)?)
}

async fn mail(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    notice: &Notice,
) -> Result<(), Error> {
    let Some(to) = recipient(deps, scrape, definition, notice).await? else {
        return Ok(());
    };
    let job = report::report(deps, scrape, definition, notice, to).await?;
    Ok(deps.emails.send(&job).await?)
}

/// Who gets a mail: whoever the definition names; and the owner when it fails again and again, who is an admin still.
async fn recipient(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    notice: &Notice,
) -> Result<Option<Email>, Error> {
    let named = definition
        .notify
        .as_ref()
        .and_then(|notify| notify.email.clone());
    let Some(owner) = scrape.owner.as_ref().filter(|_| notice.keeps_failing) else {
        return Ok(named);
    };
    let owner = deps.users.get(owner).await?;
    let owner = owner.filter(|owner| owner.is_enabled() && owner.is_admin());
    Ok(owner.map(|owner| owner.email).or(named))
}

async fn post(
    deps: &Deps,
    scrape: &Scrape,
    definition: &Definition,
    notice: &Notice,
    message: &str,
) -> Result<(), Error> {
    let webhook = definition
        .notify
        .as_ref()
        .and_then(|notify| notify.webhook.clone());
    let Some(url) = webhook.filter(|_| !notice.events.is_empty()) else {
        return Ok(());
    };
    match WebhookJob::new(notice.id, scrape.tenant_id.clone(), url, message.to_owned()) {
        Ok(job) => Ok(deps.webhooks.send(&job).await?),
        Err(invalid) => {
            tracing::error!(scrape_id = %scrape.scrape_id, %invalid, "a message is too long to be posted");
            Ok(())
        }
    }
}
