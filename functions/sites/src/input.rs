//! From a body to a setup.

use domain::site::{Branch, Folder, Link, Repository, Setup, Target, Theme};
use domain::tenant::{BaseUrl, Color};
use domain::{Email, Invalid};
use gateway::{Input, Problem};
use serde_json::Value;

use crate::reader::Object;

/// Reads a setup. A `git` target is taken where `has_git`.
///
/// # Errors
/// 400 with every bad field by its path.
pub(crate) fn read(body: &Value, has_git: bool) -> Result<Setup, Problem> {
    let mut input = Input::new();
    let setup = setup(body, has_git, &mut input);
    input.finish(setup)
}

fn setup(body: &Value, has_git: bool, input: &mut Input) -> Option<Setup> {
    let mut object = Object::of(body, "", input)?;
    let target = if let Some(value) = object.value("target") {
        target(value, has_git, input)
    } else {
        input.refuse("target", Invalid::new("required", "is required"));
        None
    };
    let base_url = object.required("base_url", BaseUrl::parse, input);
    let theme = object
        .value("theme")
        .map_or(Some(Theme::default()), |value| theme(value, input));
    let trusted_authors = object.flag("trusted_authors", input);
    let notify = object.optional("notify", Email::parse, input);
    // What an answer has is taken back as it is.
    object.value("updated_at");
    object.no_others(input);
    Some(Setup {
        target: target?,
        base_url: base_url?,
        theme: theme?,
        trusted_authors,
        notify,
    })
}

fn target(value: &Value, has_git: bool, input: &mut Input) -> Option<Target> {
    let mut object = Object::of(value, "target", input)?;
    let kinds = ["github", "git", "s3"].map(|kind| (kind, object.value(kind)));
    object.no_others(input);
    let mut given = kinds
        .into_iter()
        .filter_map(|(kind, value)| Some((kind, value?)));
    let (Some((kind, value)), None) = (given.next(), given.next()) else {
        let message = "must have exactly one of github, git and s3";
        input.refuse("target", Invalid::new("invalid", message));
        return None;
    };
    let path = object.at(kind);
    let mut within = Object::of(value, &path, input)?;
    let target = match kind {
        "github" => {
            let repository = within.required("repository", Repository::parse, input);
            let branch = within.required("branch", Branch::parse, input);
            let folder = within.optional("folder", Folder::parse, input);
            repository
                .zip(branch)
                .map(|(repository, branch)| Target::Github {
                    repository,
                    branch,
                    folder,
                })
        }
        "git" if !has_git => {
            let message = "is there on a laptop's platform alone";
            input.refuse(&path, Invalid::new("unavailable", message));
            None
        }
        "git" => Some(Target::Git {}),
        _ => Some(Target::S3 {}),
    };
    within.no_others(input);
    target
}

fn theme(value: &Value, input: &mut Input) -> Option<Theme> {
    let mut object = Object::of(value, "theme", input)?;
    let mut text = |key| object.optional(key, |text| Ok(text.to_owned()), input);
    let [title, description, author, language] =
        ["title", "description", "author", "language"].map(&mut text);
    let theme = Theme {
        title,
        description,
        author,
        language,
        accent: object.optional("accent", Color::parse, input),
        links: links(&mut object, input),
        smart_punctuation: object.flag("smart_punctuation", input),
        posts_per_page: posts_per_page(&mut object, input),
    };
    object.no_others(input);
    let checked = theme.checked();
    checked
        .map_err(|faults| {
            for (field, invalid) in faults {
                input.refuse(&format!("theme.{field}"), invalid);
            }
        })
        .ok()
}

/// The links. One that is no link is told of, and keeps its place, because what else is told of them has their numbers.
fn links(theme: &mut Object<'_>, input: &mut Input) -> Vec<Link> {
    let links = match theme.value("links") {
        None => return Vec::new(),
        Some(Value::Array(links)) => links,
        Some(_) => {
            let wrong = Invalid::new("wrong_type", "must be a list");
            input.refuse("theme.links", wrong);
            return Vec::new();
        }
    };
    let link = |(number, link)| {
        let path = format!("theme.links[{number}]");
        let Some(mut link) = Object::of(link, &path, input) else {
            return in_place(None, None);
        };
        let mut text = |key| link.required(key, |text| Ok(text.to_owned()), input);
        let [label, url] = ["label", "url"].map(&mut text);
        link.no_others(input);
        in_place(label, url)
    };
    links.iter().enumerate().map(link).collect()
}

/// A link, with something good in place of what was told of.
fn in_place(label: Option<String>, url: Option<String>) -> Link {
    Link {
        label: label.unwrap_or_else(|| "-".to_owned()),
        url: url.unwrap_or_else(|| "/".to_owned()),
    }
}

fn posts_per_page(theme: &mut Object<'_>, input: &mut Input) -> Option<u32> {
    let value = theme.value("posts_per_page")?;
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    if number.is_none() {
        let wrong = Invalid::new("wrong_type", "must be a whole number");
        input.refuse("theme.posts_per_page", wrong);
    }
    number
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(body: &Value) -> String {
        read(body, false).unwrap_err().to_string()
    }

    #[test]
    fn a_setup_is_read_with_its_defaults() {
        let body = json!({
            "target": {"github": {"repository": "acme/site", "branch": "main"}}, "base_url": "https://acme.example/",
        });
        let setup = read(&body, false).unwrap();
        assert_eq!(setup.base_url.as_str(), "https://acme.example");
        assert_eq!(setup.theme, Theme::default());
        assert!(!setup.trusted_authors && setup.notify.is_none());
    }

    #[test]
    fn what_an_answer_says_can_be_sent_back() {
        let body = json!({
            "target": {"s3": {}}, "base_url": "https://acme.example",
            "theme": {"title": "Acme", "links": [{"label": "About", "url": "/about/"}], "smart_punctuation": true, "posts_per_page": 5},
            "trusted_authors": true, "notify": "a@acme.example", "updated_at": "2026-01-01T00:00:00Z",
        });
        let setup = read(&body, false).unwrap();
        let mut again = serde_json::to_value(&setup).unwrap();
        again["updated_at"] = body["updated_at"].clone();
        assert_eq!(again, body);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_path() {
        let told = refused(&json!({
            "target": {"github": {"repository": "acme", "branch": "a..b", "folder": "../x", "path": "y"}},
            "base_url": "ftp://acme.example",
            "theme": {
                "title": 7, "language": "e n", "accent": "red", "links": [{"label": "x", "url": "javascript:x"}],
                "smart_punctuation": "yes", "posts_per_page": 0, "css": "a{}",
            },
            "trusted_authors": "yes", "notify": "nobody", "trusted": true,
        }));
        for field in [
            "target.github.repository ",
            "target.github.branch ",
            "target.github.folder ",
            "target.github.path ",
            "base_url ",
            "theme.title ",
            "theme.language ",
            "theme.accent ",
            "theme.links[0].url ",
            "theme.smart_punctuation ",
            "theme.posts_per_page ",
            "theme.css ",
            "trusted_authors ",
            "notify ",
            "trusted ",
        ] {
            assert!(told.contains(field), "{field}in {told}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let told = refused(&json!({"target": {"github": {}}}));
        for field in [
            "target.github.repository",
            "target.github.branch",
            "base_url",
        ] {
            let expected = format!("{field} is required");
            assert!(told.contains(&expected), "{expected} in {told}");
        }
        assert!(refused(&json!({})).contains("target is required"));
        assert!(refused(&json!([])).contains("must be an object"));
    }

    #[test]
    fn each_link_is_told_of_by_its_place() {
        let links = json!(["x", {"label": "x"}, {"label": "", "url": "/"}, {"label": "x", "url": "/", "title": ""}]);
        let body = json!({"target": {"s3": {}}, "base_url": "https://a.example", "theme": {"links": links}});
        let told = refused(&body);
        for expected in [
            "theme.links[0] must be an object",
            "theme.links[1].url is required",
            "theme.links[2].label must have",
            "theme.links[3].title is not a known",
        ] {
            assert!(told.contains(expected), "{expected} in {told}");
        }
        assert_eq!(told.matches("theme.links").count(), 4, "{told}");
    }

    #[test]
    fn a_target_is_exactly_one() {
        for target in [
            json!({}),
            json!({"s3": {}, "git": {}}),
            json!({"s3": null}),
            json!({"ftp": {}}),
            json!("s3"),
            json!({"s3": "bucket"}),
            json!({"s3": {"bucket": "x"}}),
            json!({"git": {}}),
        ] {
            let told = refused(&json!({"target": target, "base_url": "https://a.example"}));
            assert!(told.contains("target"), "{target}: {told}");
        }
        let git = json!({"target": {"git": {}}, "base_url": "http://127.0.0.1:3000/x"});
        assert_eq!(read(&git, true).unwrap().target, Target::Git {});
    }
}
