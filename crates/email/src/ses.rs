//! Sending over SES.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{DisplayErrorContext, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};
use domain::{Email, Timestamp};

use crate::pace::Pace;
use crate::{NotSent, Outgoing};

/// The tag by which SES's events name a mail.
pub const EMAIL_TAG: &str = "email_id";

/// A tenant of SES, which has a reputation of its own
/// (<https://docs.aws.amazon.com/ses/latest/dg/tenants.html>).
#[derive(Debug, Clone)]
pub struct SesTenant {
    /// Its name.
    pub name: String,
    /// The identity that it sends from, a domain or an address: it may use no other.
    pub identity: String,
}

impl SesTenant {
    /// Whether an address is the identity's.
    fn sends_from(&self, from: &Email) -> bool {
        let domain = from.as_str().rsplit('@').next().unwrap_or_default();
        let is_below = domain
            .strip_suffix(self.identity.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_below || from.as_str() == self.identity
    }
}

/// SES, in version 2 of its API.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    configuration_set: Option<String>,
    tenant: Option<SesTenant>,
    pace: Pace,
}

impl Ses {
    /// Sends through `client`, which must not repeat a call by itself: a mail whose answer was lost may have gone out.
    /// Keeps the account's rate together with `workers` - 1 others. The events of a configuration set tell what became of a
    /// mail.
    #[must_use]
    pub fn new(
        client: Client,
        workers: u32,
        configuration_set: Option<String>,
        tenant: Option<SesTenant>,
    ) -> Self {
        Self {
            client,
            configuration_set,
            tenant,
            pace: Pace::new(workers),
        }
    }

    /// Asks for the account's rate where it is not known or may have changed. Without an answer the last one holds.
    pub(crate) async fn prepare(&self, now: Timestamp) {
        if !self.pace.has_to_ask(now) {
            return;
        }
        match self.client.get_account().send().await {
            Ok(account) => {
                if let Some(quota) = account.send_quota {
                    self.pace.learn(quota.max_send_rate);
                }
            }
            Err(error) => {
                let error = DisplayErrorContext(&error).to_string();
                tracing::warn!(error, "the rate of SES is not known");
            }
        }
    }

    pub(crate) async fn send(&self, mail: &Outgoing) -> Result<String, NotSent> {
        let too_many = |_| NotSent::Later("the rate of SES is used up".to_owned());
        self.pace.turn().await.map_err(too_many)?;
        let tenant = self
            .tenant
            .as_ref()
            .filter(|tenant| tenant.sends_from(&mail.from));
        let built = |error: aws_sdk_sesv2::error::BuildError| NotSent::Refused(error.to_string());
        let raw = RawMessage::builder().data(Blob::new(mail.raw.clone()));
        let tag = MessageTag::builder()
            .name(EMAIL_TAG)
            .value(mail.email_id.to_string());
        let sent = self
            .client
            .send_email()
            .from_email_address(mail.from.as_str())
            .destination(
                Destination::builder()
                    .to_addresses(mail.to.as_str())
                    .build(),
            )
            .content(
                EmailContent::builder()
                    .raw(raw.build().map_err(built)?)
                    .build(),
            )
            .email_tags(tag.build().map_err(built)?)
            .set_configuration_set_name(self.configuration_set.clone())
            .set_tenant_name(tenant.map(|tenant| tenant.name.clone()))
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(not_sent(&error)),
        }
    }
}

/// What SES said, in its own words: they name the identity or the quota that is the reason.
fn not_sent(error: &SdkError<SendEmailError, HttpResponse>) -> NotSent {
    use aws_sdk_sesv2::error::ProvideErrorMetadata as _;

    let SdkError::ServiceError(answer) = error else {
        return NotSent::Unanswered(DisplayErrorContext(error).to_string());
    };
    let said = answer.err();
    let code = said.code().unwrap_or("error");
    let reason = format!("{code}: {}", said.message().unwrap_or("no reason given"));
    let has_to_wait = said.is_too_many_requests_exception()
        || said.is_limit_exceeded_exception()
        || code.contains("Throttl");
    match answer.raw().status().as_u16() {
        status if has_to_wait || status == 429 => NotSent::Later(reason),
        400..500 => NotSent::Refused(reason),
        _ => NotSent::Unanswered(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_of_ses_sends_from_its_identity() {
        let sends = |identity: &str, from: &str| {
            let tenant = SesTenant {
                name: "stack".into(),
                identity: identity.into(),
            };
            tenant.sends_from(&Email::parse(from).unwrap())
        };
        assert!(sends("example.com", "a@example.com"));
        assert!(sends("example.com", "a@mail.example.com"));
        assert!(sends("a@example.com", "a@example.com"));
        assert!(!sends("example.com", "a@notexample.com"));
        assert!(!sends("a@example.com", "b@example.com"));
        assert!(!sends("example.com", "example.com@a.example"));
    }
}
