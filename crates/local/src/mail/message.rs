//! A mail as its reader gets it.

use jiff::Timestamp;
use mail_parser::{Address, MessageParser};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::picture::{Picture, pictures};

/// A mail that went out. All of it is somebody's text: nothing in here may be taken for markup.
#[derive(Debug, Serialize)]
pub struct Mail {
    /// Names it.
    pub id: Uuid,
    /// Its recipients.
    pub to: String,
    /// Who it says it is from.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text, with `\n` between its lines.
    pub text: String,
    /// Its HTML, where it has some.
    pub html: Option<String>,
    /// What the HTML shows that the mail carries.
    #[serde(skip)]
    pub(crate) pictures: Vec<Picture>,
    /// The web addresses in its text in their order, each once.
    pub links: Vec<String>,
    /// Its `Date`, or else when its file was written.
    pub created_at: Timestamp,
    /// All headers, as they were sent.
    #[serde(serialize_with = "as_object")]
    pub headers: Vec<(String, String)>,
}

impl Mail {
    /// Reads a whole message ([RFC 5322](https://www.rfc-editor.org/rfc/rfc5322)); `None` where it is none.
    #[must_use]
    pub fn parse(id: Uuid, raw: &[u8], written_at: Timestamp) -> Option<Self> {
        let message = MessageParser::default().parse(raw)?;
        let part = message.html_part(0).filter(|part| part.is_text_html());
        let html = part
            .and_then(|part| part.text_contents())
            .map(str::to_owned);
        let text = message.body_text(0).unwrap_or_default();
        let text = text.replace("\r\n", "\n");
        let created_at = message.date().map(mail_parser::DateTime::to_timestamp);
        let created_at = created_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let headers = message.headers_raw();
        let headers = headers.map(|(name, value)| (name.to_owned(), one_line(value)));
        Some(Self {
            id,
            to: addresses(message.to()),
            from: addresses(message.from()),
            subject: message.subject().unwrap_or_default().to_owned(),
            links: links(&text),
            text,
            html,
            pictures: pictures(&message),
            created_at: created_at.unwrap_or(written_at),
            headers: headers.collect(),
        })
    }
}

fn addresses(header: Option<&Address<'_>>) -> String {
    let addresses = header.into_iter().flat_map(Address::iter);
    let addresses = addresses.filter_map(|one| one.address());
    addresses.collect::<Vec<_>>().join(", ")
}

/// The value of a header without its folding.
fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pieces of a text, each with whether it is a web address. Nothing else becomes a link: what a stranger wrote must not
/// run a script.
pub(crate) fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = next_link(rest) {
        let (before, link) = rest.split_at(start);
        let is_end = |c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c);
        let link = &link[..link.find(is_end).unwrap_or(link.len())];
        // What ends a sentence is no part of the address.
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
        let is_link = url::Url::parse(link).is_ok_and(|url| url.has_host());
        pieces.extend([(before, false), (link, is_link)]);
        rest = &rest[start + link.len()..];
    }
    pieces.push((rest, false));
    pieces
}

fn next_link(text: &str) -> Option<usize> {
    let starts = ["https://", "http://"].into_iter();
    starts.filter_map(|start| text.find(start)).min()
}

fn links(text: &str) -> Vec<String> {
    let mut links: Vec<String> = Vec::new();
    for (piece, is_link) in pieces(text) {
        if is_link && !links.iter().any(|known| known == piece) {
            links.push(piece.to_owned());
        }
    }
    links
}

/// Of headers with the same name the last, which is enough for a program.
fn as_object<S: serde::Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let pairs = headers.iter();
    let pairs = pairs.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    pairs.collect::<Map<_, _>>().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read() {
        let raw = "From: =?utf-8?q?J=C3=BCrg?= <a@site.example>\r\nTo: b@c.example\r\n\
            Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n\
            X-Long: one\r\n two\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/alternative; boundary=x\r\n\r\n\
            --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Hello =C3=BC,\r\nhttps://site.example/?token=3Da&b=3D=\r\nc\r\n\
            --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--x--\r\n";
        let mail = Mail::parse(Uuid::nil(), raw.as_bytes(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((&*mail.from, &*mail.to), ("a@site.example", "b@c.example"));
        assert_eq!(mail.subject, "Grüße");
        assert_eq!(mail.created_at.to_string(), "2026-01-02T03:04:05Z");
        assert!(mail.text.starts_with("Hello ü,\nhttps:"), "{}", mail.text);
        assert_eq!(mail.links, ["https://site.example/?token=a&b=c"]);
        assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>Hello</p>"));
        assert!(mail.headers.contains(&("X-Long".into(), "one two".into())));
    }

    #[test]
    fn a_mail_without_html_has_none() {
        let mail = Mail::parse(Uuid::nil(), b"To: a@b.c\r\n\r\nHi\r\n", Timestamp::MAX).unwrap();
        assert_eq!(mail.html, None);
        assert_eq!(mail.created_at, Timestamp::MAX);
    }

    #[test]
    fn only_web_addresses_are_links_each_once() {
        let text = "See https://a.example/x?y=z. (http://b.example), <https://c.example>\n\
            javascript:alert(1) http:// httpx://d.example data:text/html,x https://a.example/x?y=z";
        assert_eq!(
            links(text),
            [
                "https://a.example/x?y=z",
                "http://b.example",
                "https://c.example"
            ]
        );
        let whole: String = pieces(text).into_iter().map(|(piece, _)| piece).collect();
        assert_eq!(whole, text);
    }
}
