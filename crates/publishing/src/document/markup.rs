//! The tags of HTML, as the tokenizer of <https://html.spec.whatwg.org/multipage/parsing.html#tokenization> sees them.

use std::ops::Range;

/// Elements whose content is text, whatever it looks like.
const RAW: [&str; 9] = [
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
];

/// A part of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Text, and the content of a script and the like.
    Text(Range<usize>),
    /// A comment, a doctype or a processing instruction.
    Comment(Range<usize>),
    /// A tag.
    Tag(Tag),
    /// A tag or a comment that doesn't end.
    Unfinished(Range<usize>),
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// All of it, from `<` to `>`.
    pub place: Range<usize>,
    /// In small letters.
    pub name: String,
    /// Whether it is an end tag.
    pub end: bool,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// In small letters.
    pub name: String,
    /// Where its value is, without quotes; empty where it has none.
    pub value: Range<usize>,
    /// Whether the value stands in quotes.
    pub quoted: bool,
}

/// The parts of a piece of HTML, in order and without gaps.
pub(super) struct Tokens<'a> {
    html: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The element of text that was opened last.
    raw: Option<String>,
}

impl<'a> Tokens<'a> {
    pub fn new(html: &'a str) -> Self {
        Self {
            html,
            bytes: html.as_bytes(),
            at: 0,
            raw: None,
        }
    }

    fn byte(&self, place: usize) -> Option<u8> {
        self.bytes.get(place).copied()
    }

    /// The first place from `from` where `wanted` holds, else the end.
    fn seek(&self, from: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter()
            .position(|byte| wanted(*byte))
            .map_or(self.bytes.len(), |place| from + place)
    }

    /// After the next `pattern` from `from`.
    fn after(&self, from: usize, pattern: &str) -> Option<usize> {
        let rest = self.html.get(from..)?;
        rest.find(pattern).map(|place| from + place + pattern.len())
    }

    /// Where the next tag or comment starts.
    fn next_mark(&self) -> usize {
        let mut at = self.at;
        loop {
            at = self.seek(at, |byte| byte == b'<');
            let starts = match self.byte(at + 1) {
                Some(b'/') => self.byte(at + 2).is_some_and(|byte| byte != b'>'),
                Some(byte) => byte.is_ascii_alphabetic() || byte == b'!' || byte == b'?',
                None => false,
            };
            if starts || at >= self.bytes.len() {
                return at;
            }
            at += 1;
        }
    }

    /// Where the end tag of an element of text starts.
    fn end_of_raw(&self, name: &str) -> usize {
        if name == "plaintext" {
            return self.bytes.len();
        }
        let mut at = self.at;
        loop {
            at = self.seek(at, |byte| byte == b'<');
            if at >= self.bytes.len() {
                return at;
            }
            let end = at + 2 + name.len();
            let named = self.byte(at + 1) == Some(b'/')
                && self
                    .bytes
                    .get(at + 2..end)
                    .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            if named && self.byte(end).is_none_or(ends_name) {
                return at;
            }
            at += 1;
        }
    }

    /// After the `-->` or `--!>` that comes first from `from`.
    fn end_of_comment(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at = self.after(at, "--")?;
            match (self.byte(at), self.byte(at + 1)) {
                (Some(b'>'), _) => return Some(at + 1),
                (Some(b'!'), Some(b'>')) => return Some(at + 2),
                // Of three dashes the last two may be the end.
                _ => at -= 1,
            }
        }
    }

    fn comment(&mut self) -> Token {
        let start = self.at;
        let rest = self.html.get(start..).unwrap_or_default();
        let end = if rest.starts_with("<!-->") {
            Some(start + 5)
        } else if rest.starts_with("<!--->") {
            Some(start + 6)
        } else if rest.starts_with("<!--") {
            self.end_of_comment(start + 4)
        } else {
            self.after(start, ">")
        };
        self.at = end.unwrap_or(self.bytes.len());
        match end {
            Some(_) => Token::Comment(start..self.at),
            None => Token::Unfinished(start..self.at),
        }
    }

    fn tag(&mut self) -> Token {
        let start = self.at;
        let end = self.byte(start + 1) == Some(b'/');
        let name_start = start + 1 + usize::from(end);
        let name_end = self.seek(name_start, ends_name);
        let name = self.small(name_start..name_end);
        let mut attributes = Vec::new();
        let mut at = name_end;
        loop {
            at = self.seek(at, |byte| !is_space(byte) && byte != b'/');
            match self.byte(at) {
                None => {
                    self.at = self.bytes.len();
                    return Token::Unfinished(start..self.at);
                }
                Some(b'>') => break,
                Some(_) => {
                    let Some((attribute, next)) = self.attribute(at) else {
                        self.at = self.bytes.len();
                        return Token::Unfinished(start..self.at);
                    };
                    attributes.push(attribute);
                    at = next;
                }
            }
        }
        self.at = at + 1;
        if !end && RAW.contains(&name.as_str()) {
            self.raw = Some(name.clone());
        }
        Token::Tag(Tag {
            place: start..self.at,
            name,
            end,
            attributes,
        })
    }

    /// The attribute that starts at `start`, and where the next may start.
    fn attribute(&self, start: usize) -> Option<(Attribute, usize)> {
        // An equals sign at the start belongs to the name.
        let name_end = self.seek(start + 1, |byte| ends_name(byte) || byte == b'=');
        let name = self.small(start..name_end);
        let sign = self.seek(name_end, |byte| !is_space(byte));
        let without = Attribute {
            name,
            value: name_end..name_end,
            quoted: false,
        };
        if self.byte(sign) != Some(b'=') {
            return Some((without, sign));
        }
        let value = self.seek(sign + 1, |byte| !is_space(byte));
        let (value, quoted, next) = match self.byte(value)? {
            quote @ (b'"' | b'\'') => {
                let end = self.seek(value + 1, |byte| byte == quote);
                self.byte(end)?;
                (value + 1..end, true, end + 1)
            }
            b'>' => (value..value, false, value),
            _ => {
                let end = self.seek(value, |byte| is_space(byte) || byte == b'>');
                (value..end, false, end)
            }
        };
        let attribute = Attribute {
            value,
            quoted,
            ..without
        };
        Some((attribute, next))
    }

    fn small(&self, place: Range<usize>) -> String {
        self.html
            .get(place)
            .unwrap_or_default()
            .to_ascii_lowercase()
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let mark = match self.raw.take() {
            Some(name) => self.end_of_raw(&name),
            None => self.next_mark(),
        };
        if mark > start {
            self.at = mark;
            return Some(Token::Text(start..mark));
        }
        let second = match self.byte(start + 1) {
            Some(b'/') => self.byte(start + 2),
            second => second,
        };
        Some(match second {
            Some(byte) if byte.is_ascii_alphabetic() => self.tag(),
            _ => self.comment(),
        })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn ends_name(byte: u8) -> bool {
    is_space(byte) || byte == b'/' || byte == b'>'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(html: &str) -> Vec<String> {
        Tokens::new(html)
            .map(|token| match token {
                Token::Text(place) => format!("text {}", &html[place]),
                Token::Comment(place) => format!("comment {}", &html[place]),
                Token::Unfinished(place) => format!("unfinished {}", &html[place]),
                Token::Tag(tag) => {
                    let mut shown = format!("{}{}", if tag.end { "/" } else { "" }, tag.name);
                    for attribute in tag.attributes {
                        shown.extend([" ", &attribute.name, "=", &html[attribute.value]]);
                    }
                    shown
                }
            })
            .collect()
    }

    #[test]
    fn html_is_taken_apart_as_a_browser_does() {
        for (html, expected) in [
            ("a < b", vec!["text a < b"]),
            ("<A HREF=x>b</a >", vec!["a href=x", "text b", "/a"]),
            (
                "<a b='<\">' c=\"'\" d e=/f/>",
                vec!["a b=<\"> c=' d= e=/f/"],
            ),
            ("<a/b/c>", vec!["a b= c="]),
            ("<a =x y=>", vec!["a =x= y="]),
            ("<a\nhref = 'x'y>", vec!["a href=x y="]),
            ("<!-- a > b --><b>", vec!["comment <!-- a > b -->", "b"]),
            ("<!--><b>", vec!["comment <!-->", "b"]),
            (
                "<!doctype html><?x?></ a>",
                vec!["comment <!doctype html>", "comment <?x?>", "comment </ a>"],
            ),
            (
                "<script>'<a>'</SCRIPT >",
                vec!["script", "text '<a>'", "/script"],
            ),
            ("<script></scripty>", vec!["script", "text </scripty>"]),
            ("</>", vec!["text </>"]),
            ("<a href='x", vec!["unfinished <a href='x"]),
            ("x<!-- y", vec!["text x", "unfinished <!-- y"]),
        ] {
            assert_eq!(shown(html), expected, "{html}");
        }
    }

    proptest! {
        /// Nothing is lost, and it ends.
        #[test]
        fn parts_follow_on_each_other(html in "(<[a-b]|</|<!--|-->|<script>|[\"'=/> ab!?-]){0,40}") {
            let mut end = 0;
            for token in Tokens::new(&html) {
                let (Token::Text(place) | Token::Comment(place) | Token::Unfinished(place) | Token::Tag(Tag { place, .. })) = token;
                prop_assert_eq!(place.start, end);
                prop_assert!(place.end > place.start);
                end = place.end;
            }
            prop_assert_eq!(end, html.len());
        }
    }
}
