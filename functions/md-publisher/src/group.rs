//! Which sites messages are about.

use std::collections::BTreeSet;

use domain::TenantId;
use domain::site::SiteJob;
use trigger::{BadMessage, Delivery, Message};

/// The sites that messages are about, each once, and the messages with theirs. What can't be read has failed by then.
pub(crate) fn by_site(
    deliveries: Vec<Delivery>,
) -> (BTreeSet<TenantId>, Vec<(Delivery, BTreeSet<TenantId>)>) {
    let mut messages = Vec::new();
    for delivery in deliveries {
        match sites(&delivery) {
            Ok(sites) => messages.push((delivery, sites)),
            Err(error) => delivery.failed(&error),
        }
    }
    let all = messages.iter().flat_map(|(_, sites)| sites.iter().cloned());
    (all.collect(), messages)
}

/// The sites that a message is about: a job's, or those whose folders a notification of S3 is about.
fn sites(message: &Message) -> Result<BTreeSet<TenantId>, BadMessage> {
    if let Ok(job) = message.json::<SiteJob>() {
        return Ok(BTreeSet::from([job.site]));
    }
    let keys = message.changed_objects()?;
    let sites = keys.iter().filter_map(|key| {
        let tenant = tenant_of(key);
        if tenant.is_none() {
            tracing::warn!(
                message_id = message.id(),
                "an object lies in no site's folder and is passed over"
            );
        }
        tenant
    });
    Ok(sites.collect())
}

/// Whose folder a key is in: `{client_id}/{site_id}/…`.
fn tenant_of(key: &str) -> Option<TenantId> {
    let mut parts = key.splitn(3, '/');
    let (client, site, _) = (parts.next()?, parts.next()?, parts.next()?);
    TenantId::new(client, site).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_the_folder_of_its_first_two_parts() {
        let site = |key: &str| tenant_of(key).map(|tenant| tenant.to_string());
        for key in ["acme/shop/a.md", "acme/shop/a/b.md", "acme/shop/"] {
            assert_eq!(site(key).as_deref(), Some("acme#shop"), "{key}");
        }
        for key in ["", "a.md", "acme/a.md", "/acme/shop/a.md", "a b/c/d.md"] {
            assert_eq!(site(key), None, "{key}");
        }
    }
}
