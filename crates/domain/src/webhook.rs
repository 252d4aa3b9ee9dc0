//! A message to a web address that a tenant has named: a webhook.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::{Invalid, TenantId, Timestamp};

/// How large a message may be, in bytes: with everything in it escaped it still fits into a message of SQS, which takes
/// 1 MiB.
pub const MAX_BODY: usize = 128 * 1024;

/// A message to be posted until it is taken, or until it was tried for days.
///
/// The address is often all the secret that its receiver has, and the body is the tenant's: neither is ever printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookJob {
    /// Names the message: the same id is the same message, which is how a receiver knows that it has it already.
    pub id: Uuid,
    /// Whose message it is.
    pub tenant_id: TenantId,
    /// Where it is posted. The secret that signs it is made of this, so that it has to be just what was stored.
    pub url: Url,
    /// JSON; posted as it stands, because that is what is signed.
    pub body: String,
    /// How often it was posted and not taken.
    #[serde(default)]
    pub attempt: u32,
    /// When it may be posted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

impl WebhookJob {
    /// A message that was never posted.
    ///
    /// # Errors
    /// `too_long` when the body has more than [`MAX_BODY`] bytes.
    pub fn new(id: Uuid, tenant_id: TenantId, url: Url, body: String) -> Result<Self, Invalid> {
        if body.len() > MAX_BODY {
            return Err(Invalid::new(
                "too_long",
                format!("must have at most {MAX_BODY} bytes"),
            ));
        }
        Ok(Self {
            id,
            tenant_id,
            url,
            body,
            attempt: 0,
            not_before: None,
        })
    }
}

impl fmt::Debug for WebhookJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookJob")
            .field("id", &self.id)
            .field("tenant_id", &self.tenant_id)
            .field("host", &self.url.host_str())
            .field("attempt", &self.attempt)
            .field("not_before", &self.not_before)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(body: String) -> Result<WebhookJob, Invalid> {
        let url = Url::parse("https://hooks.example/s3cret?key=s3cret").unwrap();
        let tenant = TenantId::new("acme", "shop").unwrap();
        WebhookJob::new(Uuid::from_u128(7), tenant, url, body)
    }

    #[test]
    fn a_body_has_at_most_128_kib() {
        assert!(job("x".repeat(128 * 1024)).is_ok());
        assert_eq!(
            job("x".repeat(128 * 1024 + 1)).unwrap_err().code,
            "too_long"
        );
    }

    #[test]
    fn a_job_is_read_back_and_one_without_a_past_was_never_posted() {
        let first = job("{}".to_owned()).unwrap();
        let text = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<WebhookJob>(&text).unwrap(), first);
        let later = WebhookJob {
            attempt: 3,
            not_before: Some(Timestamp::UNIX_EPOCH),
            ..first
        };
        let text = serde_json::to_string(&later).unwrap();
        assert_eq!(serde_json::from_str::<WebhookJob>(&text).unwrap(), later);
    }

    #[test]
    fn neither_address_nor_body_is_printed() {
        let printed = format!("{:?}", job("s3cret".to_owned()).unwrap());
        assert!(printed.contains("hooks.example"), "{printed}");
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
