//! Addresses in text that are links without being marked as such: the autolinks extension of
//! <https://github.github.com/gfm/#autolinks-extension->.

use std::ops::Range;

/// An address in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it stands.
    pub place: Range<usize>,
    /// What comes before it in the link's URL: `http://` for `www.`, `mailto:` for an address of e-mail.
    pub prefix: &'static str,
}

/// Finds the addresses in a text.
pub(super) fn find(text: &str) -> Vec<Found> {
    // Most texts have none.
    if !text.contains(['@', ':']) && !text.contains("www.") {
        return Vec::new();
    }
    let mut finder = Finder::new(text);
    finder.run();
    finder.found
}

struct Finder<'a> {
    text: &'a str,
    bytes: &'a [u8],
    found: Vec<Found>,
    /// Up to here everything is said.
    done: usize,
    /// The characters of a domain that were looked at last: each run of them is looked at once, however many addresses seem to
    /// start in it.
    run: Run,
    /// How many bytes were looked at, for the test that it stays linear.
    steps: usize,
}

/// Bytes that may stand in a domain.
#[derive(Debug, Clone, Default)]
struct Run {
    place: Range<usize>,
    /// Where its last two parts start.
    last_two: usize,
    /// Its last underscore.
    underscore: Option<usize>,
    /// Its last dot.
    dot: Option<usize>,
}

impl<'a> Finder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            found: Vec::new(),
            done: 0,
            run: Run::default(),
            steps: 0,
        }
    }

    fn byte(&self, place: usize) -> Option<u8> {
        self.bytes.get(place).copied()
    }

    fn run(&mut self) {
        let mut at = 0;
        while let Some(byte) = self.byte(at) {
            self.steps += 1;
            let found = match byte {
                b'w' | b'W' => self.www(at),
                b':' => self.scheme(at),
                b'@' => self.email(at),
                _ => None,
            };
            match found {
                Some(found) => {
                    at = found.place.end.max(at + 1);
                    self.done = found.place.end;
                    self.found.push(found);
                }
                None => at += 1,
            }
        }
    }

    /// Whether an address may start here: at the start, and after white space or one of `*_~(`.
    fn may_start(&self, at: usize) -> bool {
        at >= self.done
            && self
                .text
                .get(..at)
                .and_then(|before| before.chars().next_back())
                .is_none_or(|c| c.is_whitespace() || "*_~(".contains(c))
    }

    fn starts_with(&self, at: usize, word: &str) -> bool {
        self.bytes
            .get(at..at + word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn www(&mut self, at: usize) -> Option<Found> {
        if !self.starts_with(at, "www.") || !self.may_start(at) {
            return None;
        }
        let end = self.domain(at)?;
        let end = self.end(at, end);
        (end > at + 4).then_some(Found {
            place: at..end,
            prefix: "http://",
        })
    }

    /// `https://`, `http://` or `ftp://`, whose colon is at `colon`.
    fn scheme(&mut self, colon: usize) -> Option<Found> {
        let scheme = ["https", "http", "ftp"].into_iter().find(|scheme| {
            colon
                .checked_sub(scheme.len())
                .is_some_and(|start| self.starts_with(start, scheme))
        })?;
        let start = colon - scheme.len();
        if !self.starts_with(colon, "://") || !self.may_start(start) {
            return None;
        }
        let domain = colon + 3;
        let end = self.domain(domain)?;
        let end = self.end(start, end);
        (end > domain).then_some(Found {
            place: start..end,
            prefix: "",
        })
    }

    /// The end of the domain that starts at `at`: it has a dot, and no underscore in its last two parts.
    fn domain(&mut self, at: usize) -> Option<usize> {
        if !self.run.place.contains(&at) {
            self.run = self.look(at);
        }
        let run = &self.run;
        let underscored = run
            .underscore
            .is_some_and(|place| place >= run.last_two.max(at));
        let dotted = run.dot.is_some_and(|dot| dot > at);
        (run.place.end > at && dotted && !underscored).then_some(run.place.end)
    }

    fn look(&mut self, start: usize) -> Run {
        let mut run = Run {
            place: start..start,
            last_two: start,
            ..Run::default()
        };
        let mut part = start;
        let rest = self.text.get(start..).unwrap_or_default();
        for (place, c) in rest.char_indices() {
            self.steps += c.len_utf8();
            let place = start + place;
            match c {
                '.' => {
                    run.last_two = part;
                    part = place + 1;
                    run.dot = Some(place);
                }
                '_' => run.underscore = Some(place),
                '-' => {}
                c if c.is_alphanumeric() => {}
                _ => break,
            }
            run.place.end = place + c.len_utf8();
        }
        // A dot at the end ends a sentence, and no part starts after it.
        run
    }

    /// The end of the address whose domain ends at `domain`: everything up to white space or `<`, without the marks at its end that
    /// belong to the sentence around it.
    fn end(&mut self, start: usize, domain: usize) -> usize {
        let rest = self.text.get(domain..).unwrap_or_default();
        let length = rest
            .find(|c: char| c.is_whitespace() || c == '<')
            .unwrap_or(rest.len());
        self.steps += length;
        let mut end = domain + length;
        let all = self.text.get(start..end).unwrap_or_default();
        let open = all.matches('(').count();
        let mut closed = all.matches(')').count();
        self.steps += all.len();
        while let Some(last) = end.checked_sub(1).and_then(|last| self.byte(last)) {
            self.steps += 1;
            match last {
                b'?' | b'!' | b'.' | b',' | b':' | b'*' | b'_' | b'~' | b'\'' | b'"' => end -= 1,
                b')' if closed > open => {
                    closed -= 1;
                    end -= 1;
                }
                b';' => match self.entity(start, end) {
                    Some(ampersand) => end = ampersand,
                    None => break,
                },
                _ => break,
            }
        }
        end
    }

    /// Where the ampersand of `&copy;` is, which ends at `end`.
    fn entity(&mut self, start: usize, end: usize) -> Option<usize> {
        let name = self.bytes.get(start..end - 1)?;
        let length = name
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        self.steps += length;
        let ampersand = (end - 1).checked_sub(length + 1)?;
        (length > 0 && ampersand >= start && self.byte(ampersand) == Some(b'&'))
            .then_some(ampersand)
    }

    fn email(&mut self, at: usize) -> Option<Found> {
        let before = self.bytes.get(self.done..at)?;
        let length = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(byte))
            .count();
        self.steps += length;
        let name = at - length;
        let after = self.bytes.get(at + 1..)?;
        let mut length_after = after
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte))
            .count();
        self.steps += length_after;
        if after.get(length_after) == Some(&b'@') {
            return None;
        }
        while length_after > 0 && after.get(length_after - 1) == Some(&b'.') {
            length_after -= 1;
        }
        let domain = after.get(..length_after)?;
        let ends_badly = matches!(domain.last(), None | Some(b'-' | b'_'));
        if length == 0 || ends_badly || !domain.contains(&b'.') || domain.starts_with(b".") {
            return None;
        }
        let end = at + 1 + length_after;
        let with_scheme = name
            .checked_sub(7)
            .filter(|start| *start >= self.done && self.starts_with(*start, "mailto:"));
        Some(Found {
            place: with_scheme.unwrap_or(name)..end,
            prefix: if with_scheme.is_some() { "" } else { "mailto:" },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(text: &str) -> Vec<String> {
        find(text)
            .into_iter()
            .map(|found| format!("{}{}", found.prefix, &text[found.place]))
            .collect()
    }

    #[test]
    fn addresses_are_found_as_github_does() {
        for (text, expected) in [
            ("www.commonmark.org", "http://www.commonmark.org"),
            (
                "Visit www.commonmark.org/help for",
                "http://www.commonmark.org/help",
            ),
            ("Visit www.commonmark.org.", "http://www.commonmark.org"),
            ("www.commonmark.org/a.b.", "http://www.commonmark.org/a.b"),
            (
                "www.google.com/search?q=(business))+ok",
                "http://www.google.com/search?q=(business))+ok",
            ),
            (
                "(www.google.com/search?q=Markup+(business))",
                "http://www.google.com/search?q=Markup+(business)",
            ),
            (
                "www.google.com/search?q=commonmark&hl=en",
                "http://www.google.com/search?q=commonmark&hl=en",
            ),
            (
                "www.google.com/search?q=commonmark&hl;",
                "http://www.google.com/search?q=commonmark",
            ),
            ("www.commonmark.org/he<lp", "http://www.commonmark.org/he"),
            (
                "https://encrypted.google.com/search?q=Markup+(business)",
                "https://encrypted.google.com/search?q=Markup+(business)",
            ),
            ("ftp://foo.bar.baz", "ftp://foo.bar.baz"),
            ("foo@bar.baz", "mailto:foo@bar.baz"),
            ("hello+xyz@mail.example", "mailto:hello+xyz@mail.example"),
            ("a.b-c_d@a.b.", "mailto:a.b-c_d@a.b"),
            ("mailto:foo@bar.baz", "mailto:foo@bar.baz"),
            ("https://münchen.example/ü", "https://münchen.example/ü"),
            ("_https://a_b.example.org/_", "https://a_b.example.org/"),
        ] {
            assert_eq!(seen(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_text() {
        for text in [
            "hello@mail+xyz.example",
            "a.b-c_d@a.b-",
            "a.b-c_d@a.b_",
            "www.",
            "www.a_b.c",
            "_https://example.org_",
            "xwww.example.org",
            "https://",
            "https://localhost",
            "javascript:alert(1)",
            "a@b",
            "@a.b",
            "a@@b.c",
            "note: this",
        ] {
            assert_eq!(seen(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn work_grows_with_the_text_and_not_faster() {
        for unit in [
            "_www.",
            "www.",
            "www._",
            "w",
            "https://",
            "https://a_",
            "_https://a.b_",
            "a@",
            "a@b.",
            "a.",
            "@",
            ")",
            "www.a.b)",
            "www.a.b;",
            "www.a.b/&a;",
            "&amp;",
            "www.a.b(",
            "mailto:",
            "mailto:a@",
            "(www.a_b.",
            "www.a.b?!",
            "a_www.",
            "ü.",
            "_www.ü",
        ] {
            let text = unit.repeat(100_000 / unit.len());
            let mut finder = Finder::new(&text);
            finder.run();
            assert!(
                finder.steps <= 10 * text.len(),
                "{unit}: {} steps",
                finder.steps
            );
        }
    }

    proptest! {
        /// The places are in order, apart, and at borders of characters.
        #[test]
        fn places_are_sound(text in "(www\\.|https?://|[a-c_.@&;:()ü <*-]|mailto:){0,40}") {
            let mut end = 0;
            for found in find(&text) {
                prop_assert!(found.place.start >= end);
                prop_assert!(text.get(found.place.clone()).is_some_and(|part| !part.is_empty()));
                end = found.place.end;
            }
        }
    }
}
