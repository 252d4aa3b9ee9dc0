//! What pages are about.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, key};
use super::reports::Reports;

/// How many tags a page can have, and how long each can be.
const MOST_OF_A_PAGE: usize = 50;
const LONGEST: usize = 100;
/// How many tags a site can have: each has a page.
const MOST: usize = 5_000;

/// A tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// As it is written: of some spellings the first in the order of letters.
    pub(crate) name: String,
    /// Its part of an address, which no other tag has.
    pub(crate) slug: String,
    /// The numbers of the pages that have it, in the order of paths.
    pub(crate) pages: Vec<usize>,
}

/// The tags of all pages, in the order of their keys, and of each page the numbers of its tags.
pub(crate) fn collect<'a>(
    pages: impl Iterator<Item = (&'a str, &'a [String])>,
    reports: &mut Reports,
) -> (Vec<Tag>, Vec<Vec<usize>>) {
    let mut found: BTreeMap<String, (&'a str, Vec<usize>)> = BTreeMap::new();
    let mut count = 0;
    for (page, (file, tags)) in pages.enumerate() {
        count = page + 1;
        let mut own = BTreeSet::new();
        for tag in tags
            .iter()
            .map(|tag| tag.trim())
            .filter(|tag| !tag.is_empty())
        {
            let why = if tag.chars().count() > LONGEST || tag.chars().any(char::is_control) {
                "is longer than 100 characters or has a control character"
            } else if own.len() >= MOST_OF_A_PAGE {
                "is one of more than 50 of this page"
            } else if found.len() >= MOST && !found.contains_key(&key(tag)) {
                "is one of more than 5,000 of this site"
            } else {
                let entry = found.entry(key(tag)).or_insert((tag, Vec::new()));
                entry.0 = entry.0.min(tag);
                if own.insert(key(tag)) {
                    entry.1.push(page);
                }
                continue;
            };
            let message = format!("The tag `{}` {why}. It is left out.", names::cut(tag, 40));
            reports.note(file, None, "odd_tag", message);
            break;
        }
    }
    let slugs = slugs(found.keys());
    let mut of_pages = vec![Vec::new(); count];
    let mut all = Vec::with_capacity(found.len());
    for ((_, (name, pages)), slug) in found.into_iter().zip(slugs) {
        for page in &pages {
            of_pages[*page].push(all.len());
        }
        all.push(Tag {
            name: name.to_owned(),
            slug,
            pages,
        });
    }
    (all, of_pages)
}

/// A part of an address for each key. Where keys would have the same (`c`, `c++`), the one that is written so has it, and a hash follows for the
/// others, so that an address stays whatever tags come and go.
fn slugs<'a>(keys: impl Iterator<Item = &'a String> + Clone) -> Vec<String> {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for key in keys.clone() {
        *groups.entry(names::slug(key)).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = groups.keys().cloned().collect();
    keys.map(|key| {
        let slug = names::slug(key);
        let is_free = groups.get(&slug) == Some(&1) || slug == *key;
        if is_free && slug != "index.html" {
            return slug;
        }
        let mut own = format!("{slug}-{}", names::short(key));
        while !taken.insert(own.clone()) {
            own.push('x');
        }
        own
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(names: &[&str]) -> Vec<Tag> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut reports = Reports::default();
        collect([("a.md", names.as_slice())].into_iter(), &mut reports).0
    }

    #[test]
    fn spellings_are_one_tag_and_others_have_addresses_of_their_own() {
        let tags = tags(&[
            "rust",
            "Rust",
            "C++",
            "c",
            "C#",
            "🚀",
            "🚀🚀",
            "Ünïcode",
            "u\u{308}nïcode",
        ]);
        let slugs: BTreeSet<_> = tags.iter().map(|tag| tag.slug.as_str()).collect();
        assert_eq!(slugs.len(), tags.len());
        let of = |name: &str| {
            tags.iter()
                .find(|tag| tag.name == name)
                .map(|tag| tag.slug.as_str())
        };
        assert_eq!(of("Rust"), Some("rust"));
        assert_eq!(of("c"), Some("c"));
        assert_eq!(of("🚀"), Some("🚀"));
        assert!(of("C++").unwrap().starts_with("c-"));
        assert_eq!(tags.len(), 7);
    }

    proptest! {
        #[test]
        fn no_two_tags_share_an_address(names in proptest::collection::vec("[a-cA-C+#! -]{1,5}|\\PC{1,4}", 0..40)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let tags = tags(&names);
            let slugs: BTreeSet<_> = tags.iter().map(|tag| key(&tag.slug)).collect();
            prop_assert_eq!(slugs.len(), tags.len());
        }
    }
}
