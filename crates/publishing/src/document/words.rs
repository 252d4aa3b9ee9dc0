//! The plain words of a file.

/// The most bytes of the words that are kept for the search.
const MAX_TEXT: usize = 20_000;
/// The most characters of a summary.
const MAX_SUMMARY: usize = 300;

/// Gathers the words of a file.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: Line,
    first: Line,
    /// Whether the first paragraph is being read; none when it was.
    in_first: Option<bool>,
    has_first: bool,
}

impl Words {
    /// Adds words.
    pub fn add(&mut self, words: &str) {
        self.text.add(words, MAX_TEXT);
        if self.in_first == Some(true) {
            self.first.add(words, MAX_SUMMARY * 4 + 4);
        }
    }

    /// Parts what was from what comes.
    pub fn part(&mut self) {
        self.text.part();
        if self.in_first == Some(true) {
            self.first.part();
        }
    }

    /// A paragraph of the text itself starts.
    pub fn paragraph(&mut self) {
        if !self.has_first {
            self.in_first = Some(true);
        }
    }

    /// A paragraph ends.
    pub fn end_paragraph(&mut self) {
        if self.in_first.take().is_some() && !self.first.text.is_empty() {
            self.has_first = true;
        }
    }

    /// All words, and the summary.
    pub fn finish(self) -> (String, String) {
        (self.text.text, summary(&self.first.text))
    }
}

/// At most as many characters as a summary has, cut between words.
pub(super) fn summary(text: &str) -> String {
    let Some((place, _)) = text.char_indices().nth(MAX_SUMMARY) else {
        return text.to_owned();
    };
    let cut = text.get(..place).unwrap_or_default();
    let short = |cut: &str, count: usize| cut.chars().count() >= count;
    match cut.rsplit_once(' ') {
        Some((words, _)) if short(words, MAX_SUMMARY / 2) => format!("{words}…"),
        // One very long word, or a script that has no spaces.
        _ => cut.chars().take(MAX_SUMMARY - 1).collect::<String>() + "…",
    }
}

/// Words with one space between them.
#[derive(Debug, Default)]
struct Line {
    text: String,
    parted: bool,
}

impl Line {
    fn part(&mut self) {
        self.parted = true;
    }

    fn add(&mut self, words: &str, most: usize) {
        for c in words.chars() {
            if c.is_whitespace() || c.is_control() {
                self.parted = true;
                continue;
            }
            let space = self.parted && !self.text.is_empty();
            if self.text.len() + usize::from(space) + c.len_utf8() > most {
                return;
            }
            if space {
                self.text.push(' ');
            }
            self.parted = false;
            self.text.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_one_space() {
        let mut words = Words::default();
        words.paragraph();
        words.add(" a\n\tb");
        words.part();
        words.add("c ");
        words.end_paragraph();
        words.part();
        words.paragraph();
        words.add("d");
        assert_eq!(words.finish(), ("a b c d".into(), "a b c".into()));
    }

    #[test]
    fn texts_are_bounded_at_a_character() {
        let mut words = Words::default();
        words.add(&"ü".repeat(MAX_TEXT));
        words.add("x");
        let (text, _) = words.finish();
        assert_eq!(text.len(), MAX_TEXT);
    }

    #[test]
    fn summaries_are_cut_between_words() {
        assert_eq!(summary("short"), "short");
        let cut = summary(&"word ".repeat(100));
        assert!(
            cut.ends_with("word…") && cut.chars().count() <= MAX_SUMMARY,
            "{cut}"
        );
        assert_eq!(summary(&"語".repeat(400)).chars().count(), MAX_SUMMARY);
        assert_eq!(summary(&"a".repeat(MAX_SUMMARY)).len(), MAX_SUMMARY);
    }
}
