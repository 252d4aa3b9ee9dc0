//! From bytes to text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// Where a page has to say its encoding
/// (<https://html.spec.whatwg.org/multipage/semantics.html#charset>).
const PRESCAN: usize = 1024;

/// A body as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, without a byte order mark.
    pub text: String,
    /// The name of the encoding that it had, as the [Encoding Standard](https://encoding.spec.whatwg.org/) has it.
    pub encoding: &'static str,
    /// Whether some bytes were none of that encoding; each stands as U+FFFD.
    pub malformed: bool,
}

/// Decodes a body by what tells its encoding: a byte order mark, the content type, the page's own `<meta>` or XML
/// declaration; without those, by how it looks. `host` helps with the look.
pub(crate) fn decode(body: &[u8], content_type: Option<&str>, host: &str) -> Text {
    let encoding = encoding_of(body, content_type, host);
    // A byte order mark goes before all else, and is not part of the text.
    let (text, encoding, malformed) = encoding.decode(body);
    Text {
        text: text.into_owned(),
        encoding: encoding.name(),
        malformed,
    }
}

fn encoding_of(body: &[u8], content_type: Option<&str>, host: &str) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        return encoding;
    }
    let media_type = content_type.unwrap_or_default();
    if let Some(encoding) = parameter(media_type).and_then(|label| for_label(label.as_bytes())) {
        return encoding;
    }
    // JSON is UTF-8 and has no other way to say it (RFC 8259 §8.1).
    let essence = media_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        return UTF_8;
    }
    let start = &body[..body.len().min(PRESCAN)];
    if let Some(encoding) = xml_declaration(start).or_else(|| meta(start)) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    let top = host.rsplit('.').next().filter(|label| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        label.len() < host.len() && label.bytes().all(known)
    });
    detector.guess(top.map(str::as_bytes), Utf8Detection::Allow)
}

/// The `charset` of a content type.
fn parameter(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        named.then(|| value.trim().trim_matches(['"', '\'']))
    })
}

fn for_label(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label)
}

/// The encoding that the `<?xml` of a feed or page names. What could be read as ASCII is not UTF-16.
fn xml_declaration(start: &[u8]) -> Option<&'static Encoding> {
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    value_of(b"encoding", &declaration[..end]).and_then(as_ascii_said_it)
}

/// The encoding that a `<meta>` names, as browsers look for it
/// (<https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding>), but for attributes:
/// `charset=` counts wherever it stands in the tag.
fn meta(start: &[u8]) -> Option<&'static Encoding> {
    let mut rest = start;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at..];
        if rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment: its dashes count twice.
            let end = rest[2..].windows(3).position(|window| window == b"-->");
            rest = end.map_or(&[], |end| &rest[end + 5..]);
            continue;
        }
        let tag = rest.get(1..5).unwrap_or_default();
        let delimited = rest
            .get(5)
            .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/');
        if tag.eq_ignore_ascii_case(b"meta") && delimited {
            let end = rest.iter().position(|byte| *byte == b'>')?;
            let named = value_of(b"charset", &rest[5..end]);
            if let Some(encoding) = named.and_then(as_ascii_said_it) {
                return Some(encoding);
            }
        }
        rest = &rest[1..];
    }
    None
}

/// What stands after `name=`, within quotes or up to a space or semicolon.
fn value_of<'a>(name: &[u8], tag: &'a [u8]) -> Option<&'a [u8]> {
    let at = |from: usize| {
        tag[from..]
            .windows(name.len())
            .position(|window| window.eq_ignore_ascii_case(name))
            .map(|found| from + found + name.len())
    };
    let mut from = 0;
    while let Some(after) = at(from) {
        from = after;
        let Some(value) = tag[after..].trim_ascii_start().strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        return match value {
            [quote @ (b'"' | b'\''), value @ ..] => {
                let end = value.iter().position(|byte| byte == quote)?;
                Some(&value[..end])
            }
            value => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b";\"'>".contains(byte);
                let end = value.iter().position(ends).unwrap_or(value.len());
                Some(&value[..end])
            }
        };
    }
    None
}

/// A label that could be read as ASCII can't be UTF-16, and `x-user-defined` means windows-1252 there.
fn as_ascii_said_it(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = for_label(label)?;
    Some(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(body: &[u8], content_type: Option<&str>, encoding: &str, text: &str) {
        let decoded = decode(body, content_type, "site.example");
        assert_eq!(
            (decoded.encoding, decoded.text.as_str(), decoded.malformed),
            (encoding, text, false)
        );
    }

    #[test]
    fn a_byte_order_mark_goes_before_the_content_type() {
        let latin = Some("text/html; charset=iso-8859-1");
        check(b"\xef\xbb\xbfsch\xc3\xb6n", latin, "UTF-8", "schön");
        check(b"\xff\xfea\x00", latin, "UTF-16LE", "a");
        check(b"\xfe\xff\x00a", latin, "UTF-16BE", "a");
    }

    #[test]
    fn the_content_type_goes_before_the_page() {
        let page = b"<meta charset=utf-8>sch\xf6n";
        let text = "<meta charset=utf-8>schön";
        for content_type in [
            "text/html; charset=ISO-8859-1",
            "text/html;charset=\"latin1\"",
            "text/html; a=b; Charset=windows-1252",
        ] {
            check(page, Some(content_type), "windows-1252", text);
        }
    }

    #[test]
    fn the_page_says_it_itself() {
        for start in [
            "<meta charset=koi8-r>",
            "<META CHARSET = \"KOI8-R\" >",
            "<html><!-- <meta charset=utf-8> --><meta charset='koi8-r'/>",
            "<!--><meta charset=koi8-r>",
            "<meta name=charset content=x><meta charset=koi8-r>",
            "<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\">",
            "<?xml version=\"1.0\" encoding=\"koi8-r\"?>",
        ] {
            let page = [start.as_bytes(), b"\xc4\xc1"].concat();
            check(&page, Some("text/html"), "KOI8-R", &format!("{start}да"));
        }
    }

    #[test]
    fn a_label_in_ascii_is_no_utf_16() {
        let page = "<meta charset=utf-16>ö";
        check(page.as_bytes(), None, "UTF-8", page);
    }

    #[test]
    fn a_label_that_is_none_or_too_late_does_not_count() {
        let far = format!("{}<meta charset=koi8-r>ö", " ".repeat(PRESCAN));
        for page in [
            "<meta charset=nonsense>ö",
            "<metadata charset=koi8-r>ö",
            &far,
        ] {
            check(
                page.as_bytes(),
                Some("text/html; charset=wrong"),
                "UTF-8",
                page,
            );
        }
    }

    #[test]
    fn json_is_utf_8() {
        check(
            "\"ö\"".as_bytes(),
            Some("application/json"),
            "UTF-8",
            "\"ö\"",
        );
        check(
            "\"ö\"".as_bytes(),
            Some("application/ld+json"),
            "UTF-8",
            "\"ö\"",
        );
        assert!(decode(b"\"\xf6\"", Some("application/json"), "a.de").malformed);
    }

    #[test]
    fn how_it_looks_decides_in_the_end() {
        let russian = "Съешь же ещё этих мягких французских булок, да выпей чаю";
        let (bytes, encoding, _) = encoding_rs::WINDOWS_1251.encode(russian);
        check(&bytes, None, encoding.name(), russian);
        let japanese = "いろはにほへとちりぬるをわかよたれそつねならむ";
        let (bytes, encoding, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        check(&bytes, Some("text/html"), encoding.name(), japanese);
        check(japanese.as_bytes(), None, "UTF-8", japanese);
    }

    proptest! {
        #[test]
        fn any_bytes_become_text(body: Vec<u8>, content_type: Option<String>, host: String) {
            decode(&body, content_type.as_deref(), &host);
        }

        #[test]
        fn any_tags_are_read(tags in "(<|<!--|-->|meta|charset|=|\"|'|>|utf-8| |/|\\?xml){0,40}") {
            decode(tags.as_bytes(), None, "");
        }

        #[test]
        fn utf_8_that_is_said_comes_out_as_it_went_in(text in "[^\u{feff}]{0,200}") {
            let decoded = decode(text.as_bytes(), Some("text/html; charset=utf-8"), "");
            prop_assert_eq!(decoded.text, text);
        }
    }
}
