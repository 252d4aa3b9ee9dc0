//! CSS selectors, compiled once.

use cssparser::{ParseError, ParseErrorKind};
use domain::Invalid;
use scraper::Selector;
use selectors::parser::{ParseRelative, SelectorList, SelectorParseErrorKind as Kind};
use serde::{Serialize, Serializer};

use crate::cost::{self, Extent, Parts};

/// The most bytes of a selector.
const MAX_BYTES: usize = 500;

/// A compiled CSS selector, with the text that it was compiled from.
#[derive(Debug, Clone)]
pub struct Css {
    text: String,
    selector: Selector,
    parts: Parts,
}

impl Css {
    /// Compiles a selector.
    ///
    /// # Errors
    /// `required`, `too_long`, or `invalid` with the character at which reading it ended.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::new("required", "must not be empty"));
        }
        if text.len() > MAX_BYTES {
            return Err(Invalid::new(
                "too_long",
                format!("must have at most {MAX_BYTES} bytes"),
            ));
        }
        let selector = Selector::parse(text).map_err(|_| refusal(text))?;
        Ok(Self {
            parts: cost::parts(text).ok_or_else(|| refusal(text))?,
            text: text.to_owned(),
            selector,
        })
    }

    /// The selector as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn selector(&self) -> &Selector {
        &self.selector
    }

    /// How many comparisons it can take on a page, at the most.
    pub(crate) fn steps(&self, page: Extent) -> u64 {
        cost::steps(&self.parts, page)
    }
}

impl Serialize for Css {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The selector's fault with its place. [`Selector::parse`] keeps no place, so what is refused is parsed once more.
fn refusal(text: &str) -> Invalid {
    let mut parser = cssparser::Parser::new(text);
    let parsed = SelectorList::parse(&scraper::selector::Parser, &mut parser, ParseRelative::No);
    let consumed = text.len() - parser.slice_from(parser.position()).len();
    let place = text[..consumed].chars().count();
    let why = parsed.err().map_or("can't be understood", |e| explain(&e));
    Invalid::new("invalid", format!("at character {place}: {why}"))
}

fn explain(error: &ParseError<Kind>) -> &'static str {
    match &error.kind {
        ParseErrorKind::Basic(_) => "this is not expected in a CSS selector",
        ParseErrorKind::Custom(kind) => match kind {
            Kind::EmptySelector => "a selector is missing",
            Kind::DanglingCombinator => "nothing follows the combinator",
            Kind::PseudoElementExpectedColon
            | Kind::PseudoElementExpectedIdent
            | Kind::NoIdentForPseudo => "a name must follow the colon",
            Kind::UnsupportedPseudoClassOrElement => {
                "this pseudo-class or pseudo-element is not supported"
            }
            Kind::ClassNeedsIdent => "a name must follow the full stop",
            Kind::ExpectedNamespace | Kind::ExplicitNamespaceUnexpectedToken => {
                "namespaces are not supported"
            }
            Kind::NoQualifiedNameInAttributeSelector
            | Kind::UnexpectedTokenInAttributeSelector
            | Kind::ExpectedBarInAttr
            | Kind::BadValueInAttr
            | Kind::InvalidQualNameInAttr => "this is not expected in an attribute selector",
            _ => "this is not expected in a CSS selector",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let refused = Css::parse(text).expect_err(text);
        assert_eq!(refused.message, expected, "{text}");
    }

    #[test]
    fn a_bad_selector_is_refused_with_its_place() {
        check("div >", "at character 5: nothing follows the combinator");
        check(
            "div > > p",
            "at character 9: nothing follows the combinator",
        );
        check("p..x", "at character 4: a name must follow the full stop");
        check(
            "a[",
            "at character 2: this is not expected in a CSS selector",
        );
        check(
            "a[href=]",
            "at character 8: this is not expected in a CSS selector",
        );
        check(
            "ä p:hover",
            "at character 9: this pseudo-class or pseudo-element is not supported",
        );
        check(
            "p::before",
            "at character 9: this pseudo-class or pseudo-element is not supported",
        );
        check("p, , a", "at character 6: a selector is missing");
        check(
            "p:not(..)",
            "at character 9: a name must follow the full stop",
        );
        check("svg|a", "at character 5: namespaces are not supported");
        check(
            "p)",
            "at character 2: this is not expected in a CSS selector",
        );
        check("1a", "at character 2: a selector is missing");
    }

    #[test]
    fn a_selector_as_deep_as_can_be_is_no_danger() {
        let deep = |pseudo: &str| {
            let depth = (MAX_BYTES - 1) / (pseudo.len() + 1);
            format!("{}p{}", pseudo.repeat(depth), ")".repeat(depth))
        };
        let html = crate::html::parse(&"<p>".repeat(100)).expect("parsed");
        for pseudo in [":not(", ":is(", ":where(", ":has("] {
            if let Ok(css) = Css::parse(&deep(pseudo)) {
                html.root_element().select(css.selector()).for_each(drop);
            }
        }
    }
}
