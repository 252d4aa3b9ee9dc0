//! How a site is set up.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::invalid::{identifier, length};
use crate::site::SitePath;
use crate::tenant::{BaseUrl, Color};
use crate::{Email, Invalid};

/// What a site is made to, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Where its files go.
    pub target: Target,
    /// Where people will find it.
    pub base_url: BaseUrl,
    /// What it looks like.
    #[serde(default)]
    pub theme: Theme,
    /// Whether its Markdown may hold any HTML, scripts included, and its folder templates and files that run in a browser.
    #[serde(default)]
    pub trusted_authors: bool,
    /// Who is mailed what became of it; nobody where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Email>,
}

/// Where a site's files go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A repository at GitHub.
    Github {
        /// Which one.
        repository: Repository,
        /// Its branch.
        branch: Branch,
        /// The folder in it; the whole branch without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folder: Option<Folder>,
    },
    /// A bare git repository on the machine of the local platform, by the tenant's name.
    Git {},
    /// The stack's own bucket of sites, in the tenant's folder.
    S3 {},
}

macro_rules! text {
    ($type:ident) => {
        impl $type {
            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $type {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(&text)
            }
        }
        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A repository at GitHub, written `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository(String);
text!(Repository);

impl Repository {
    /// Reads `owner/name`.
    ///
    /// # Errors
    /// `invalid`, saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(
                "invalid",
                "must be written owner/name, as in the repository's address",
            )
        };
        let (owner, name) = text.split_once('/').ok_or_else(wrong)?;
        identifier(owner, 39, "-").map_err(|_| wrong())?;
        identifier(name, 100, "-_.").map_err(|_| wrong())?;
        if matches!(name, "." | "..") || name.to_ascii_lowercase().ends_with(".git") {
            return Err(wrong());
        }
        Ok(Self(text.to_owned()))
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

/// A branch, by the rules of `git check-ref-format`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Branch(String);
text!(Branch);

impl Branch {
    /// Reads a branch's name, such as `main`.
    ///
    /// # Errors
    /// `invalid`, saying what is wrong; `too_short`, `too_long`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        length(text, 1, 200)?;
        let wrong = Err(Invalid::new(
            "invalid",
            "must be the name of a branch, such as main",
        ));
        if text.starts_with("refs/")
            || text.starts_with('-')
            || text == "@"
            || text.contains("..")
            || text.contains("@{")
        {
            return wrong;
        }
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\\u{7f}".contains(c))
        {
            return wrong;
        }
        let part_is_bad = |part: &str| {
            part.is_empty()
                || part.starts_with('.')
                || part.ends_with('.')
                || part.to_ascii_lowercase().ends_with(".lock")
        };
        if text.split('/').any(part_is_bad) {
            return wrong;
        }
        Ok(Self(text.to_owned()))
    }
}

/// A folder of a branch, such as `docs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Folder(String);
text!(Folder);

impl Folder {
    /// Reads a folder's path, without a slash at either end.
    ///
    /// # Errors
    /// As [`SitePath::parse`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        SitePath::parse(text).map(|path| Self(path.into()))
    }
}

/// A link in a site's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// `https://…`, `http://…`, `mailto:…`, or a path within the site such as `/about/`.
    pub url: String,
}

/// What a site looks like, as its tenant has set it. All of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// The site's name; the tenant's where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its language (BCP 47), such as `en` or `de-CH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The colour of its links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<Color>,
    /// What its header links to besides archive and tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Whether quotes, dashes and dots are made typographic.
    pub smart_punctuation: bool,
    /// How many posts the home page and the feeds have; 10 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posts_per_page: Option<u32>,
}

impl Theme {
    /// The theme, where each of its parts can be used.
    ///
    /// # Errors
    /// The field's path and what is wrong with it, for each that is.
    pub fn checked(self) -> Result<Self, Vec<(String, Invalid)>> {
        let mut wrong = Vec::new();
        let mut check = |field: &str, result: Result<(), Invalid>| {
            if let Err(invalid) = result {
                wrong.push((field.to_owned(), invalid));
            }
        };
        for (field, text, max) in [
            ("title", &self.title, 100),
            ("description", &self.description, 300),
            ("author", &self.author, 100),
        ] {
            if let Some(text) = text {
                check(field, length(text, 1, max).and_then(|()| one_line(text)));
            }
        }
        if let Some(language) = &self.language {
            check(
                "language",
                length(language, 2, 35).and_then(|()| identifier(language, 35, "-")),
            );
        }
        if self.links.len() > 10 {
            check(
                "links",
                Err(Invalid::new("too_long", "must have at most 10 links")),
            );
        }
        for (number, link) in self.links.iter().enumerate() {
            check(
                &format!("links[{number}].label"),
                length(&link.label, 1, 40).and_then(|()| one_line(&link.label)),
            );
            check(&format!("links[{number}].url"), link_url(&link.url));
        }
        if self
            .posts_per_page
            .is_some_and(|number| !(1..=50).contains(&number))
        {
            check(
                "posts_per_page",
                Err(Invalid::new("out_of_range", "must be 1 to 50")),
            );
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

fn one_line(text: &str) -> Result<(), Invalid> {
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(Invalid::new(
            "invalid",
            "must be one line, without spaces around it",
        ));
    }
    Ok(())
}

fn link_url(text: &str) -> Result<(), Invalid> {
    length(text, 1, 500)?;
    let known = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    let within = text.starts_with('/') && !text.starts_with("//");
    if (known || within)
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "\"<>\\".contains(c))
    {
        return Ok(());
    }
    Err(Invalid::new(
        "invalid",
        "must start with https://, http://, mailto: or a single /, and have no spaces",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_branches_and_folders_are_read() {
        for text in ["acme/site", "a-b/c.d_e"] {
            assert!(Repository::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "acme",
            "/x",
            "acme/",
            "a/b/c",
            "acme/..",
            "acme/x.git",
            "a b/c",
            "https://github.com/a/b",
        ] {
            assert!(Repository::parse(text).is_err(), "{text}");
        }
        for text in ["main", "gh-pages", "user/topic"] {
            assert!(Branch::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "refs/heads/main",
            "a b",
            "a..b",
            "-x",
            "a/",
            "a.lock",
            "a~1",
            "@",
        ] {
            assert!(Branch::parse(text).is_err(), "{text}");
        }
        assert!(Folder::parse("docs/site").is_ok());
        for text in ["", "/docs", "docs/", "..", ".github", "a/.github/b"] {
            assert!(Folder::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_setup_is_written_as_it_is_read() {
        let text = r#"{"target":{"github":{"repository":"acme/site","branch":"main"}},"base_url":"https://acme.example","theme":{"smart_punctuation":false},"trusted_authors":false}"#;
        let setup: Setup = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&setup).unwrap(), text);
    }

    #[test]
    fn a_theme_tells_all_that_is_wrong() {
        let theme = Theme {
            title: Some(String::new()),
            links: vec![Link {
                label: "x".into(),
                url: "javascript:alert(1)".into(),
            }],
            posts_per_page: Some(0),
            ..Theme::default()
        };
        let wrong = theme.checked().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["title", "links[0].url", "posts_per_page"]);
        assert!(Theme::default().checked().is_ok());
    }
}
