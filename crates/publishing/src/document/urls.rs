//! What kind of URL an author wrote.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Schemes that a link of an untrusted author may have: what shows or starts something that the reader then sees and decides on.
pub(super) const SCHEMES: [&str; 14] = [
    "http", "https", "mailto", "tel", "sms", "ftp", "ftps", "xmpp", "irc", "ircs", "geo", "magnet",
    "news", "webcal",
];

/// What is not left as it is in a URL: besides controls what ends an attribute or a URL.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// In a name all that means something in a URL is encoded as well.
const NAME: &AsciiSet = &ENCODED.add(b'%').add(b'?').add(b'#').add(b':');

/// What a URL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Another place, with a scheme in small letters or none.
    Elsewhere(Option<String>),
    /// A place in the same file: what comes after `#`, decoded.
    Here(String),
    /// A file of the folder.
    File {
        target: String,
        fragment: Option<String>,
    },
}

/// What a URL leads to.
pub(super) fn kind(url: &str) -> Kind {
    if let Some(scheme) = scheme(url) {
        return Kind::Elsewhere(Some(scheme));
    }
    let url = trimmed(url);
    if url.starts_with("//") || url.starts_with('?') || url.is_empty() {
        return Kind::Elsewhere(None);
    }
    let (path, fragment) = match url.split_once('#') {
        Some((path, fragment)) => (path, Some(decoded(fragment))),
        None => (url, None),
    };
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() {
        return Kind::Here(fragment.unwrap_or_default());
    }
    Kind::File {
        target: decoded(path),
        fragment,
    }
}

/// The scheme in small letters, as a browser reads it: without white space and controls before it or in it.
pub(super) fn scheme(url: &str) -> Option<String> {
    let mut scheme = String::new();
    for c in trimmed(url).chars() {
        match c {
            '\t' | '\n' | '\r' => {}
            ':' => return (!scheme.is_empty()).then_some(scheme),
            'a'..='z' | 'A'..='Z' => scheme.push(c.to_ascii_lowercase()),
            '0'..='9' | '+' | '-' | '.' if !scheme.is_empty() => scheme.push(c),
            _ => return None,
        }
        if scheme.len() > 40 {
            return None;
        }
    }
    None
}

/// Without percent signs where what they stand for is text.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// A URL as it may stand in an attribute.
pub(super) fn encoded(url: &str) -> String {
    utf8_percent_encode(trimmed(url), ENCODED).to_string()
}

/// The URL of a file as it may stand in an attribute. Never one with a scheme, whatever a browser makes of what was written.
pub(super) fn of_file(url: &str) -> String {
    let url = encoded(url);
    if scheme(&url).is_some() {
        format!("./{url}")
    } else {
        url
    }
}

/// Without what a browser passes over at the ends of a URL: controls and spaces, and no other white space.
fn trimmed(url: &str) -> &str {
    url.trim_matches(|c: char| c <= ' ')
}

/// A name of a page as a URL.
pub(super) fn of_name(name: &str, fragment: Option<&str>) -> String {
    let mut url = utf8_percent_encode(name, NAME).to_string();
    if let Some(fragment) = fragment {
        url.push('#');
        url.extend(utf8_percent_encode(fragment, NAME));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(target: &str, fragment: Option<&str>) -> Kind {
        Kind::File {
            target: target.to_owned(),
            fragment: fragment.map(str::to_owned),
        }
    }

    #[test]
    fn urls_are_told_apart() {
        for (url, expected) in [
            ("a%20b.md", file("a b.md", None)),
            ("../a.md#x%20y", file("../a.md", Some("x y"))),
            ("/rooted/path", file("/rooted/path", None)),
            ("a.png?raw=true#", file("a.png", Some(""))),
            ("%ff", file("%ff", None)),
            ("a b:c", file("a b:c", None)),
            ("#", Kind::Here(String::new())),
            ("#a%C3%BC", Kind::Here("aü".into())),
            ("", Kind::Elsewhere(None)),
            ("?q", Kind::Elsewhere(None)),
            ("//host/x", Kind::Elsewhere(None)),
            ("HTTPS://x", Kind::Elsewhere(Some("https".into()))),
            ("mailto:a@b.c", Kind::Elsewhere(Some("mailto".into()))),
            (
                " java\nscript:x",
                Kind::Elsewhere(Some("javascript".into())),
            ),
            (
                "\u{1}javascript:x",
                Kind::Elsewhere(Some("javascript".into())),
            ),
        ] {
            assert_eq!(kind(url), expected, "{url:?}");
        }
    }

    #[test]
    fn names_become_urls() {
        assert_eq!(of_name("A page?", Some("x y")), "A%20page%3F#x%20y");
        assert_eq!(of_name("javascript:x", None), "javascript%3Ax");
        assert_eq!(of_file("\u{3000}javascript:x"), "%E3%80%80javascript:x");
        assert_eq!(encoded("a b\"<%20ü"), "a%20b%22%3C%20%C3%BC");
    }
}
