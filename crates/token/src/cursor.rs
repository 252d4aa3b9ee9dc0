//! Cursors of paged lists: opaque, bound to the list that they came from.

use data_encoding::BASE64URL_NOPAD;
use domain::Timestamp;

use crate::{Error, KeySet, mac_matches};

const LABEL: &str = "cursor 1";
const MAC_LENGTH: usize = 32;
const TAG_LENGTH: usize = 8;

/// A cursor that continues `list` (which names the list and whose it is) after `position`.
///
/// # Errors
/// [`Error::NoSigningKey`].
pub fn seal(keys: &KeySet, list: &str, position: &str, now: Timestamp) -> Result<String, Error> {
    let key = keys.signing(now)?;
    let mut bytes = key.tag.to_vec();
    bytes.extend_from_slice(position.as_bytes());
    bytes.extend_from_slice(
        key.mac(LABEL, &[list.as_bytes(), position.as_bytes()])
            .as_ref(),
    );
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// The position in a cursor that [`seal`] made for the same list.
///
/// # Errors
/// [`Error::Invalid`].
pub fn open(keys: &KeySet, list: &str, cursor: &str, now: Timestamp) -> Result<String, Error> {
    let read = || {
        let bytes = BASE64URL_NOPAD
            .decode(cursor.as_bytes())
            .ok()
            .filter(|_| cursor.len() <= 2048)?;
        let (tag, rest) = bytes.split_at_checked(TAG_LENGTH)?;
        let (position, mac) = rest.split_at_checked(rest.len().checked_sub(MAC_LENGTH)?)?;
        let key = keys.tagged(tag, now)?;
        mac_matches(&key.mac(LABEL, &[list.as_bytes(), position]), mac).then_some(())?;
        String::from_utf8(position.to_vec()).ok()
    };
    read().ok_or(Error::Invalid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::{at, keys};

    proptest! {
        #[test]
        fn a_cursor_leads_on_in_its_own_list_only(position in "\\PC{0,60}", list in "[a-z#]{1,20}", other in "[a-z#]{1,20}") {
            let keys = keys();
            let cursor = seal(&keys, &list, &position, at(0)).unwrap();
            prop_assert_eq!(open(&keys, &list, &cursor, at(0)).unwrap(), position);
            prop_assert_eq!(open(&keys, &other, &cursor, at(0)).is_ok(), other == list);
        }

        #[test]
        fn an_altered_cursor_is_refused(index in 0usize..120, replacement in "[A-Za-z0-9_-]") {
            let keys = keys();
            let cursor = seal(&keys, "sessions", "position", at(0)).unwrap();
            let mut altered = cursor.clone();
            let index = index % cursor.len();
            altered.replace_range(index..=index, &replacement);
            prop_assert_eq!(open(&keys, "sessions", &altered, at(0)).is_ok(), altered == cursor);
        }

        #[test]
        fn any_text_is_refused(text in "\\PC{0,200}") {
            prop_assert!(open(&keys(), "sessions", &text, at(0)).is_err());
        }
    }
}
