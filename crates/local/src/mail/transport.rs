//! Where mail goes.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::data_dir;

/// The e-mail worker's `MAIL_TRANSPORT` on this machine. It may hold a password, so it is never printed.
#[derive(Clone)]
pub struct Transport(String);

impl Transport {
    /// What a person has set, else the outbox of a data folder.
    #[must_use]
    pub fn new(set: Option<String>, data: &Path) -> Self {
        let set = set.filter(|url| !url.is_empty());
        Self(set.unwrap_or_else(|| {
            let outbox = Url::from_file_path(data.join(data_dir::OUTBOX));
            outbox.map(String::from).unwrap_or_default()
        }))
    }

    /// The variable's value.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0
    }

    /// The folder that mail goes to, where it is one.
    #[must_use]
    pub fn outbox(&self) -> Option<PathBuf> {
        Url::parse(&self.0).ok()?.to_file_path().ok()
    }

    /// Where mail goes that does not go into a folder, in words without a password.
    #[must_use]
    pub fn elsewhere(&self) -> Option<String> {
        if self.outbox().is_some() {
            return None;
        }
        Some(match Url::parse(&self.0) {
            Ok(url) => {
                let host = url.host_str().unwrap_or_default();
                let port = url.port().map(|port| format!(":{port}"));
                format!("{}://{host}{}", url.scheme(), port.unwrap_or_default())
            }
            Err(_) => "Amazon SES".to_owned(),
        })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transport").field(&self.elsewhere()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_the_outbox_unless_somebody_says_otherwise() {
        let data = Path::new("/a b/.local");
        for unset in [None, Some(String::new())] {
            let transport = Transport::new(unset, data);
            assert_eq!(transport.url(), "file:///a%20b/.local/outbox");
            assert_eq!(transport.outbox().unwrap(), data.join("outbox"));
            assert_eq!(transport.elsewhere(), None);
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let set = "smtps://me:s3cret@mail.example:465".to_owned();
        let transport = Transport::new(Some(set), Path::new("/data"));
        assert_eq!(transport.outbox(), None);
        assert_eq!(transport.elsewhere().unwrap(), "smtps://mail.example:465");
        assert!(!format!("{transport:?}").contains("s3cret"));
    }
}
