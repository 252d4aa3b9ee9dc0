//! What a selector can cost on a page, so that one that would never end is not begun.

use cssparser::Parser;
use scraper::selector::Simple;
use selectors::SelectorList;
use selectors::parser::{Combinator, Component, ParseRelative, Selector};

/// A selector's parts, by which its cost is told for each page.
pub(crate) type Parts = SelectorList<Simple>;

/// How far a selector looks on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// How many nodes there are.
    pub nodes: u64,
    /// How deep they stand in each other.
    pub depth: u64,
}

/// The parts of a selector that was compiled.
pub(crate) fn parts(text: &str) -> Option<Parts> {
    let mut parser = Parser::new(text);
    SelectorList::parse(&scraper::selector::Parser, &mut parser, ParseRelative::No).ok()
}

/// How many comparisons a selector can take on a page, at the most; [`u64::MAX`] where they are more than anybody counts.
pub(crate) fn steps(parts: &Parts, page: Extent) -> u64 {
    page.nodes.saturating_mul(any(parts.slice(), page))
}

/// What it costs to hold one element against each of some selectors.
fn any(selectors: &[Selector<Simple>], page: Extent) -> u64 {
    let costs = selectors.iter().map(|selector| one(selector, page));
    costs.fold(0, u64::saturating_add)
}

/// What it costs to hold one element against a selector: all of its parts, at each of the elements that its combinators lead to.
///
/// A chain of descendants is followed without going back, so that the depth counts once; that holds for a chain of siblings, and
/// not where the two are mixed. What stands in a pseudo-class is begun anew at each of those elements.
fn one(selector: &Selector<Simple>, page: Extent) -> u64 {
    let (mut parts, mut ancestors, mut siblings) = (0_u64, 1, 1);
    for component in selector.iter_raw_match_order() {
        match component {
            Component::Combinator(Combinator::Descendant) => ancestors = page.depth,
            Component::Combinator(Combinator::LaterSibling) => siblings = page.nodes,
            Component::Combinator(_) => {}
            component => parts = parts.saturating_add(part(component, page)),
        }
    }
    parts.saturating_mul(ancestors).saturating_mul(siblings)
}

fn part(component: &Component<Simple>, page: Extent) -> u64 {
    match component {
        Component::Is(list) | Component::Where(list) | Component::Negation(list) => {
            any(list.slice(), page)
        }
        // All that is inside is looked at.
        Component::Has(list) => {
            let costs = list.iter().map(|relative| one(&relative.selector, page));
            let inside = costs.fold(0, u64::saturating_add);
            inside.saturating_mul(page.nodes)
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Extent = Extent {
        nodes: 1_000,
        depth: 10,
    };

    fn cost(selector: &str) -> u64 {
        steps(&parts(selector).unwrap(), PAGE)
    }

    #[test]
    fn a_selector_costs_its_parts_on_each_node() {
        assert_eq!(cost(".price"), 1_000);
        assert_eq!(cost("p.price[lang]"), 3_000);
        assert_eq!(cost("h1, h2, h3"), 3_000);
        assert_eq!(cost("div > p"), 2_000);
    }

    #[test]
    fn a_chain_of_descendants_costs_the_depth_once() {
        assert_eq!(cost("main p"), 2 * 10_000);
        assert_eq!(cost("main article p"), 3 * 10_000);
    }

    #[test]
    fn siblings_and_what_is_inside_can_be_all_other_nodes() {
        assert_eq!(cost("h1 ~ p"), 2 * 1_000_000);
        assert!(cost("div:has(img)") >= 1_000_000);
    }

    #[test]
    fn each_level_of_nesting_costs_the_depth_once_more() {
        let mut selector = "u".to_owned();
        let mut last = cost(&selector);
        for _ in 0..30 {
            selector = format!(":is({selector} div)");
            let next = cost(&selector);
            assert!(next >= last.saturating_mul(10), "{selector}");
            last = next;
        }
        assert_eq!(last, u64::MAX);
        assert!(cost(":not(a b):where(c d) e") > cost("a b c d e"));
    }
}
