//! Code that keeps its colours while the text around it changes.

use std::collections::HashMap;

use domain::site::BlobId;
use serde::{Deserialize, Serialize};

use super::super::entities::{unveil, veil_names};

/// Where in a document's HTML code stands that was coloured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Painted {
    name: BlobId,
    start: u32,
    length: u32,
}

/// Code that was coloured before, by its name. Colouring takes longest of all that is done with a file.
#[derive(Debug, Clone, Default)]
pub struct Known(HashMap<BlobId, String>);

impl Known {
    /// What stands in a document's HTML.
    #[must_use]
    pub fn of(painted: &[Painted], html: &[u8]) -> Self {
        let known = painted.iter().filter_map(|painted| {
            let (start, length) = (painted.start as usize, painted.length as usize);
            let html = html.get(start..)?.get(..length)?;
            Some((painted.name, veil_names(std::str::from_utf8(html).ok()?)))
        });
        Self(known.collect())
    }

    pub(super) fn get(&self, name: &BlobId) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Names code in a language.
pub(super) fn name(language: &str, code: &str) -> BlobId {
    BlobId::of(format!("{language}\n{code}").as_bytes())
}

/// Where code that was coloured stands in the pieces of HTML that were made with it. What isn't where it is expected, because a
/// footnote has moved it or cleaning has changed it, is coloured again the next time, with all after it.
pub(in super::super) fn find(painted: Vec<(BlobId, String)>, pieces: &[String]) -> Vec<Painted> {
    if painted.is_empty() {
        return Vec::new();
    }
    let (html, mut at) = (pieces.concat(), 0);
    let found = painted.into_iter().map_while(|(name, code)| {
        let code = unveil(code);
        let start = at + html.get(at..)?.find(&code)?;
        at = start + code.len();
        Some(Painted {
            name,
            start: start.try_into().ok()?,
            length: code.len().try_into().ok()?,
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::super::Painter;
    use super::*;

    #[test]
    fn what_is_known_is_not_coloured_again() {
        let nothing = Known::default();
        let mut painter = Painter::new(&nothing);
        let first = painter.block("rust", "let a = \"&<\";\n");
        let second = painter.block("toml", "[a]\n");
        let html = unveil(format!("<p>x</p>{first}<p>y</p>{second}"));
        let found = find(painter.painted, std::slice::from_ref(&html));
        assert_eq!(found.len(), 2);
        let known = Known::of(&found, html.as_bytes());
        let mut again = Painter::new(&known);
        assert_eq!(again.block("toml", "[a]\n"), second);
        assert_eq!(again.block("rust", "let a = \"&<\";\n"), first);

        // What can only come from there.
        let known = Known::of(&found, html.to_uppercase().as_bytes());
        let mut again = Painter::new(&known);
        assert!(again.block("toml", "[a]\n").contains("<SPAN"));
        assert!(!again.block("toml", "[b]\n").contains("<SPAN"));
        assert!(!again.block("ini", "[a]\n").contains("<SPAN"));
    }

    #[test]
    fn code_that_is_not_in_its_place_is_not_known() {
        let nothing = Known::default();
        let mut painter = Painter::new(&nothing);
        let (one, two) = (
            painter.block("toml", "[a]\n"),
            painter.block("toml", "[b]\n"),
        );
        let found = find(painter.painted.clone(), &[unveil(format!("{two}{one}"))]);
        assert_eq!(found.len(), 1);
        assert!(find(painter.painted, &["<p>gone</p>".into()]).is_empty());
        // As where a record is of something else.
        assert!(Known::of(&found, b"short").0.is_empty());
    }
}
