//! Where the signing keys are kept.

use std::io;
use std::path::PathBuf;

use futures::future::BoxFuture;
use secrecy::SecretString;
use token::SecretSource;

type Loaded = Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>;

/// A secret of AWS Secrets Manager.
pub(crate) struct SecretsManager {
    pub client: aws_sdk_secretsmanager::Client,
    pub name: String,
}

impl SecretSource for SecretsManager {
    fn load(&self) -> BoxFuture<'_, Loaded> {
        Box::pin(async {
            let answer = self
                .client
                .get_secret_value()
                .secret_id(&self.name)
                .send()
                .await;
            match answer {
                Ok(secret) => Ok(secret.secret_string.map(SecretString::from)),
                // A secret that the template made has no value until the first rotation.
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError::is_resource_not_found_exception) =>
                {
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// A file that its owner alone can read.
pub(crate) struct File(pub PathBuf);

impl SecretSource for File {
    fn load(&self) -> BoxFuture<'_, Loaded> {
        Box::pin(async {
            match std::fs::read_to_string(&self.0) {
                Ok(text) => Ok(Some(text.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }
}
