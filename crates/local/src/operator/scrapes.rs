//! The scrapes of a tenant that is removed.

use bucket::ScrapeBucket;
use domain::TenantId;
use futures::future::try_join_all;
use repository::{ScrapeResults, Scrapes};
use uuid::Uuid;

use super::refused;
use super::target::Target;
use crate::Error;

/// How many objects are deleted at a time.
const CONCURRENT: usize = 25;

/// Forgets all scrapes of a tenant with what they have found, and says how many they were.
pub(super) async fn remove(target: &Target, tenant: &TenantId) -> Result<usize, Error> {
    let scrapes: Scrapes = target.get()?;
    let all = scrapes.all_of(tenant).await.map_err(refused)?;
    for id in &all {
        // Without a run nothing more is kept; and while the row is there, a removal that broke off can be repeated.
        scrapes.stop(*id).await.map_err(refused)?;
        forget_results(target, *id).await?;
        scrapes.delete(*id).await.map_err(refused)?;
    }
    Ok(all.len())
}

async fn forget_results(target: &Target, scrape: Uuid) -> Result<(), Error> {
    let (results, bucket): (ScrapeResults, ScrapeBucket) = (target.get()?, target.get()?);
    loop {
        let gone = results.delete_some(scrape).await.map_err(refused)?;
        if gone.is_empty() {
            return Ok(());
        }
        let large = gone.iter().filter(|result| result.content_bytes.is_some());
        let keys: Vec<String> = large.map(visit::key).collect();
        for keys in keys.chunks(CONCURRENT) {
            let deletions = keys.iter().map(|key| bucket.delete(key));
            try_join_all(deletions).await.map_err(refused)?;
        }
    }
}
