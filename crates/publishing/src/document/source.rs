//! The bytes of a file as text, and where its lines are.

use std::borrow::Cow;

/// The most bytes of a Markdown file.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// The text of a file: without a byte order mark, lines ended by `\n`.
///
/// # Errors
/// What is wrong, and its line where there is one.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, (Option<u32>, &'static str)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        return Err((
            Some(line_at(bytes, zero)),
            "is no text: it has a zero byte. Save it as text in UTF-8",
        ));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(lines(text)),
        Err(error) => Err((
            Some(line_at(bytes, error.valid_up_to())),
            "is not in UTF-8 from this line on. Save it as text in UTF-8",
        )),
    }
}

fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

fn line_at(bytes: &[u8], place: usize) -> u32 {
    let before = bytes.get(..place).unwrap_or(bytes);
    number(before.split(|byte| *byte == b'\n').count() - 1)
}

/// From the number of lines before to a line's number.
fn number(before: usize) -> u32 {
    u32::try_from(before).map_or(u32::MAX, |before| before.saturating_add(1))
}

/// Where the lines of a text start.
#[derive(Debug)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(place, _)| place).collect())
    }

    /// The line of a place in the text, from 1.
    pub fn at(&self, place: usize) -> u32 {
        number(self.0.partition_point(|end| *end < place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_are_made_one() {
        assert_eq!(text(b"\xef\xbb\xbfa\r\nb\rc").unwrap(), "a\nb\nc");
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        assert_eq!(text(b"a\nb\xff").unwrap_err().0, Some(2));
        assert_eq!(text(b"\x89PNG\r\n\x1a\n\0\0").unwrap_err().0, Some(3));
        assert!(text(b"\xff\xfea\0").is_err(), "UTF-16");
    }

    #[test]
    fn places_have_lines() {
        let lines = Lines::new("a\nb\n\nc");
        let seen: Vec<u32> = [0, 1, 2, 3, 4, 5, 9]
            .iter()
            .map(|place| lines.at(*place))
            .collect();
        assert_eq!(seen, [1, 1, 2, 2, 3, 4, 4]);
    }
}
