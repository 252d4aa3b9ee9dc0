//! What a field of a page says, or why it says nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What all fields of a definition say, by their names.
pub type Results = BTreeMap<String, Outcome>;

/// The most bytes of one value.
pub(crate) const MAX_VALUE_BYTES: usize = 10 * 1024;

/// The most values of a field that takes all.
pub(crate) const MAX_ITEMS: usize = 1_000;

/// The most bytes of all values of a page together.
pub(crate) const MAX_RESULT_BYTES: usize = 1024 * 1024;

/// What one field says: a value, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The field was found.
    Value(Value),
    /// The field was not found, or isn't what its type asks for.
    Missing(Missing),
}

impl Outcome {
    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing(_) => None,
        }
    }
}

/// One value, or all of them for a field that takes all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// The first that was found.
    One(Item),
    /// All that were found, in the order of the page.
    All(Vec<Item>),
}

impl Value {
    /// The number of a field that takes one number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::One(Item::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The items, which are one unless the field takes all.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::All(items) => items,
        }
    }
}

/// A single value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    /// Of a field of the type `number`; finite.
    Number(f64),
    /// Of a field of another type: the text itself; a time in RFC 3339 in UTC, or a day as `2026-05-01`; an absolute
    /// URL.
    Text(String),
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Why a field has no value: a stable code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Stable and machine-readable, such as `not_found`.
    pub code: Cow<'static, str>,
    /// Says what was looked for and what was there instead.
    pub message: String,
}

impl Missing {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            message: message.into(),
        }
    }
}

/// `text` in quotes for a message, cut where it would make the message long.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
