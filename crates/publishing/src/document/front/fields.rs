//! From what the fields say to what they mean.

use domain::Timestamp;
use domain::site::Report;

use super::super::FrontMatter;
use super::super::reports::Reports;
use super::date;
use super::value::{Fields, MAX_LIST, Value};

/// The most characters of a slug.
const MAX_SLUG: usize = 100;

/// A reader of the fields of one file.
struct Reader<'a> {
    text: &'a str,
    reports: &'a mut Reports,
}

/// Reads the fields. What can't be read is passed over and reported.
///
/// # Errors
/// Where it can't be told whether or when the file is to be published: publishing too early can't be undone.
pub(super) fn read(
    fields: Fields,
    text: &str,
    reports: &mut Reports,
) -> Result<FrontMatter, Report> {
    let mut reader = Reader { text, reports };
    let mut front = FrontMatter::default();
    for (name, value) in fields {
        match name.as_str() {
            "date" => front.date = Some(reader.publish_date(&value)?),
            "draft" => front.draft = reader.draft(&value)?,
            "title" => front.title = reader.line_of_text(&name, value),
            "description" => front.description = reader.line_of_text(&name, value),
            "image" => front.image = reader.line_of_text(&name, value),
            "slug" => front.slug = reader.slug(value),
            "tags" => front.tags = reader.tags(value),
            "aliases" => front.aliases = reader.list(&name, value),
            "updated" => front.updated = reader.updated(&name, &value),
            // What other generators call a draft. What else they say by it is no matter here.
            "published" | "publish" if matches!(value, Value::Bool(false)) => front.draft = true,
            // Hugo's name for it.
            "lastmod" if front.updated.is_none() => front.updated = reader.updated(&name, &value),
            _ => {}
        }
    }
    Ok(front)
}

impl Reader<'_> {
    /// The line of the file that a field stands in.
    fn line(&self, name: &str) -> Option<u32> {
        let place = self
            .text
            .lines()
            .position(|line| rest_of(line, name).is_some())?;
        // The file's first line is the mark, and lines count from 1.
        u32::try_from(place + 2).ok()
    }

    fn wrong(&mut self, name: &str, right: &str) {
        let message = format!("`{name}` can't be read and is passed over: it has to be {right}");
        let line = self.line(name);
        self.reports.add(line, "bad_field", message);
    }

    fn refusal(&self, name: &str, right: &str) -> Report {
        let message = format!(
            "`{name}` can't be read: it has to be {right}. The file is left out, so that nothing is published too early"
        );
        self.reports
            .refusal(self.line(name), "bad_front_matter", message)
    }

    fn publish_date(&self, value: &Value) -> Result<Timestamp, Report> {
        time(value).ok_or_else(|| self.refusal("date", "like 2026-11-23 or 2026-11-23T12:30:00Z"))
    }

    fn updated(&mut self, name: &str, value: &Value) -> Option<Timestamp> {
        let time = time(value);
        if time.is_none() && *value != Value::Null {
            self.wrong(name, "like 2026-11-23 or 2026-11-23T12:30:00Z");
        }
        time
    }

    fn draft(&self, value: &Value) -> Result<bool, Report> {
        let word = match value {
            Value::Bool(draft) => return Ok(*draft),
            Value::Text(word) => word.trim().to_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "true" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(self.refusal("draft", "true or false")),
        }
    }

    fn line_of_text(&mut self, name: &str, value: Value) -> Option<String> {
        let text = match value {
            Value::Null => None,
            Value::Text(text) => Some(text),
            Value::Bool(truth) => Some(truth.to_string()),
            // What was written, since 1.10 is another version than 1.1.
            Value::Float(text) => Some(self.as_written(name).unwrap_or(text)),
            Value::List(_) | Value::Other => {
                self.wrong(name, "a line of text");
                None
            }
        };
        text.map(|text| one_line(&text))
            .filter(|text| !text.is_empty())
    }

    fn as_written(&self, name: &str) -> Option<String> {
        let written = self.text.lines().find_map(|line| rest_of(line, name))?;
        let written = written.split('#').next().unwrap_or_default().trim();
        let plain = written
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        (plain && !written.is_empty()).then(|| written.to_owned())
    }

    fn list(&mut self, name: &str, value: Value) -> Vec<String> {
        let values = match value {
            Value::List(values) => values,
            value => vec![value],
        };
        if values.len() >= MAX_LIST {
            let message =
                format!("`{name}` has more than {MAX_LIST} entries: the rest is passed over");
            let line = self.line(name);
            self.reports.add(line, "bad_field", message);
        }
        let mut list: Vec<String> = Vec::new();
        let mut wrong = false;
        for value in values {
            let text = match value {
                Value::Text(text) | Value::Float(text) => one_line(&text),
                Value::Bool(truth) => truth.to_string(),
                Value::Null => continue,
                Value::List(_) | Value::Other => {
                    wrong = true;
                    continue;
                }
            };
            if !text.is_empty() && !list.contains(&text) {
                list.push(text);
            }
        }
        if wrong {
            self.wrong(name, "words or a list of words");
        }
        list
    }

    /// A list, or words with commas between them.
    fn tags(&mut self, value: Value) -> Vec<String> {
        match value {
            Value::Text(text) if text.contains(',') => {
                let parts = text.split(',').take(MAX_LIST);
                let parts = parts.map(|part| Value::Text(part.to_owned())).collect();
                self.list("tags", Value::List(parts))
            }
            value => self.list("tags", value),
        }
    }

    fn slug(&mut self, value: Value) -> Option<String> {
        let written = self.line_of_text("slug", value)?;
        let slug = slug(&written);
        if slug.as_deref() != Some(written.as_str()) {
            let line = self.line("slug");
            let message = match &slug {
                Some(slug) => format!("the slug is not fit for an address and became `{slug}`"),
                None => "the slug has no letter and no digit, and is passed over".to_owned(),
            };
            self.reports.add(line, "slug_changed", message);
        }
        slug
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Text(text) => date::parse(text),
        _ => None,
    }
}

/// What follows a field's name and its sign, where the line is that field's.
fn rest_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let line = line.trim_start_matches(['"', '\'']);
    let (start, rest) = line.split_at_checked(name.len())?;
    let rest = rest.trim_start_matches(['"', '\'']).trim_start();
    let rest = rest.strip_prefix([':', '='])?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}

/// With one space for each white space or control character in a row.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The words of a slug with dashes between them.
fn slug(text: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;

    let mut slug = String::new();
    for c in text.nfc().take(MAX_SLUG) {
        if c.is_alphanumeric() || is_combining_mark(c) || c == '_' || c == '.' {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches(['-', '.', '_']);
    domain::site::FileName::parse(slug)
        .is_ok()
        .then(|| slug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn one(name: &str, value: Value) -> (Result<FrontMatter, Report>, Vec<Report>) {
        let mut reports = Reports::new("a.md");
        let front = read(
            vec![(name.to_owned(), value)],
            &format!("other: 1\n{name}: x\n"),
            &mut reports,
        );
        (front, reports.finish())
    }

    #[test]
    fn drafts_are_known_in_many_words() {
        for (value, draft) in [
            (Value::Bool(true), true),
            (text("yes"), true),
            (text(" True "), true),
            (text("no"), false),
            (Value::Bool(false), false),
        ] {
            assert_eq!(
                one("draft", value.clone()).0.unwrap().draft,
                draft,
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_file_that_may_be_too_early_is_left_out() {
        for name in ["draft", "date"] {
            for value in [
                text("maybe"),
                Value::Null,
                Value::Other,
                Value::List(vec![]),
                Value::Float("1.5".into()),
            ] {
                let report = one(name, value.clone()).0.unwrap_err();
                assert!(report.left_out, "{name} {value:?}");
                assert_eq!(report.line, Some(3), "{name} {value:?}");
                assert_eq!(report.code, "bad_front_matter");
            }
        }
    }

    #[test]
    fn another_field_that_is_wrong_is_told_with_its_line() {
        for name in [
            "title",
            "description",
            "image",
            "slug",
            "tags",
            "aliases",
            "updated",
        ] {
            let (front, reports) = one(name, Value::Other);
            assert_eq!(front.unwrap(), FrontMatter::default(), "{name}");
            assert_eq!(reports.len(), 1, "{name}");
            assert_eq!(reports[0].line, Some(3), "{name}");
            assert!(!reports[0].left_out, "{name}");
        }
    }

    #[test]
    fn tags_are_a_word_words_or_a_list() {
        for (value, tags) in [
            (text("rust"), vec!["rust"]),
            (text("rust, web ,"), vec!["rust", "web"]),
            (
                Value::List(vec![text("🎉"), text("🎉"), Value::Bool(true), text(" ")]),
                vec!["🎉", "true"],
            ),
            (Value::Null, vec![]),
        ] {
            assert_eq!(
                one("tags", value.clone()).0.unwrap().tags,
                tags,
                "{value:?}"
            );
        }
    }

    #[test]
    fn slugs_are_made_fit_for_addresses() {
        for (written, made, reports) in [
            ("hello-world", Some("hello-world"), 0),
            ("v1.2", Some("v1.2"), 0),
            ("Über uns", Some("über-uns"), 1),
            ("a/../b", Some("a-..-b"), 1),
            ("../../etc", Some("etc"), 1),
            ("🎉", None, 1),
        ] {
            let (front, seen) = one("slug", text(written));
            assert_eq!(front.unwrap().slug.as_deref(), made, "{written}");
            assert_eq!(seen.len(), reports, "{written}");
        }
    }

    #[test]
    fn a_title_is_one_line_as_it_was_written() {
        assert_eq!(
            one("title", text(" a\n b\u{7} "))
                .0
                .unwrap()
                .title
                .as_deref(),
            Some("a b")
        );
        let mut reports = Reports::new("a.md");
        let fields = vec![("title".to_owned(), Value::Float("1.1".into()))];
        let front = read(fields, "title: 1.10 # a version\n", &mut reports).unwrap();
        assert_eq!(front.title.as_deref(), Some("1.10"));
    }
}
