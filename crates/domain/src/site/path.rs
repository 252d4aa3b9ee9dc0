//! Where a file of a published site may be.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::Invalid;

/// The most bytes of one part of a path: what file systems take (ext4, APFS, NTFS).
const MAX_PART: usize = 255;
/// The most bytes of a path: S3 takes 1,024, and a prefix comes before it.
const MAX_PATH: usize = 800;

/// One part of a path that every target takes: git on any file system, S3 and a laptop's folder.
///
/// Not a name that starts with a dot (`.git`, `.github`, `..`) or is short for one on Windows (`git~1`), no control, invisible or
/// reserved character, no space or dot at an end, and in NFC, so that two names never are one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

impl FileName {
    /// Reads a name.
    ///
    /// # Errors
    /// `invalid`, saying what is wrong.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        let refused = |why: &str| Err(Invalid::new("invalid", why));
        if name.is_empty() {
            return refused("has a part without a name");
        }
        if name.len() > MAX_PART {
            return refused("has a part of more than 255 bytes");
        }
        if name.starts_with('.') {
            return refused("has a part that starts with a dot");
        }
        if name.ends_with(['.', ' ']) || name.starts_with(' ') {
            return refused("has a part with a space or a dot at its end, or a space at its start");
        }
        if name.chars().any(is_refused) {
            return refused(
                "has a control, invisible or reserved character (one of \\ : * ? \" < > |)",
            );
        }
        if is_short_for_git(name) {
            return refused("has a part that Windows takes for a folder of git");
        }
        if !unicode_normalization::is_nfc(name) {
            return refused("is not in Unicode's normal form NFC");
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `\` and `:` lead elsewhere on Windows, the others are refused there; what can't be seen makes two names look the same, and HFS+
/// passes some of it over.
fn is_refused(c: char) -> bool {
    c.is_control()
        || "\\:*?\"<>|/".contains(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..)
}

/// `git~1`, `gitmod~1` and the like: 8.3 names of `.git`, `.gitmodules` (<https://nvd.nist.gov/vuln/detail/CVE-2019-1352>).
fn is_short_for_git(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some((stem, number)) = name.split_once('~') else {
        return false;
    };
    stem.starts_with("gi") && number.starts_with(|c: char| c.is_ascii_digit())
}

/// The path of a file within a site's folder, its parts parted by `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SitePath(String);

impl SitePath {
    /// Reads a path; each part is a [`FileName`].
    ///
    /// # Errors
    /// `invalid`, saying what is wrong, or `too_long`.
    pub fn parse(path: &str) -> Result<Self, Invalid> {
        if path.len() > MAX_PATH {
            return Err(Invalid::new("too_long", "has more than 800 bytes"));
        }
        for part in path.split('/') {
            FileName::parse(part)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The path, in NFC whatever it was in.
    ///
    /// # Errors
    /// As [`SitePath::parse`].
    pub fn normalized(path: &str) -> Result<Self, Invalid> {
        Self::parse(&path.nfc().collect::<String>())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SitePath {
    type Error = Invalid;
    fn try_from(path: String) -> Result<Self, Invalid> {
        Self::parse(&path)
    }
}

impl From<SitePath> for String {
    fn from(path: SitePath) -> Self {
        path.0
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_taken_and_traps_are_not() {
        for path in [
            "a",
            "posts/hello world/index.html",
            "über.md",
            "日本/語.html",
            "gist~notes",
        ] {
            assert!(SitePath::parse(path).is_ok(), "{path:?} was refused");
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            ".git/config",
            ".github/workflows/x.yml",
            "a/.hidden",
            "a\\b",
            "a:b",
            "git~1",
            "GIT~1/x",
            "gitmod~2",
            "a\u{200c}b",
            "a ",
            " a",
            "a.",
            "u\u{308}",
            "a\nb",
            "x\u{0}",
            "con?",
        ] {
            assert!(SitePath::parse(path).is_err(), "{path:?} was taken");
        }
        assert!(SitePath::parse(&"a/".repeat(500)).is_err());
        assert_eq!(SitePath::normalized("u\u{308}").unwrap().as_str(), "ü");
    }
}
