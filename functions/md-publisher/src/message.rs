//! What a commit says.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use publishing::site::Source;
use site_target::{Difference, Head};

use crate::kept::Versions;
use crate::outcome::Seen;

/// How many files a message names.
const MOST_NAMED: usize = 20;
/// The most characters of a line.
const MAX_LINE: usize = 200;

/// What is otherwise than in the last commit.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What the site is made of now.
    pub(crate) published: Versions,
    lines: Vec<Line>,
}

/// A file and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Added(String),
    Modified(String),
    Renamed(String, String),
    Removed(String),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(file) => write!(f, "A {file}"),
            Self::Modified(file) => write!(f, "M {file}"),
            Self::Renamed(from, to) => write!(f, "R {from} -> {to}"),
            Self::Removed(file) => write!(f, "D {file}"),
        }
    }
}

impl Changes {
    /// Compares what the last commit was made of with the folder as it was seen.
    pub(crate) fn between(before: &Versions, folder: &[Source], seen: &Seen) -> Self {
        let hidden: BTreeSet<&str> = seen.not_published().collect();
        let published = folder.iter().filter(|source| {
            !hidden.contains(source.path.as_str()) && !is_never_published(&source.path)
        });
        let published: Versions = published
            .map(|source| (source.path.clone(), source.version.clone()))
            .collect();
        Self {
            lines: compare(before, &published),
            published,
        }
    }

    /// The message of a commit of `difference`.
    pub(crate) fn message(&self, difference: &Difference, head: &Head) -> String {
        if self.lines.is_empty() {
            // The same files make another site: it was set up otherwise, or what makes it is another version.
            return of_files(difference, head);
        }
        let title = match self.lines.as_slice() {
            [Line::Added(file) | Line::Modified(file)] => format!("Publish {file}"),
            [Line::Renamed(from, to)] => format!("Rename {from} to {to}"),
            [Line::Removed(file)] => format!("Remove {file}"),
            lines => {
                let removed = lines.iter().filter(|line| matches!(line, Line::Removed(_)));
                let removed = removed.count();
                match (lines.len() - removed, removed) {
                    (0, removed) => format!("Remove {}", files(removed)),
                    (published, 0) => format!("Publish {}", files(published)),
                    (published, removed) => {
                        format!("Publish {}, remove {removed}", files(published))
                    }
                }
            }
        };
        text(&title, &self.lines)
    }
}

/// What is named so is not part of the site, but templates are.
fn is_never_published(path: &str) -> bool {
    !path.starts_with("_theme/") && path.split('/').any(|part| part.starts_with(['.', '_']))
}

fn compare(before: &Versions, after: &Versions) -> Vec<Line> {
    let mut removed: Vec<_> = before
        .iter()
        .filter(|(path, _)| !after.contains_key(*path))
        .collect();
    let mut lines = Vec::new();
    for (path, version) in after {
        match before.get(path) {
            Some(known) if known == version => {}
            Some(_) => lines.push(Line::Modified(path.clone())),
            None => match removed.iter().position(|(_, known)| *known == version) {
                Some(place) => {
                    let (from, _) = removed.remove(place);
                    lines.push(Line::Renamed(from.clone(), path.clone()));
                }
                None => lines.push(Line::Added(path.clone())),
            },
        }
    }
    lines.extend(
        removed
            .into_iter()
            .map(|(path, _)| Line::Removed(path.clone())),
    );
    lines
}

fn of_files(difference: &Difference, head: &Head) -> String {
    let written = difference.additions.keys().map(|path| {
        let path = path.to_string();
        if head.files.contains_key(&path) {
            Line::Modified(path)
        } else {
            Line::Added(path)
        }
    });
    let removed = difference.deletions.iter();
    let removed = removed.map(|path| Line::Removed(path.to_string()));
    let lines: Vec<_> = written.chain(removed).collect();
    text(&format!("Update {}", files(lines.len())), &lines)
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}

fn text(title: &str, lines: &[Line]) -> String {
    let mut text = format!("{}\n\n", plain(title));
    for line in lines.iter().take(MOST_NAMED) {
        text.push_str(&plain(&line.to_string()));
        text.push('\n');
    }
    if let Some(more) = lines.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more");
    }
    text
}

/// A line without what is not seen or ends it, and no longer than a line is.
pub(crate) fn plain(line: &str) -> String {
    let is_seen = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let line: String = line.chars().filter(is_seen).collect();
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use domain::site::{BlobId, SitePath};

    use super::*;

    fn versions(files: &[(&str, &str)]) -> Versions {
        let files = files.iter();
        files
            .map(|(path, version)| ((*path).to_owned(), (*version).to_owned()))
            .collect()
    }

    fn message(before: &[(&str, &str)], after: &[(&str, &str)]) -> String {
        let lines = compare(&versions(before), &versions(after));
        let changes = Changes {
            published: Versions::new(),
            lines,
        };
        changes.message(&Difference::default(), &Head::default())
    }

    #[test]
    fn one_file_is_named_in_the_first_line() {
        let message = |before, after| {
            let text = message(before, after);
            text.lines().next().unwrap().to_owned()
        };
        assert_eq!(message(&[], &[("a.md", "1")]), "Publish a.md");
        assert_eq!(message(&[("a.md", "1")], &[("a.md", "2")]), "Publish a.md");
        assert_eq!(message(&[("a.md", "1")], &[]), "Remove a.md");
        assert_eq!(
            message(&[("a.md", "1")], &[("b.md", "1")]),
            "Rename a.md to b.md"
        );
    }

    #[test]
    fn several_files_are_counted_and_listed() {
        let before = [("a", "1"), ("b", "2"), ("c", "3"), ("same", "4")];
        let after = [("a", "9"), ("d", "2"), ("e", "5"), ("same", "4")];
        let expected = "Publish 3 files, remove 1\n\nM a\nR b -> d\nA e\nD c\n";
        assert_eq!(message(&before, &after), expected);
        assert!(message(&before, &[("same", "4")]).starts_with("Remove 3 files\n"));
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (10..32).map(|number| number.to_string()).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let text = message(&[], &files);
        assert!(text.starts_with("Publish 22 files\n\nA 10\n"), "{text}");
        assert!(text.ends_with("A 29\nand 2 more\n"), "{text}");
    }

    #[test]
    fn no_name_of_a_file_makes_a_line_of_its_own() {
        let name = "a\n\nSigned-off-by: x\u{202e}.md";
        let text = message(&[], &[(name, "1")]);
        let expected = "Publish aSigned-off-by: x.md\n\nA aSigned-off-by: x.md\n";
        assert_eq!(text, expected);
        let long = "ü".repeat(500);
        let text = message(&[], &[(&long, "1")]);
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= MAX_LINE + 1)
        );
    }

    #[test]
    fn a_site_that_was_set_up_otherwise_names_what_is_written() {
        let path = |path: &str| SitePath::parse(path).unwrap();
        let id = BlobId::of(b"");
        let difference = Difference {
            additions: [(path("a.html"), id), (path("b.html"), id)].into(),
            deletions: [path("c.html")].into(),
            ..Difference::default()
        };
        let head = Head {
            files: [("a.html".to_owned(), id)].into(),
            ..Head::default()
        };
        let text = Changes::default().message(&difference, &head);
        assert_eq!(text, "Update 3 files\n\nM a.html\nA b.html\nD c.html\n");
    }

    #[test]
    fn drafts_and_hidden_files_are_no_part_of_a_site() {
        for path in [".DS_Store", "a/.git/x", "_drafts/a.md"] {
            assert!(is_never_published(path), "{path}");
        }
        for path in ["a.md", "_theme/page.html", "a/b_c.md"] {
            assert!(!is_never_published(path), "{path}");
        }
    }
}
