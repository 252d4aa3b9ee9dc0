//! A page that somebody has fetched.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use url::Url;

use crate::Error;
use crate::value::quoted;

/// The most bytes of a page, after decompression.
pub const MAX_PAGE_BYTES: usize = 5 * 1024 * 1024;

/// The most values of a JSON document; each takes 32 bytes or more.
pub(crate) const MAX_JSON_VALUES: usize = 500_000;

/// The most tags, or objects of JSON, of a feed; an entry, which takes some 700 bytes, can be one of them.
pub(crate) const MAX_FEED_TAGS: usize = 100_000;

/// A page: its bytes, and what was said of them.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    bytes: &'a [u8],
    content_type: Option<&'a str>,
    url: &'a Url,
}

impl<'a> Page<'a> {
    /// `bytes` after decompression, the `Content-Type` that came with them, and the URL after all redirects.
    ///
    /// Text is decoded by its byte order mark, else by the `charset` of the content type, else as UTF-8, and as
    /// windows-1252 where it isn't that. Whoever fetches knows more ways to tell, and says `charset=utf-8` when it has
    /// decoded already.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn new(
        bytes: &'a [u8],
        content_type: Option<&'a str>,
        url: &'a Url,
    ) -> Result<Self, Error> {
        if bytes.len() > MAX_PAGE_BYTES {
            return Err(Error::TooLarge);
        }
        Ok(Self {
            bytes,
            content_type,
            url,
        })
    }

    pub(crate) fn url(&self) -> &'a Url {
        self.url
    }

    /// The text of a page that can be HTML.
    pub(crate) fn html(&self) -> Result<Cow<'a, str>, Error> {
        if let Some(kind) = self.kind() {
            // Servers that know no better say text/plain or application/octet-stream of anything.
            let may = matches!(
                kind.as_str(),
                "text/html"
                    | "application/xhtml+xml"
                    | "text/xml"
                    | "application/xml"
                    | "text/plain"
            );
            if !may {
                return Err(Error::NotHtml(quoted(&kind)));
            }
        }
        Ok(self.text())
    }

    /// The document of a page that is JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Error> {
        let text = self.text();
        let separators = text
            .bytes()
            .filter(|byte| matches!(byte, b',' | b'[' | b'{'));
        if separators.count() > MAX_JSON_VALUES {
            return Err(Error::TooManyValues);
        }
        let text = text.trim_start_matches('\u{feff}');
        serde_json::from_str(text).map_err(Error::NotJson)
    }

    /// The bytes of a feed: UTF-8 without a declaration where the content type says the encoding, which goes before
    /// what the document says itself (RFC 7303 §3); otherwise as they are.
    pub(crate) fn feed(&self) -> Result<Cow<'a, [u8]>, Error> {
        let begins = self.bytes.iter().filter(|byte| matches!(byte, b'<' | b'{'));
        if begins.count() > MAX_FEED_TAGS {
            return Err(Error::TooManyTags);
        }
        if self.charset().is_none() {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let text = self.text();
        let trimmed = text.trim_start();
        let without = match trimmed
            .strip_prefix("<?xml")
            .and_then(|rest| rest.split_once("?>"))
        {
            Some((_, document)) => document,
            None => trimmed,
        };
        Ok(Cow::Owned(without.as_bytes().to_vec()))
    }

    fn text(&self) -> Cow<'a, str> {
        let encoding = self.charset().unwrap_or_else(|| {
            if std::str::from_utf8(self.bytes).is_ok() {
                UTF_8
            } else {
                WINDOWS_1252
            }
        });
        encoding.decode(self.bytes).0
    }

    /// The media type in lower case, without its parameters.
    fn kind(&self) -> Option<String> {
        let kind = self.content_type?.split(';').next()?.trim();
        (!kind.is_empty()).then(|| kind.to_ascii_lowercase())
    }

    fn charset(&self) -> Option<&'static Encoding> {
        let parameters = self.content_type?.split(';').skip(1);
        let charset = parameters.filter_map(|parameter| parameter.split_once('='));
        let (_, label) = charset
            .into_iter()
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
        Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://example.com/").expect("a URL")
    }

    fn check(bytes: &[u8], content_type: Option<&str>, expected: &str) {
        let url = url();
        let page = Page::new(bytes, content_type, &url).expect("small");
        assert_eq!(page.text(), expected);
    }

    #[test]
    fn text_is_decoded_by_mark_then_charset_then_by_what_it_is() {
        check(
            b"\xef\xbb\xbf\xc3\xa4",
            Some("text/html; charset=latin1"),
            "ä",
        );
        check(b"\xe4", Some("text/html; Charset=\"ISO-8859-1\""), "ä");
        check(b"\x83\x65", Some("text/html;charset=shift_jis"), "テ");
        check(b"\xc3\xa4", Some("text/html"), "ä");
        check(b"\xe4", None, "ä");
        check(b"\xe4", Some("text/html; charset=no-such"), "ä");
    }

    #[test]
    fn what_is_not_html_is_named() {
        let url = url();
        let page = Page::new(b"%PDF", Some("Application/PDF; x=y"), &url).expect("small");
        let refused = page.html().expect_err("not HTML");
        assert_eq!(
            refused.to_string(),
            r#"CSS selectors need HTML, and the page is "application/pdf""#
        );
    }

    #[test]
    fn a_page_that_is_too_large_is_refused() {
        let url = url();
        let bytes = vec![b' '; MAX_PAGE_BYTES + 1];
        assert!(matches!(
            Page::new(&bytes, None, &url),
            Err(Error::TooLarge)
        ));
    }

    #[test]
    fn json_of_too_many_values_is_refused() {
        let url = url();
        let bytes = format!("[{}0]", "0,".repeat(MAX_JSON_VALUES));
        let page = Page::new(bytes.as_bytes(), None, &url).expect("small");
        assert!(matches!(page.json(), Err(Error::TooManyValues)));
    }

    #[test]
    fn json_nested_without_end_is_refused() {
        let url = url();
        let bytes = "[".repeat(100_000);
        let page = Page::new(bytes.as_bytes(), None, &url).expect("small");
        assert!(matches!(page.json(), Err(Error::NotJson(_))));
    }
}
