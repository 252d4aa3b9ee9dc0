//! Keeping mail in a folder instead of sending it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::{NotSent, Outgoing};

/// A folder of mails, each in a file `<email id>.eml`.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Keeps mail in `folder`, which is made with the first.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a mail and returns its file's name. One that is kept already stays as it is.
    pub(crate) async fn send(&self, mail: &Outgoing) -> Result<String, NotSent> {
        let (folder, id, raw) = (self.folder.clone(), mail.email_id, mail.raw.clone());
        let kept = tokio::task::spawn_blocking(move || keep(&folder, id, &raw)).await;
        let kept = kept.map_err(io::Error::other).flatten();
        kept.map_err(|error| NotSent::Refused(format!("the outbox can't be written: {error}")))
    }
}

fn keep(folder: &Path, id: Uuid, raw: &[u8]) -> io::Result<String> {
    std::fs::create_dir_all(folder)?;
    let name = format!("{id}.eml");
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(raw)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(folder.join(&name)) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Email, TenantId};

    use super::*;

    #[tokio::test]
    async fn a_mail_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path().join("outbox"));
        let mail = |raw: &str| Outgoing {
            email_id: Uuid::nil(),
            tenant: TenantId::parse("c#s").unwrap(),
            from: Email::parse("a@site.example").unwrap(),
            to: Email::parse("b@site.example").unwrap(),
            raw: raw.into(),
        };
        for raw in ["first", "again"] {
            let name = outbox.send(&mail(raw)).await.unwrap();
            assert_eq!(name, "00000000-0000-0000-0000-000000000000.eml");
            let kept = std::fs::read_to_string(folder.path().join("outbox").join(name)).unwrap();
            assert_eq!(kept, "first");
        }
        let files = std::fs::read_dir(folder.path().join("outbox")).unwrap();
        assert_eq!(files.count(), 1);
    }

    #[tokio::test]
    async fn a_folder_that_cant_be_written_is_a_reason() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = keep(&file.path().join("outbox"), Uuid::nil(), b"").unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::AlreadyExists);
    }
}
