//! The index of words that `search.js` reads.

use std::collections::HashSet;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How many bytes of a page's words are kept.
const LONGEST: usize = 8_000;
/// How many bytes of words the whole index has, so that a phone can load it: a page of a large site has fewer.
const LONGEST_INDEX: usize = 4_000_000;

/// Text as it is compared: lower case, without accents, words parted by one space. The script does the same with what is typed.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            push(&mut folded, c.to_ascii_lowercase());
        } else {
            let lower = c.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c));
            lower.for_each(|c| push_letter(&mut folded, c));
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn push_letter(folded: &mut String, c: char) {
    let plain = match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŋ' => "n",
        'ŧ' => "t",
        'ς' => "σ",
        c => return push(folded, c),
    };
    folded.push_str(plain);
}

fn push(folded: &mut String, c: char) {
    if c.is_alphanumeric() {
        folded.push(c);
    } else if !folded.is_empty() && !folded.ends_with(' ') {
        folded.push(' ');
    }
}

/// The words of a page, each once, in the order in which they come first.
pub(crate) fn words(text: &str) -> String {
    let folded = fold(text);
    let mut seen = HashSet::new();
    let mut words = String::new();
    for word in folded.split(' ').filter(|word| seen.insert(*word)) {
        if words.len() + word.len() >= LONGEST {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// A page as the index has it.
pub(crate) struct Entry<'a> {
    /// Its URL from the site's root.
    pub(crate) url: &'a str,
    /// What it is called.
    pub(crate) title: &'a str,
    /// Its [`words`].
    pub(crate) words: &'a str,
}

/// How many bytes of words each of `pages` can have.
pub(crate) fn share(pages: usize) -> usize {
    LONGEST_INDEX / pages.max(1)
}

/// The index.
pub(crate) fn index<'a>(entries: impl ExactSizeIterator<Item = Entry<'a>>) -> Vec<u8> {
    let share = share(entries.len());
    let mut json = String::from("{\"pages\":[");
    for (place, entry) in entries.enumerate() {
        let words = &entry.words[..entry.words.floor_char_boundary(share)];
        let comma = if place == 0 { "" } else { "," };
        let url = serde_json::Value::from(entry.url);
        let title = serde_json::Value::from(entry.title);
        // Words are letters, digits and spaces: nothing that JSON would escape.
        let _ = write!(
            json,
            "{comma}\n{{\"u\":{url},\"t\":{title},\"s\":\"{words}\"}}"
        );
    }
    json.push_str("\n]}\n");
    json.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_make_no_difference() {
        assert_eq!(fold("Größe, ŁÓDŹ & Ærø!"), "grosse lodz aero");
        assert_eq!(fold("GRÖSSE"), "grosse");
        assert_eq!(fold("  ﬁn — naïve\u{301} "), "fin naive");
        assert_eq!(fold("İstanbul ışık"), "istanbul isik");
    }

    #[test]
    fn each_word_is_kept_once() {
        assert_eq!(words("The cat the Cat a cat"), "the cat a");
        assert!(words(&"wörd ".repeat(9_000)).len() < LONGEST);
    }

    #[test]
    fn a_large_site_has_fewer_words_a_page() {
        let long = "ü".repeat(3_999);
        let page = || Entry {
            url: "a/",
            title: "A \"b\"",
            words: &long,
        };
        let json = index((0..2_000).map(|_| page()));
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["pages"].as_array().unwrap().len(), 2_000);
        assert!(json.len() < LONGEST_INDEX + 100_000);
    }
}
