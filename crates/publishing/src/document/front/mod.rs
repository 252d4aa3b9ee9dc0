//! The front matter of a file.

mod date;
mod fields;
mod value;

use domain::site::Report;

use super::FrontMatter;
use super::reports::Reports;
pub(crate) use date::of_name as date_of_name;

/// The most bytes of front matter.
const MAX_BYTES: usize = 64 * 1024;
/// What a field of a file that hides or dates it may be called: such a line says that front matter is meant.
const KNOWN: [&str; 10] = [
    "title",
    "date",
    "updated",
    "draft",
    "slug",
    "tags",
    "description",
    "image",
    "aliases",
    "lastmod",
];

/// What language it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Yaml,
    Toml,
}

/// Front matter as it stands in the file, without the lines around it.
#[derive(Debug, Clone, Copy)]
struct Block<'a> {
    language: Language,
    text: &'a str,
    /// Where the rest of the file starts.
    end: usize,
}

/// Reads the front matter of a file, and says where the rest of the file starts.
///
/// # Errors
/// Why the file is left out: what it says can't be read, or it can't be told when it is to be published.
pub(super) fn read(text: &str, reports: &mut Reports) -> Result<(FrontMatter, usize), Report> {
    let refused =
        |line, message: String| Err(reports.refusal(Some(line), "bad_front_matter", message));
    let block = match find(text) {
        Ok(Some(block)) => block,
        Ok(None) => return Ok((FrontMatter::default(), 0)),
        Err(language) => {
            let mark = mark(language);
            return refused(
                1,
                format!("the front matter doesn't end: a line with {mark} is missing"),
            );
        }
    };
    if block.text.len() > MAX_BYTES {
        return refused(1, "the front matter has more than 64 KiB".to_owned());
    }
    let parsed = match block.language {
        Language::Yaml => value::yaml(block.text),
        Language::Toml => value::toml(block.text),
    };
    match parsed {
        Ok(found) => Ok((fields::read(found, block.text, reports)?, block.end)),
        // The first line of the file is the mark.
        Err((line, message)) => refused(
            line + 1,
            format!("the front matter can't be read: {message}"),
        ),
    }
}

fn mark(language: Language) -> &'static str {
    match language {
        Language::Yaml => "---",
        Language::Toml => "+++",
    }
}

/// The front matter, where there is any; the language of one that has no end.
fn find(text: &str) -> Result<Option<Block<'_>>, Language> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let language = match first.trim_end() {
        "---" => Language::Yaml,
        "+++" => Language::Toml,
        _ => return Ok(None),
    };
    let start = text.len() - rest.len();
    let mut place = start;
    for line in rest.split_inclusive('\n') {
        let end = place + line.len();
        let said = line.trim_end();
        if said == mark(language) || language == Language::Yaml && said == "..." {
            let inner = text.get(start..place).unwrap_or_default();
            let meant = language == Language::Toml || is_empty(inner) || is_meant(inner, language);
            return Ok(meant.then_some(Block {
                language,
                text: inner,
                end,
            }));
        }
        place = end;
    }
    if is_meant(rest, language) {
        Err(language)
    } else {
        Ok(None)
    }
}

fn is_empty(text: &str) -> bool {
    text.lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// Whether a text after `---` is front matter, and not what comes after a thematic break: its first line is a field, or one near it
/// is a field that we know.
fn is_meant(text: &str, language: Language) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .take(50);
    let first = lines.next().and_then(|line| field(line, language));
    let known = |line| {
        field(line, language).is_some_and(|name| KNOWN.contains(&name.to_lowercase().as_str()))
    };
    first.is_some() || lines.any(known)
}

/// The name of the field that stands in a line.
fn field(line: &str, language: Language) -> Option<&str> {
    let sign = match language {
        Language::Yaml => ':',
        Language::Toml => '=',
    };
    let (name, value) = line.split_once(sign)?;
    let name = name.trim_end().trim_matches(['"', '\'']);
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '.');
    let is_field = language == Language::Toml || value.is_empty() || value.starts_with([' ', '\t']);
    (is_name && is_field).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_no_front_matter() {
        for text in [
            "",
            "---",
            "---\n",
            "text\n---\ntitle: a\n---\n",
            "---\n\nA paragraph.\n\n---\n\nAnother.",
            "--- x\ntitle: a\n---\n",
            "***\ntitle: a\n",
        ] {
            assert!(matches!(find(text), Ok(None)), "{text:?}");
        }
    }

    #[test]
    fn an_end_that_is_missing_is_seen() {
        assert!(matches!(find("---\ntitle: a\n"), Err(Language::Yaml)));
        assert!(matches!(
            find("---\n- x\ndraft: true\n\ntext"),
            Err(Language::Yaml)
        ));
        assert!(matches!(find("+++\ntitle = 1\n"), Err(Language::Toml)));
    }

    #[test]
    fn the_rest_starts_after_the_mark() {
        for text in [
            "---\na: 1\n---\nrest",
            "---  \na: 1\n...\nrest",
            "---\n---\nrest",
            "+++\na = 1\n+++\nrest",
        ] {
            let block = find(text).unwrap().unwrap();
            assert_eq!(&text[block.end..], "rest", "{text:?}");
        }
    }
}
