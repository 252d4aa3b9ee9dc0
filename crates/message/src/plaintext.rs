//! What a message says.

use std::fmt;

use zeroize::Zeroizing;

/// The content of an opened message. It is overwritten when it is dropped, and can't be printed.
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The same without the zero bytes at its end, for a message whose sender said that they are padding.
    #[must_use]
    pub fn without_padding(mut self) -> Self {
        let end = self.0.iter().rposition(|byte| *byte != 0);
        self.0.truncate(end.map_or(0, |last| last + 1));
        self
    }

    /// The content: text or not.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plaintext(bytes: &[u8]) -> Plaintext {
        Plaintext::new(Zeroizing::new(bytes.to_vec()))
    }

    #[test]
    fn only_the_zero_bytes_at_the_end_are_padding() {
        for (padded, bare) in [
            (&b"a\0b\0\0"[..], &b"a\0b"[..]),
            (b"\0\0", b""),
            (b"", b""),
            (b"\0a", b"\0a"),
        ] {
            assert_eq!(
                plaintext(padded).without_padding().as_bytes(),
                bare,
                "{padded:?}"
            );
        }
    }

    #[test]
    fn no_content_is_printed() {
        assert_eq!(format!("{:?}", plaintext(b"at noon")), "Plaintext(…)");
    }

    proptest! {
        #[test]
        fn a_text_comes_back_whatever_padding_it_has(text in "[^\0]*", zeros in 0..2_000_usize) {
            let mut padded = text.clone().into_bytes();
            padded.resize(padded.len() + zeros, 0);
            let bare = plaintext(&padded).without_padding();
            prop_assert_eq!(bare.as_bytes(), text.as_bytes());
        }
    }
}
