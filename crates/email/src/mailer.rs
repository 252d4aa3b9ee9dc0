//! Sending over SES.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use domain::Email;

use crate::Mail;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SES refused the mail or did not answer. Without an answer it may have been sent all the same.
    #[error("the mail was not sent")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends mail over SES.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    from: String,
}

impl Mailer {
    /// A mailer that sends from `from` where a tenant has no sender of its own: an address whose identity is verified in
    /// SES, with or without a display name.
    #[must_use]
    pub fn new(client: Client, from: String) -> Self {
        Self { client, from }
    }

    /// Sends a mail in plain text, from `sender` or else from the mailer's own address.
    ///
    /// # Errors
    /// [`Error::NotSent`].
    pub async fn send(&self, sender: Option<&Email>, to: &Email, mail: &Mail) -> Result<(), Error> {
        let not_sent = |error: aws_sdk_sesv2::error::BuildError| Error::NotSent(error.into());
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
        let message = Message::builder()
            .subject(content(&mail.subject).map_err(not_sent)?)
            .body(
                Body::builder()
                    .text(content(&mail.text).map_err(not_sent)?)
                    .build(),
            )
            .build();
        let sent = self
            .client
            .send_email()
            .from_email_address(sender.map_or(self.from.as_str(), Email::as_str))
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        sent.map(drop).map_err(|error| Error::NotSent(error.into()))
    }
}
