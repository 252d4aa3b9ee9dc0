//! The list of a site's own files, as it is kept beside them.

use std::collections::BTreeMap;

use domain::TenantId;
use domain::site::{BlobId, SitePath};
use serde::{Deserialize, Serialize};

/// Its name in the site's folder of a git repository. No page or asset can have it: their names don't start with a dot.
pub const LIST_NAME: &str = ".cloud-voyages.json";

/// Which files are the site's own, and what they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnList {
    /// Whose site it is, where others could have the same place.
    pub tenant: Option<TenantId>,
    /// The files.
    pub files: BTreeMap<SitePath, BlobId>,
    /// Whether the site's `.nojekyll`, which is no file of the site, is its own as well.
    pub nojekyll: bool,
}

/// What is written: hexadecimal digits, so that people can compare them with what git says.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    #[serde(default)]
    nojekyll: bool,
    files: BTreeMap<SitePath, String>,
}

/// The list can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no such JSON.
    #[error("the list of the site's own files is not what was written")]
    Json(#[from] serde_json::Error),
    /// It is of a later version, or has a hash that is none.
    #[error("the list of the site's own files has {0:?} in it")]
    Value(String),
}

impl OwnList {
    /// Reads what [`OwnList::to_bytes`] wrote.
    ///
    /// # Errors
    /// When somebody else has written to it.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let written: Written = serde_json::from_slice(bytes)?;
        if written.version != 1 {
            return Err(Unreadable::Value(format!("version {}", written.version)));
        }
        Ok(Self {
            tenant: written.tenant,
            files: from_hex(written.files)?,
            nojekyll: written.nojekyll,
        })
    }

    /// The list as it is kept, one file a line, so that a commit shows what changed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let written = Written {
            version: 1,
            tenant: self.tenant.clone(),
            nojekyll: self.nojekyll,
            files: to_hex(&self.files),
        };
        // Names and digits alone: there is nothing that JSON can't say.
        let mut bytes = serde_json::to_vec_pretty(&written).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

pub(crate) fn to_hex(files: &BTreeMap<SitePath, BlobId>) -> BTreeMap<SitePath, String> {
    let entry = |(path, blob): (&SitePath, &BlobId)| (path.clone(), blob.to_string());
    files.iter().map(entry).collect()
}

pub(crate) fn from_hex(
    files: BTreeMap<SitePath, String>,
) -> Result<BTreeMap<SitePath, BlobId>, Unreadable> {
    let entry = |(path, hex): (SitePath, String)| match BlobId::from_hex(&hex) {
        Some(blob) => Ok((path, blob)),
        None => Err(Unreadable::Value(hex)),
    };
    files.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let path = SitePath::parse("über/index.html").unwrap();
        let list = OwnList {
            tenant: TenantId::parse("acme#blog").ok(),
            files: BTreeMap::from([(path, BlobId::of(b"hello"))]),
            nojekyll: true,
        };
        let bytes = list.to_bytes();
        assert_eq!(OwnList::read(&bytes).unwrap(), list);
        let text = String::from_utf8(bytes).unwrap();
        let line = "\n    \"über/index.html\": \"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0\"\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_list_that_leads_out_of_the_folder_is_not_read() {
        for text in [
            "",
            "[]",
            r#"{"version":2,"files":{}}"#,
            r#"{"version":1,"files":{"../x":"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"}}"#,
            r#"{"version":1,"files":{".github/x":"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"}}"#,
            r#"{"version":1,"files":{"x":"b6fc"}}"#,
        ] {
            assert!(OwnList::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
