//! The pictures that a mail carries in itself.

use data_encoding::BASE64;
use mail_parser::{Message, MimeHeaders as _};

/// What is shown: types that a browser takes for a picture in an `img`, where none of them runs anything.
const TYPES: [&str; 5] = ["gif", "jpeg", "png", "svg+xml", "webp"];
/// How long HTML can become by its pictures, in bytes: it can show each of them often.
const LONGEST: usize = 16 * 1024 * 1024;

/// A picture in a mail.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its `Content-ID`, without the angle brackets.
    id: String,
    /// The whole picture as an address ([RFC 2397](https://www.rfc-editor.org/rfc/rfc2397)).
    data: String,
}

/// The pictures of a message that its HTML can name.
pub(super) fn pictures(message: &Message<'_>) -> Vec<Picture> {
    let parts = message.parts.iter();
    let pictures = parts.filter_map(|part| {
        let kind = part.content_type()?;
        let subtype = kind.subtype()?.to_ascii_lowercase();
        let is_known = kind.ctype().eq_ignore_ascii_case("image") && TYPES.contains(&&*subtype);
        let content = BASE64.encode(part.contents());
        is_known.then_some(Picture {
            id: part.content_id()?.to_owned(),
            data: format!("data:image/{subtype};base64,{content}"),
        })
    });
    pictures.collect()
}

/// HTML with its pictures in it. The frame that shows a mail has no origin of its own, so that it could load them from
/// nowhere; and its policy can stay as it is.
pub(crate) fn with_pictures(html: &str, pictures: &[Picture]) -> String {
    const SCHEME: &str = "cid:";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(SCHEME) {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        // Only the whole value of an attribute is an address.
        let quote = before.chars().next_back().filter(|c| "\"'".contains(*c));
        let id = quote.and_then(|quote| reference[SCHEME.len()..].split_once(quote));
        let picture = id.and_then(|(id, _)| pictures.iter().find(|picture| picture.id == id));
        let picture = picture.filter(|picture| out.len() + picture.data.len() <= LONGEST);
        let (shown, length) = match picture {
            Some(picture) => (&*picture.data, SCHEME.len() + picture.id.len()),
            None => (SCHEME, SCHEME.len()),
        };
        out.push_str(shown);
        rest = &reference[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;

    fn read(kind: &str, id: &str) -> Vec<Picture> {
        let raw = format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n\
             --x\r\nContent-Type: text/html\r\n\r\n<img>\r\n\
             --x\r\nContent-Type: {kind}\r\n{id}\r\n\r\n<svg/>\r\n--x--\r\n"
        );
        let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
        pictures(&message)
    }

    #[test]
    fn a_picture_takes_the_place_of_its_address() {
        let pictures = read("IMAGE/SVG+XML", "Content-ID: <a@b>");
        let html = "<img src=\"cid:a@b\"><img src='cid:a@b'>";
        let data = "data:image/svg+xml;base64,PHN2Zy8+";
        assert_eq!(
            with_pictures(html, &pictures),
            format!("<img src=\"{data}\"><img src='{data}'>")
        );
    }

    #[test]
    fn what_is_no_address_of_a_picture_stays() {
        let pictures = read("image/png", "Content-ID: <a>");
        assert_eq!(pictures.len(), 1);
        for html in [
            "see cid:a or \"cid:b\" or \"cid:ab\"",
            "\"cid:a",
            "\"cid:a'",
            "acid:a\"",
            "cid:",
            "\"cid:",
            "",
        ] {
            assert_eq!(with_pictures(html, &pictures), html);
        }
    }

    #[test]
    fn only_pictures_with_a_name_are_taken() {
        for (kind, id) in [
            ("text/html", "Content-ID: <a>"),
            ("image/x-html", "Content-ID: <a>"),
            ("application/png", "Content-ID: <a>"),
            ("image/png", "X-Other: <a>"),
        ] {
            assert!(read(kind, id).is_empty(), "{kind} {id} was taken");
        }
    }

    #[test]
    fn html_does_not_grow_without_end() {
        let pictures = [Picture {
            id: "a".to_owned(),
            data: "x".repeat(1024 * 1024),
        }];
        let html = "<img src='cid:a'>".repeat(1_000);
        assert!(with_pictures(&html, &pictures).len() <= LONGEST + html.len());
    }
}
