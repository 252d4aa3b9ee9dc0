//! `/_local/mail`: the mail that was queued, as its reader would have got it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::mail::Template;
use http::{HeaderMap, header};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::layout;
use crate::edge::Problem;
use crate::queues::{Message, Store};

/// A mail, in words.
#[derive(Debug, Serialize)]
struct Mail {
    id: Uuid,
    to: String,
    template: String,
    subject: String,
    text: String,
    links: Vec<String>,
    created_at: Timestamp,
}

/// A message of the queue, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Job {
    to: String,
    template: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
    email_id: Option<Uuid>,
}

/// The mail, newest first, for a browser or a program.
pub(super) async fn list(State(store): State<Store>, headers: HeaderMap) -> Response {
    let messages = tokio::task::spawn_blocking(move || store.newest_first()).await;
    let Ok(Ok(messages)) = messages else {
        tracing::error!("the queues can't be read");
        return Problem::INTERNAL.into_response(Uuid::new_v4());
    };
    let mail = inbox(&messages);

    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/html") {
        return Json(mail).into_response();
    }
    layout::page(
        "Mail",
        &html! {
            @if mail.is_empty() {
                p { "No mail yet. Register somebody, and it will be here." }
            }
            @for mail in &mail { (entry(mail)) }
        },
    )
}

/// The mail, newest first as the messages are. A key that comes again is the same mail, as it is to the e-mail worker:
/// the first stays.
fn inbox(messages: &[Message]) -> Vec<Mail> {
    let mut seen = BTreeSet::new();
    let mut mail = Vec::new();
    for message in messages.iter().rev() {
        let Ok(job) = serde_json::from_str::<Job>(&message.body) else {
            continue;
        };
        let key = job.email_id;
        if key.is_none_or(|key| seen.insert(key)) {
            mail.extend(read(message, job));
        }
    }
    mail.reverse();
    mail
}

/// The mail of a job; `None` for a job that only looks as if it were one.
fn read(message: &Message, job: Job) -> Option<Mail> {
    // Queued so that an unknown address costs what a known one costs.
    let template = job.template.clone()?;
    let (subject, text) = words(&job, &template);
    Some(Mail {
        id: message.message_id,
        links: job
            .params
            .values()
            .filter(|value| is_link(value))
            .cloned()
            .collect(),
        to: job.to,
        template,
        subject,
        text,
        created_at: message.sent_at,
    })
}

/// Subject and text, as the e-mail worker sends them. What it would refuse is shown as it is.
fn words(job: &Job, template_name: &str) -> (String, String) {
    let template = Template::deserialize(template_name.into_deserializer());
    let template: Result<_, serde::de::value::Error> = template;
    let composed = template.map(|template| email::compose(Some(template), &job.params));
    if let Ok(Ok(Some(mail))) = composed {
        return (mail.subject, mail.text);
    }
    let lines = job
        .params
        .iter()
        .map(|(name, value)| format!("{name}: {value}"));
    (
        template_name.to_owned(),
        lines.collect::<Vec<_>>().join("\n"),
    )
}

fn entry(mail: &Mail) -> Markup {
    html! {
        article {
            h2 { (mail.subject) }
            p.quiet { "to " (mail.to) " · " (mail.template) " · " time datetime=(mail.created_at) { (mail.created_at.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
            p {
                @for piece in mail.text.split_inclusive(char::is_whitespace) {
                    @let word = piece.trim_end();
                    @if is_link(word) {
                        a href=(word) rel="noreferrer" { (word) } (piece[word.len()..])
                    } @else {
                        (piece)
                    }
                }
            }
        }
    }
}

/// Nothing but web addresses becomes a link: a name that a stranger chose must not run a script.
fn is_link(text: &str) -> bool {
    text.starts_with("http")
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(job: &serde_json::Value) -> Message {
        let message = serde_json::json!({
            "message_id": Uuid::nil(), "sent_at": "2026-01-02T03:04:05Z", "body": job.to_string(),
        });
        serde_json::from_value(message).unwrap()
    }

    fn mail(job: &serde_json::Value) -> Option<Mail> {
        inbox(&[message(job)]).pop()
    }

    #[test]
    fn a_job_becomes_a_mail_with_its_links() {
        let link = "http://localhost:3000/_local/account/verify-email?token=a&b";
        let job = serde_json::json!({"to": "a@b.c", "template": "welcome", "params": {"name": "Ada <b>", "link": link}});
        let mail = mail(&job).unwrap();
        assert_eq!(
            mail.text,
            format!("Hello Ada <b>,\nWelcome! Please confirm your address:\n{link}")
        );
        assert_eq!(mail.links, [link]);

        let page = entry(&mail).into_string();
        assert!(page.contains("Hello Ada &lt;b&gt;,"), "{page}");
        assert!(
            page.contains(
                r#"<a href="http://localhost:3000/_local/account/verify-email?token=a&amp;b""#
            ),
            "{page}"
        );
    }

    #[test]
    fn only_web_addresses_are_links() {
        let job = serde_json::json!({"to": "a@b.c", "template": "new", "params": {"x": "javascript:alert(1)", "y": "httpx:"}});
        let mail = mail(&job).unwrap();
        assert!(mail.links.is_empty());
        assert!(!entry(&mail).into_string().contains("<a "));
    }

    #[test]
    fn a_job_that_comes_again_is_one_mail() {
        let job = |to: &str, key: Option<u128>| {
            message(
                &serde_json::json!({"to": to, "template": "welcome", "email_id": key.map(Uuid::from_u128)}),
            )
        };
        let newest_first = [
            job("fourth", None),
            job("second again", Some(2)),
            job("third", None),
            job("first again", Some(1)),
            job("second", Some(2)),
            job("first", Some(1)),
        ];
        let shown: Vec<_> = inbox(&newest_first)
            .into_iter()
            .map(|mail| mail.to)
            .collect();
        assert_eq!(shown, ["fourth", "third", "second", "first"]);
    }

    #[test]
    fn a_decoy_and_what_is_no_job_are_not_shown() {
        assert!(
            mail(&serde_json::json!({"to": "a@b.c", "template": null, "params": {}})).is_none()
        );
        assert!(mail(&serde_json::json!({"hello": 1})).is_none());
    }
}
