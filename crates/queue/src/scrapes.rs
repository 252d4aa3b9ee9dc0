//! The queue of the runs of scrapes: in the order of each host.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::Timestamp;
use domain::scrape::ScrapeJob;

use crate::{Error, body, unavailable};

/// The most messages that SQS takes at once.
pub const MOST_RUNS: usize = 10;
/// The longest name of a message group
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
const MAX_GROUP: usize = 128;

/// The queue that the scrape worker reads. Runs of one host come one after another, so that no two processes ask a host at the
/// same time; those of other hosts don't wait for them.
#[derive(Debug, Clone)]
pub struct ScrapeQueue {
    client: Client,
    url: String,
}

/// A run that is to be queued.
#[derive(Debug, Clone)]
pub struct QueuedRun {
    /// Which.
    pub job: ScrapeJob,
    /// The host of the page.
    pub host: String,
    /// When it was taken to be queued: sent twice for that, it is there once.
    pub taken_at: Timestamp,
}

impl ScrapeQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Queues at most [`MOST_RUNS`] runs, and tells which, by their places, were not taken. The others are stored.
    ///
    /// # Errors
    /// When the queue gives no answer; each may have been taken all the same, which the name of a run makes harmless.
    pub async fn send(&self, runs: &[QueuedRun]) -> Result<Vec<usize>, Error> {
        let entries = runs.iter().enumerate().map(|(place, run)| {
            let (scrape, name) = (run.job.scrape_id, run.job.run.as_millisecond());
            SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(body(&run.job)?)
                .message_group_id(group(&run.host))
                .message_deduplication_id(format!(
                    "{scrape}:{name}:{}",
                    run.taken_at.as_millisecond()
                ))
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
                tracing::warn!(code = entry.code, "a run was not queued");
                entry.id.parse().ok()
            })
            .collect())
    }
}

/// The message group of a host; `www.example.com` and `example.com` are most often one server.
fn group(host: &str) -> &str {
    let host = host.strip_prefix("www.").unwrap_or(host);
    // A host is ASCII. What is cut off are names below a domain.
    host.get(host.len().saturating_sub(MAX_GROUP)..)
        .filter(|group| !group.is_empty())
        .unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_group_with_and_without_www() {
        assert_eq!(group("www.example.com"), "example.com");
        assert_eq!(group("example.com"), "example.com");
        assert_eq!(group("wwwexample.com"), "wwwexample.com");
        assert_eq!(group("[::1]"), "[::1]");
    }

    #[test]
    fn every_host_has_a_group_that_sqs_takes() {
        for host in [
            "",
            "www.",
            &format!("{}.example.com", "a".repeat(240)),
            "é".repeat(100).as_str(),
        ] {
            let group = group(host);
            assert!((1..=MAX_GROUP).contains(&group.len()), "{group}");
        }
    }
}
