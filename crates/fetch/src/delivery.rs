//! Delivering a message to an address that a stranger wrote down: a webhook.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::Fetcher;
use crate::error::{Budget, Error};

/// How long a delivery may take, with the connection and until the status is there
/// ([Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#request-timeouts)
/// recommends 15 to 30 s).
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

impl Fetcher {
    /// An address that may be delivered to, as far as it says itself: where its name leads is seen when it is delivered to.
    /// It begins with `https`, or with `http` where this machine may be asked and the address is on it.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`] and [`Error::NotPublic`].
    pub fn check_delivery(&self, url: &str) -> Result<Url, Error> {
        self.reach.parse_delivery(url)
    }

    /// Posts a message, once: whether and when it is tried again is the owner's to say. It was taken when the status of the
    /// answer is a success; nothing else of the answer is read.
    ///
    /// No robots.txt is asked and no turn waited for, because whoever gave the address wants to hear. A redirect is not
    /// followed: it would take the message somewhere that nobody named.
    ///
    /// # Errors
    /// Why it was not taken. It may have been all the same where the answer did not come: [`Error::Broken`] and
    /// [`Error::Timeout`].
    pub async fn deliver(
        &self,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Vec<u8>>,
    ) -> Result<(), Error> {
        let url = self.check_delivery(url)?;
        let host = url.host_str().unwrap_or_default();
        let posting = self.exchange.post(&url, headers, body.into());
        Budget::new(DELIVERY_TIMEOUT).spend(host, posting).await
    }
}
