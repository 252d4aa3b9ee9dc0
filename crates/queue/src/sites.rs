//! The queue of the publisher, which the bucket of Markdown fills too.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::TenantId;
use domain::clock::SignedDuration;
use domain::site::SiteJob;

use crate::{Error, body, send, unavailable};

/// The most messages that SQS takes at once
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>).
pub const MOST_SITES: usize = 10;

/// The queue that the publisher reads.
#[derive(Debug, Clone)]
pub struct SiteQueue {
    client: Client,
    url: String,
}

impl SiteQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Has a site looked at. Once this returns, the job is stored.
    ///
    /// # Errors
    /// When the queue does not take it; it may have been taken all the same, and a site that is looked at twice is none the
    /// worse.
    pub async fn send(&self, tenant: &TenantId) -> Result<(), Error> {
        send(&self.client, &self.url, SignedDuration::ZERO, &job(tenant)).await
    }

    /// Has at most [`MOST_SITES`] sites looked at, and tells which, by their places, were not taken. The others are stored.
    ///
    /// # Errors
    /// As [`SiteQueue::send`].
    pub async fn send_all(&self, tenants: &[TenantId]) -> Result<Vec<usize>, Error> {
        let entries = tenants.iter().enumerate().map(|(place, tenant)| {
            SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(body(&job(tenant))?)
                .build()
                .map_err(unavailable)
        });
        let entries: Vec<_> = entries.collect::<Result<_, Error>>()?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let call = self.client.send_message_batch().queue_url(&self.url);
        let sent = call.set_entries(Some(entries)).send().await;
        let failed = sent.map_err(unavailable)?.failed;
        Ok(failed
            .iter()
            .filter_map(|entry| {
                tracing::warn!(code = entry.code, "a site was not queued");
                entry.id.parse().ok()
            })
            .collect())
    }
}

fn job(tenant: &TenantId) -> SiteJob {
    SiteJob {
        site: tenant.clone(),
    }
}
