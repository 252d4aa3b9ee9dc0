//! Names of headings in addresses.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The most characters of an anchor; of a longer heading the rest is cut.
const MAX_CHARS: usize = 200;

/// The anchor of a heading as GitHub makes it: in small letters, a dash for each space, and of the rest only letters of any
/// script, digits, `-` and `_`. None starts with `_`: those are the site's own.
pub(crate) fn slug(words: &str) -> String {
    let mut slug = String::with_capacity(words.len().min(MAX_CHARS));
    for c in words.trim().nfc().take(MAX_CHARS) {
        if c.is_whitespace() {
            slug.push('-');
        } else if c.is_alphanumeric() || is_combining_mark(c) || c == '-' || c == '_' {
            slug.extend(c.to_lowercase());
        }
    }
    let slug = slug.trim_start_matches('_');
    if slug.is_empty() {
        "section".to_owned()
    } else {
        slug.to_owned()
    }
}

/// Gives every heading of a file an anchor that no other has.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// Those that are taken, with the number that was given last to one of the same name.
    taken: HashMap<String, u32>,
    #[cfg(test)]
    tries: usize,
}

impl Anchors {
    /// `name`, or `name-1`, `name-2` and so on where it is taken.
    pub fn unique(&mut self, name: String) -> String {
        let Some(last) = self.taken.get(&name).copied() else {
            self.taken.insert(name.clone(), 0);
            return name;
        };
        let mut number = last;
        let free = loop {
            number += 1;
            #[cfg(test)]
            {
                self.tries += 1;
            }
            let next = format!("{name}-{number}");
            if !self.taken.contains_key(&next) {
                break next;
            }
        };
        self.taken.insert(name, number);
        self.taken.insert(free.clone(), 0);
        free
    }

    /// Whether a heading has it.
    pub fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        for (words, anchor) in [
            ("Hello World", "hello-world"),
            ("What's new in 1.2?", "whats-new-in-12"),
            ("a & b", "a--b"),
            ("Über uns", "über-uns"),
            ("日本語 の 見出し", "日本語-の-見出し"),
            ("snake_case-and-dash", "snake_case-and-dash"),
            ("__init__", "init__"),
            ("🎉", "section"),
            ("", "section"),
            ("u\u{308}ber", "über"),
        ] {
            assert_eq!(slug(words), anchor, "{words}");
        }
    }

    #[test]
    fn the_same_name_gets_a_number() {
        let mut anchors = Anchors::default();
        let mut give = |name: &str| anchors.unique(name.to_owned());
        assert_eq!(give("a"), "a");
        assert_eq!(give("a-1"), "a-1");
        assert_eq!(give("a"), "a-2");
        assert_eq!(give("a"), "a-3");
        assert_eq!(give("a-1"), "a-1-1");
    }

    #[test]
    fn many_of_one_name_take_a_try_each() {
        let mut anchors = Anchors::default();
        for number in 0..5_000 {
            anchors.unique(format!("a-{number}"));
        }
        for _ in 0..5_000 {
            anchors.unique("a".to_owned());
        }
        assert!(anchors.tries <= 10_001, "{} tries", anchors.tries);
    }
}
