//! A mail as bytes: the message that SES, SMTP and files take alike.

use domain::mail::Link;
use domain::{Email, Tenant, Timestamp};
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart, SinglePartBuilder};
use lettre::{Address, Message};
use uuid::Uuid;

use crate::context::CHART_ADDRESS;
use crate::render::one_line;
use crate::{Error, Rendered};

/// What is on the envelope of a mail.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// Names the mail: the same id is the same message.
    pub email_id: Uuid,
    /// Whose mail it is.
    pub tenant: &'a Tenant,
    /// Where it comes from if the tenant has no sender of its own.
    pub default_from: &'a Email,
    /// The recipient.
    pub to: &'a Email,
    /// When it is sent.
    pub date: Timestamp,
    /// Where it can be unsubscribed from by a POST, if it can
    /// ([RFC 8058](https://www.rfc-editor.org/rfc/rfc8058)).
    pub unsubscribe_url: Option<&'a Link>,
}

impl Letter<'_> {
    /// The address that the mail comes from.
    #[must_use]
    pub fn from(&self) -> &Email {
        self.tenant.sender.as_ref().unwrap_or(self.default_from)
    }
}

/// The whole message ([RFC 5322](https://www.rfc-editor.org/rfc/rfc5322)): plain text and HTML as alternatives, in
/// quoted-printable UTF-8; the HTML together with its chart, where it has one. The same arguments give the same bytes.
///
/// # Errors
/// [`Error::Message`] for an address that can't stand in a header.
pub fn message(letter: &Letter<'_>, rendered: &Rendered) -> Result<Vec<u8>, Error> {
    let from = mailbox(Some(&letter.tenant.name), letter.from())?;
    let message_id = format!("<{}@{}>", letter.email_id, from.email.domain());
    let mut builder = Message::builder()
        .from(from)
        .to(mailbox(None, letter.to)?)
        .subject(one_line(&rendered.subject))
        .date(letter.date.into())
        .message_id(Some(message_id));
    if let Some(reply_to) = &letter.tenant.reply_to {
        builder = builder.reply_to(mailbox(None, reply_to)?);
    }
    // RFC 3834 §5: whoever answers by themselves must not answer this.
    builder = with_header(builder, "Auto-Submitted", "auto-generated");
    if let Some(url) = letter.unsubscribe_url {
        let url = format!("<{}>", url.as_str());
        builder = with_header(builder, "List-Unsubscribe", &url);
        let how = "List-Unsubscribe=One-Click";
        builder = with_header(builder, "List-Unsubscribe-Post", how);
    }
    // Quoted-printable has no bare `=`, so this line can't be in a part.
    let parts = MultiPart::alternative()
        .boundary(format!("=_{}", letter.email_id.simple()))
        .singlepart(part(of_type(ContentType::TEXT_PLAIN), &rendered.text)?);
    let html = part(of_type(ContentType::TEXT_HTML), &rendered.html)?;
    let parts = match &rendered.chart {
        Some(svg) => parts.multipart(with_chart(html, svg, letter.email_id)?),
        None => parts.singlepart(html),
    };
    let message = builder.multipart(parts).map_err(refused)?;
    Ok(message.formatted())
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Message(error.to_string())
}

fn mailbox(name: Option<&str>, email: &Email) -> Result<Mailbox, Error> {
    let address: Address = email.as_str().parse().map_err(refused)?;
    let name = name.map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address))
}

/// Adds a header whose value is visible ASCII: nothing is encoded or folded, which not every reader of these understands.
fn with_header(builder: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    let value = value.to_owned();
    builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
        name,
        value.clone(),
        value,
    ))
}

/// The HTML and the picture in it as one thing ([RFC 2387](https://www.rfc-editor.org/rfc/rfc2387)).
fn with_chart(html: SinglePart, svg: &str, email_id: Uuid) -> Result<MultiPart, Error> {
    // Neither its line nor that of the alternatives may begin with the other.
    let boundary = format!("=_r{}", email_id.simple());
    let kind = format!("multipart/related; type=\"text/html\"; boundary=\"{boundary}\"");
    let kind = ContentType::parse(&kind).map_err(refused)?;
    let name = CHART_ADDRESS.trim_start_matches("cid:");
    let picture = of_type(ContentType::parse("image/svg+xml").map_err(refused)?)
        .header(ContentId::from(format!("<{name}>")))
        .header(ContentDisposition::inline_with_name(&format!("{name}.svg")));
    Ok(MultiPart::builder()
        .header(kind)
        .singlepart(html)
        .singlepart(part(picture, svg)?))
}

fn of_type(kind: ContentType) -> SinglePartBuilder {
    SinglePart::builder().content_type(kind)
}

fn part(head: SinglePartBuilder, text: &str) -> Result<SinglePart, Error> {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = Body::new_with_encoding(text.to_owned(), encoding)
        .map_err(|_| Error::Message("a part can't be encoded".to_owned()))?;
    Ok(head.body(body))
}
