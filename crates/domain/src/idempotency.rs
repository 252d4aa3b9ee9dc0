//! Requests that may come twice and count once.

use crate::Invalid;

/// What makes a repeated request the same request
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a key: 1 to 255 visible ASCII characters.
    ///
    /// # Errors
    /// `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_valid =
            (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(
                "invalid",
                "must be 1 to 255 visible ASCII characters",
            ))
        }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idempotency_key_is_visible_text() {
        assert!(IdempotencyKey::parse("order-17:mail").is_ok());
        for text in ["", " ", "a b", "ä", "a\nb", &"a".repeat(256)] {
            assert!(IdempotencyKey::parse(text).is_err(), "{text:?} was taken");
        }
    }
}
