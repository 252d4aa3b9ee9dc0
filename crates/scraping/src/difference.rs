//! What changed between two results.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use similar::TextDiff;

use crate::value::quoted;
use crate::{Item, Results, Value};

/// The most lines of a text for which changes are looked for line by line; the work grows with their square.
const MAX_LINES: usize = 2_000;

/// The most bytes of a unified difference.
const MAX_DIFF_BYTES: usize = 4 * 1024;

/// The longest text that is shown whole, before and after.
const SHORT_BYTES: usize = 60;

/// The lines around a change that are shown with it.
const CONTEXT_LINES: usize = 1;

/// A field that says something else than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name.
    pub field: String,
    /// What it said; none if it was missing.
    pub before: Option<Value>,
    /// What it says; none if it is missing.
    pub after: Option<Value>,
    /// For long texts and lists, the lines that went and came, in the unified format without its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// The fields that say something else, by name. A field that is missing for another reason than before has not changed.
#[must_use]
pub fn difference(before: &Results, after: &Results) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changes = names.into_iter().filter_map(|name| {
        let value = |results: &Results| {
            results
                .get(name)
                .and_then(|outcome| outcome.value().cloned())
        };
        let (was, is) = (value(before), value(after));
        (was != is).then(|| Change {
            field: name.clone(),
            diff: was
                .as_ref()
                .zip(is.as_ref())
                .and_then(|(was, is)| diff(was, is)),
            before: was,
            after: is,
        })
    });
    changes.collect()
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::One(Item::Number(_)) => true,
        Value::One(Item::Text(text)) => text.len() <= SHORT_BYTES && !text.contains('\n'),
        Value::All(_) => false,
    }
}

fn lines(value: &Value) -> String {
    let mut lines = String::new();
    for item in value.items() {
        lines.push_str(&item.to_string());
        lines.push('\n');
    }
    lines
}

fn diff(was: &Value, is: &Value) -> Option<String> {
    if is_short(was) && is_short(is) {
        return None;
    }
    let (was, is) = (lines(was), lines(is));
    let (gone, come) = (was.lines().count(), is.lines().count());
    if gone.max(come) > MAX_LINES {
        return Some(format!("{gone} lines before, {come} lines after\n"));
    }
    let diff = TextDiff::from_lines(was.as_str(), is.as_str());
    let mut text = diff
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .to_string();
    if text.len() > MAX_DIFF_BYTES {
        text.truncate(text.floor_char_boundary(MAX_DIFF_BYTES));
        text.push_str("…\n");
    }
    Some(text)
}

/// A line for a person, or more with the difference: `price: 14.9 → 12.9`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after, &self.diff) {
            (_, _, Some(diff)) => write!(f, "{}:\n{}", self.field, diff.trim_end()),
            (Some(was), Some(is), None) => {
                write!(f, "{}: {} → {}", self.field, Short(was), Short(is))
            }
            (None, Some(is), None) => write!(f, "{}: {} (was missing)", self.field, Short(is)),
            (was, None, None) => {
                write!(f, "{}: missing", self.field)?;
                was.as_ref()
                    .map_or(Ok(()), |was| write!(f, " (was {})", Short(was)))
            }
        }
    }
}

struct Short<'a>(&'a Value);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::One(Item::Number(number)) => write!(f, "{number}"),
            Value::One(Item::Text(text)) => {
                f.write_str(&quoted(text.lines().next().unwrap_or_default()))
            }
            Value::All(items) => write!(f, "{} values", items.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{Missing, Outcome};

    fn text(text: &str) -> Outcome {
        Outcome::Value(Value::One(Item::Text(text.to_owned())))
    }

    fn number(number: f64) -> Outcome {
        Outcome::Value(Value::One(Item::Number(number)))
    }

    fn list(items: &[&str]) -> Outcome {
        let items = items.iter().map(|item| Item::Text((*item).to_owned()));
        Outcome::Value(Value::All(items.collect()))
    }

    fn missing(code: &'static str) -> Outcome {
        Outcome::Missing(Missing {
            code: Cow::Borrowed(code),
            message: String::new(),
        })
    }

    fn changes(before: Outcome, after: Outcome) -> Vec<String> {
        let results = |outcome| Results::from([("f".to_owned(), outcome)]);
        let changes = difference(&results(before), &results(after));
        changes.iter().map(Change::to_string).collect()
    }

    #[test]
    fn what_is_the_same_has_not_changed() {
        assert!(changes(number(1.5), number(1.5)).is_empty());
        assert!(changes(list(&["a", "b"]), list(&["a", "b"])).is_empty());
        assert!(changes(missing("not_found"), missing("not_a_number")).is_empty());
    }

    #[test]
    fn short_values_are_shown_whole() {
        assert_eq!(changes(number(14.9), number(12.9)), ["f: 14.9 → 12.9"]);
        assert_eq!(changes(text("old"), text("new")), ["f: \"old\" → \"new\""]);
    }

    #[test]
    fn what_comes_and_goes_is_told() {
        assert_eq!(
            changes(missing("not_found"), number(1.0)),
            ["f: 1 (was missing)"]
        );
        assert_eq!(
            changes(number(1.0), missing("not_found")),
            ["f: missing (was 1)"]
        );
        let new = difference(
            &Results::new(),
            &Results::from([("f".to_owned(), number(1.0))]),
        );
        assert_eq!(new.len(), 1, "a field that is new to the definition");
    }

    #[test]
    fn lists_and_long_texts_are_compared_line_by_line() {
        let changes = changes(
            list(&["a", "b", "c", "d", "e"]),
            list(&["a", "b", "c", "x", "e"]),
        );
        assert_eq!(changes, ["f:\n@@ -3,3 +3,3 @@\n c\n-d\n+x\n e"]);
    }

    #[test]
    fn a_difference_stays_small() {
        let long = |word: &str| text(&format!("{word}\n").repeat(1_000));
        let changes = changes(long("before"), long("after"));
        assert!(
            changes[0].len() < MAX_DIFF_BYTES + 20,
            "{}",
            changes[0].len()
        );
        assert!(changes[0].ends_with('…'));
    }

    #[test]
    fn texts_of_too_many_lines_are_counted() {
        let long = |word: &str| text(&format!("{word}\n").repeat(MAX_LINES + 1));
        assert_eq!(
            changes(long("b"), long("a")),
            ["f:\n2002 lines before, 2002 lines after"]
        );
    }
}
