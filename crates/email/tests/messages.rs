//! Mails as bytes, read back by somebody else's parser.

use domain::Tenant;
use domain::mail::{Link, Template};
use email::Rendered;
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders};
use proptest::prelude::*;

use crate::fixtures::{UNSUBSCRIBE, bare, branded, full, raw, way_out};

fn parse(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

/// The names of all headers of the message, in order.
fn header_names(message: &Message<'_>) -> Vec<String> {
    message
        .headers()
        .iter()
        .map(|header| header.name().to_owned())
        .collect()
}

#[test]
fn a_message_is_what_went_in() {
    let rendered = full(&branded(), Template::Notification);
    let unsubscribe = way_out();
    let raw = raw(&branded(), &rendered, Some(&unsubscribe));
    let message = parse(&raw);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Acme & Söhne"));
    assert_eq!(from.address(), Some("hello@acme.example"));
    let address = |list: Option<&mail_parser::Address<'_>>| {
        list.and_then(|list| list.first()?.address().map(str::to_owned))
    };
    assert_eq!(address(message.to()).as_deref(), Some("ada@example.com"));
    assert_eq!(
        address(message.reply_to()).as_deref(),
        Some("help@acme.example")
    );
    assert_eq!(message.subject(), Some(&*rendered.subject));
    assert_eq!(
        message.message_id(),
        Some("00000000-0000-0000-0000-000000000007@acme.example")
    );
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-05-05T14:03:00Z");
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&message.body_text(0).unwrap()), lines(&rendered.text));
    assert_eq!(lines(&message.body_html(0).unwrap()), lines(&rendered.html));
}

#[test]
fn text_comes_before_html_and_both_are_quoted_printable() {
    let raw = raw(&bare(), &full(&bare(), Template::Welcome), None);
    let message = parse(&raw);
    let parts: Vec<_> = message
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            (
                kind.subtype().unwrap().to_owned(),
                part.content_transfer_encoding(),
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("alternative".to_owned(), None),
            ("plain".to_owned(), Some("quoted-printable")),
            ("html".to_owned(), Some("quoted-printable"))
        ]
    );
    let longest = raw.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
    assert!(longest <= Some(79), "{longest:?}");
    assert!(raw.is_ascii());
}

#[test]
fn an_optional_mail_can_be_unsubscribed_from_by_one_click() {
    let unsubscribe = Link::parse(&format!("{UNSUBSCRIBE}.{}", "x".repeat(300))).unwrap();
    let rendered = full(&bare(), Template::Notification);
    let with = raw(&bare(), &rendered, Some(&unsubscribe));
    let text = String::from_utf8(with).unwrap();
    assert!(text.contains(&format!(
        "\r\nList-Unsubscribe: <{}>\r\n",
        unsubscribe.as_str()
    )));
    assert!(text.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n"));
    let without = raw(&bare(), &rendered, None);
    assert!(
        !String::from_utf8(without)
            .unwrap()
            .contains("List-Unsubscribe")
    );
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let message = || raw(&bare(), &full(&bare(), Template::Welcome), None);
    assert_eq!(message(), message());
}

#[test]
fn a_tenant_without_a_sender_has_the_platforms() {
    let raw = raw(&bare(), &full(&bare(), Template::Welcome), None);
    let text = String::from_utf8(raw).unwrap();
    assert!(
        text.contains("From: Acme <no-reply@platform.example>\r\n"),
        "{text}"
    );
    assert!(text.contains("@platform.example>\r\n") && !text.contains("Reply-To"));
}

#[test]
fn a_chart_is_in_the_message_together_with_the_html() {
    let rendered = full(&branded(), Template::ScrapeReport);
    let raw = raw(&branded(), &rendered, Some(&way_out()));
    let message = parse(&raw);
    let parts = message.parts.iter().map(|part| {
        let kind = part.content_type().unwrap();
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
    });
    assert_eq!(
        parts.collect::<Vec<_>>(),
        [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/svg+xml"
        ]
    );
    let related = &message.parts[2];
    assert_eq!(related.sub_parts().map(<[_]>::len), Some(2));
    assert_eq!(
        related.content_type().unwrap().attribute("type"),
        Some("text/html")
    );
    let picture = &message.parts[4];
    assert_eq!(picture.content_id(), Some("chart"));
    assert!(picture.content_disposition().unwrap().is_inline());
    let svg = str::from_utf8(picture.contents()).unwrap();
    assert_eq!(svg.trim_end(), rendered.chart.as_deref().unwrap());
    assert!(message.body_html(0).unwrap().contains("src=\"cid:chart\""));
    assert!(raw.is_ascii());
}

#[test]
fn a_mail_without_a_chart_has_no_picture() {
    let rendered = full(&bare(), Template::Notification);
    assert_eq!(rendered.chart, None);
    let raw = raw(&bare(), &rendered, None);
    let text = String::from_utf8(raw).unwrap();
    assert!(!text.contains("multipart/related") && !text.contains("Content-ID"));
}

proptest! {
    #[test]
    fn no_text_makes_a_header(name in any::<String>(), subject in any::<String>(), text in any::<String>(), injected in "(\r\n|\r|\n)(Bcc: x@y\\.example|\r\n<b>)") {
        let tenant = Tenant { name: format!("{name}{injected}{name}"), ..bare() };
        let rendered = Rendered {
            subject: format!("{subject}{injected}{subject}"),
            html: format!("<p>{text}{injected}"),
            text: format!("{text}{injected}"),
            chart: None,
        };
        let raw = raw(&tenant, &rendered, None);
        let message = parse(&raw);
        prop_assert_eq!(
            header_names(&message),
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
        );
        prop_assert_eq!(message.parts.len(), 3);
        let is_one = matches!(message.header("To"), Some(HeaderValue::Address(list)) if list.iter().count() == 1);
        prop_assert!(is_one);
        prop_assert_eq!(message.from().unwrap().iter().count(), 1);
    }
}
