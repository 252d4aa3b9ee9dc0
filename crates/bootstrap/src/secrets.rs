//! Where the signing keys are kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use token::key_store::{Failure, Versioned};
use token::{SecretSource, SecretStore};

/// A secret of AWS Secrets Manager.
pub(crate) struct SecretsManager {
    pub client: aws_sdk_secretsmanager::Client,
    pub name: String,
}

impl SecretsManager {
    async fn value(&self) -> Result<Option<Versioned>, Failure> {
        let call = self.client.get_secret_value().secret_id(&self.name);
        match call.send().await {
            Ok(value) => {
                let version = value.version_id.unwrap_or_default();
                Ok(value.secret_string.map(|secret| Versioned {
                    secret: secret.into(),
                    version,
                }))
            }
            // A secret that the template made has no value until the first rotation.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl SecretSource for SecretsManager {
    fn load(&self) -> BoxFuture<'_, Result<Option<SecretString>, Failure>> {
        Box::pin(async { Ok(self.value().await?.map(|known| known.secret)) })
    }
}

impl SecretStore for SecretsManager {
    fn read(&self) -> BoxFuture<'_, Result<Option<Versioned>, Failure>> {
        Box::pin(self.value())
    }

    /// The new version is named after the one that it replaces. All who replace the same version ask for the same name,
    /// and a version's content can't be changed: the first gets it, the others are refused
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>). A call that the SDK
    /// repeats has the same content and is taken for done.
    fn replace<'a>(
        &'a self,
        replaces: Option<&'a str>,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move {
            let name = token::hash(format!("replaces {}", replaces.unwrap_or_default()));
            let call = self.client.put_secret_value().secret_id(&self.name);
            let call = call.client_request_token(name);
            match call.secret_string(secret.expose_secret()).send().await {
                Ok(_) => Ok(true),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(PutSecretValueError::is_resource_exists_exception) =>
                {
                    Ok(false)
                }
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// A file that its owner alone can read.
pub(crate) struct File(pub PathBuf);

impl SecretSource for File {
    fn load(&self) -> BoxFuture<'_, Result<Option<SecretString>, Failure>> {
        Box::pin(async { Ok(read(&self.0)?.map(SecretString::from)) })
    }
}

impl SecretStore for File {
    fn read(&self) -> BoxFuture<'_, Result<Option<Versioned>, Failure>> {
        Box::pin(async {
            Ok(read(&self.0)?.map(|text| Versioned {
                version: token::hash(&text),
                secret: text.into(),
            }))
        })
    }

    fn replace<'a>(
        &'a self,
        replaces: Option<&'a str>,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move { Ok(replace(&self.0, replaces, secret)?) })
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        // What is no text is no key set either, which the parser says better.
        Ok(content) => Ok(Some(String::from_utf8_lossy(&content).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file that is replaced is also the lock: who gets it and finds what it expects is the only one who may write.
/// Whoever locked a file that was replaced meanwhile finds something else.
fn replace(path: &Path, replaces: Option<&str>, secret: &SecretString) -> io::Result<bool> {
    let Some(replaces) = replaces else {
        return match write(path, secret)?.persist_noclobber(path) {
            Ok(_) => keep(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        };
    };
    let lock = OpenOptions::new().read(true).write(true).open(path)?;
    lock.lock()?;
    if read(path)?.as_deref().map(token::hash).as_deref() != Some(replaces) {
        return Ok(false);
    }
    write(path, secret)?.persist(path)?;
    keep(path)
}

/// A new file beside `path`. Temporary files are made with mode 0600.
fn write(path: &Path, secret: &SecretString) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder(path))?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Has the folder's entry on disk, too.
fn keep(path: &Path) -> io::Result<bool> {
    fs::File::open(folder(path))?.sync_all()?;
    Ok(true)
}

fn folder(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
