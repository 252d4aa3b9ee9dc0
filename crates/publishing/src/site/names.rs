//! Names of pages, in paths and in URLs.

use domain::site::{BlobId, FileName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization as _;

/// What stands in the path of a URL as it is: the unreserved characters of RFC 3986 §2.3, and what parts the path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');
/// How long a page's name can be, in bytes: `index.html` and a target's own folders come around it.
const LONGEST_SLUG: usize = 180;

/// A path within a URL.
pub(crate) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, PLAIN).to_string()
}

/// Two paths with the same key are one file where case or normal forms make no difference: macOS and Windows.
pub(crate) fn key(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    path.nfc()
        .collect::<String>()
        .to_lowercase()
        .nfc()
        .collect()
}

/// A name as a part of an address: lower case, `-` for what is neither letter, digit nor of `-_.`; other scripts and signs stay. A name
/// of which nothing is left becomes a hash of it.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in key(name).chars() {
        let fits = if c.is_ascii() {
            c.is_ascii_alphanumeric() || "-_.".contains(c)
        } else {
            !c.is_whitespace() && FileName::parse(c.encode_utf8(&mut [0; 4])).is_ok()
        };
        // A mark is not a name by itself, but is a part of one.
        let fits = fits || unicode_normalization::char::is_combining_mark(c);
        if fits && slug.len() + c.len_utf8() <= LONGEST_SLUG {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_matches(['-', '.', '_', ' ']).nfc().collect();
    if FileName::parse(&slug).is_ok() {
        slug
    } else {
        format!("x-{}", short(name))
    }
}

/// Eight digits that tell a name from others.
pub(crate) fn short(name: &str) -> String {
    let mut id = BlobId::of(name.as_bytes()).to_string();
    id.truncate(8);
    id
}

/// The folder of a path, without a slash at its end; empty for the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A file's name without its last ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A file's last ending in lower case, without its dot.
pub(crate) fn ending(path: &str) -> String {
    let name = file_name(path);
    name.rsplit_once('.')
        .map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

/// A path within a folder.
pub(crate) fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// At most `most` characters, cut with `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_parts_of_addresses() {
        for (name, expected) in [
            ("Hello World", "hello-world"),
            ("Über uns", "über-uns"),
            ("U\u{308}ber", "über"),
            ("C++ & Rust!", "c-rust"),
            ("../../etc", "etc"),
            ("v1.2", "v1.2"),
            ("日本語", "日本語"),
            ("🚀", "🚀"),
            ("a/b\\c", "a-b-c"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
        assert!(slug("???").starts_with("x-"));
        assert_ne!(slug("???"), slug("!!!"));
    }

    #[test]
    fn addresses_have_no_reserved_characters() {
        assert_eq!(encoded("a b/ü#?.md"), "a%20b/%C3%BC%23%3F.md");
    }

    proptest! {
        #[test]
        fn any_name_can_be_a_file(name in "\\PC{0,300}") {
            let slug = slug(&name);
            prop_assert!(FileName::parse(&slug).is_ok(), "{slug:?}");
        }
    }
}
