//! Classes for the parts of code, and the style that gives them colours.

use std::collections::HashMap;
use std::sync::LazyLock;

use syntect::parsing::{Scope, ScopeStack};

/// What all our classes for parts of code start with.
pub(in super::super) const PREFIX: &str = "hl-";

/// Scopes of <https://www.sublimetext.com/docs/scope_naming.html> with the classes of what they name; where one is the start of
/// another, the longer one counts.
const CLASSES: [(&str, &str); 40] = [
    ("comment", "c"),
    ("punctuation.definition.comment", "c"),
    ("string", "s"),
    ("punctuation.definition.string", "s"),
    ("string.regexp", "e"),
    ("constant.character.escape", "e"),
    ("constant.character", "e"),
    ("constant.other.placeholder", "e"),
    ("constant.numeric", "n"),
    ("constant.language", "n"),
    ("constant.other.color", "n"),
    ("support.constant", "n"),
    ("constant.other", "n"),
    ("keyword", "k"),
    ("keyword.operator", "o"),
    ("keyword.operator.word", "k"),
    ("keyword.operator.logical.python", "k"),
    ("storage", "k"),
    ("storage.type.class", "k"),
    ("variable.language", "k"),
    ("entity.name.function", "f"),
    ("entity.name.macro", "f"),
    ("support.function", "f"),
    ("support.macro", "f"),
    ("variable.function", "f"),
    ("meta.function-call.generic", "f"),
    ("entity.name", "t"),
    ("entity.other.inherited-class", "t"),
    ("support.type", "t"),
    ("support.class", "t"),
    ("entity.name.tag", "g"),
    ("entity.other.attribute-name", "a"),
    ("variable.parameter", "a"),
    ("variable.other.member", "a"),
    ("support.type.property-name", "a"),
    ("meta.mapping.key", "a"),
    ("markup.heading", "g"),
    ("markup.inserted", "i"),
    ("markup.deleted", "d"),
    ("meta.diff.header", "c"),
];

static SCOPES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    let mut scopes: Vec<(Scope, &'static str)> = CLASSES
        .iter()
        .filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class)))
        .collect();
    scopes.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
    scopes
});

/// The style of coloured code, light and dark: a few colours, all of them at least 4.5 : 1 against a background as light as `#f6f8fa`
/// or as dark as `#161b22` (WCAG 2.2, 1.4.3). In properties, so that a theme may give them other values.
#[must_use]
pub fn highlight_css() -> &'static str {
    include_str!("highlight.css")
}

/// The class of a place: of its innermost scope that has one.
pub(super) fn class(
    stack: &ScopeStack,
    known: &mut HashMap<Scope, Option<&'static str>>,
) -> Option<&'static str> {
    stack.as_slice().iter().rev().find_map(|scope| {
        *known.entry(*scope).or_insert_with(|| {
            SCOPES
                .iter()
                .find(|(start, _)| start.is_prefix_of(*scope))
                .map(|(_, class)| *class)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of WCAG 2.2.
    fn contrast(a: &str, b: &str) -> f64 {
        let light = |colour: &str| {
            let part = |from: usize| {
                let value = u8::from_str_radix(&colour[from..from + 2], 16).unwrap();
                let value = f64::from(value) / 255.0;
                if value <= 0.03928 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (a, b) = (light(a), light(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_in_light_and_dark() {
        let css = highlight_css();
        assert!(css.len() < 4_000);
        let (light, dark) = css.split_once("prefers-color-scheme").unwrap();
        for (style, grounds) in [
            (light, ["#ffffff", "#f6f8fa"]),
            (dark, ["#0d1117", "#161b22"]),
        ] {
            let colours: Vec<&str> = style
                .match_indices('#')
                .map(|(place, _)| &style[place..place + 7])
                .collect();
            assert_eq!(colours.len(), 11, "{style}");
            for colour in colours {
                for ground in grounds {
                    let contrast = contrast(colour, ground);
                    assert!(contrast >= 4.5, "{colour} on {ground}: {contrast}");
                }
            }
        }
        for (_, class) in CLASSES {
            assert!(css.contains(&format!(".{PREFIX}{class}")), "{class}");
        }
    }
}
