//! JSON Pointers: RFC 6901.

use domain::Invalid;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The most bytes of a pointer.
const MAX_BYTES: usize = 500;

/// A JSON Pointer whose syntax has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// Reads a pointer: empty, or a slash before each step, with `~0` for `~` and `~1` for `/` (RFC 6901 §3).
    ///
    /// # Errors
    /// `too_long`, or `invalid` with the character at which it goes wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > MAX_BYTES {
            return Err(Invalid::new(
                "too_long",
                format!("must have at most {MAX_BYTES} bytes"),
            ));
        }
        if !text.is_empty() && !text.starts_with('/') {
            return Err(Invalid::new(
                "invalid",
                "at character 1: must begin with '/', or be empty for the whole document",
            ));
        }
        let mut chars = text.chars().zip(1..).peekable();
        while let Some((c, at)) = chars.next() {
            let escaped = chars
                .peek()
                .is_some_and(|(next, _)| matches!(next, '0' | '1'));
            if c == '~' && !escaped {
                return Err(Invalid::new(
                    "invalid",
                    format!(
                        "at character {at}: '~' must be followed by 0 (for '~') or 1 (for '/')"
                    ),
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The pointer as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the pointer leads to.
    pub(crate) fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        document.pointer(&self.0)
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_found() {
        let document = json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8
        });
        for (pointer, expected) in [
            ("/foo", json!(["bar", "baz"])),
            ("/foo/0", json!("bar")),
            ("/", json!(0)),
            ("/a~1b", json!(1)),
            ("/c%d", json!(2)),
            ("/k\"l", json!(6)),
            ("/ ", json!(7)),
            ("/m~0n", json!(8)),
        ] {
            let found = Pointer::parse(pointer).expect("a pointer");
            assert_eq!(found.find(&document), Some(&expected), "{pointer}");
        }
    }

    #[test]
    fn a_bad_pointer_is_refused_with_its_place() {
        for (pointer, place) in [("foo", 1), ("/a~2", 3), ("/ü~", 3)] {
            let refused = Pointer::parse(pointer).expect_err("not a pointer");
            assert!(
                refused
                    .message
                    .starts_with(&format!("at character {place}:")),
                "{pointer}: {refused}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_key_can_be_pointed_at(keys in prop::collection::vec("\\PC{0,8}", 1..5)) {
            let mut document = json!("here");
            let mut text = String::new();
            for key in &keys {
                text = format!("/{}{text}", key.replace('~', "~0").replace('/', "~1"));
                document = Value::Object([(key.clone(), document)].into_iter().collect());
            }
            let pointer = Pointer::parse(&text).expect("a pointer");
            prop_assert_eq!(pointer.find(&document), Some(&json!("here")));
        }
    }
}
