//! What GitHub lets in, and for whom it may be used.

use std::fmt;

use domain::TenantId;
use domain::site::Repository;
use futures::future::BoxFuture;
use octocrab::auth::EncodingKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

/// Where the credentials are kept: Secrets Manager, or a file on a laptop.
pub trait CredentialSource: Send + Sync {
    /// Reads the secret; `None` where it has no value yet.
    fn load(
        &self,
    ) -> BoxFuture<'_, Result<Option<SecretString>, Box<dyn std::error::Error + Send + Sync>>>;
}

/// A credential, and for whom it may be used.
pub(super) struct Credential {
    pub(super) kind: Kind,
    repositories: Vec<String>,
    tenants: Vec<String>,
}

/// What to show to GitHub.
pub(super) enum Kind {
    /// A fine-grained token.
    Token(SecretString),
    /// A GitHub App.
    App {
        id: u64,
        /// Asked for where there is none.
        installation: Option<u64>,
        key: EncodingKey,
    },
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("repositories", &self.repositories)
            .field("tenants", &self.tenants)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token: Option<SecretString>,
    app_id: Option<u64>,
    installation_id: Option<u64>,
    private_key: Option<SecretString>,
    repositories: Vec<String>,
    tenants: Vec<String>,
}

impl Credential {
    /// Reads the secret: a list of credentials, or one alone.
    ///
    /// # Errors
    /// What is wrong and where. Nothing that stands in the secret is in the text.
    pub(super) fn read_all(secret: &SecretString) -> Result<Vec<Self>, String> {
        let value = serde_json::from_str(secret.expose_secret()).map_err(|error| {
            format!(
                "it is no JSON at line {} column {}",
                error.line(),
                error.column()
            )
        })?;
        let entries = match value {
            Value::Array(entries) => entries,
            one => vec![one],
        };
        let mut credentials = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let read = Self::read(entry);
            credentials.push(read.map_err(|why| format!("entry {} {why}", index + 1))?);
        }
        Ok(credentials)
    }

    fn read(entry: Value) -> Result<Self, &'static str> {
        // What serde says has values in it.
        let entry: Entry = serde_json::from_value(entry).map_err(|_| {
            "must be an object of `token`, or `app_id`, `installation_id` (may be left out) and `private_key`; and of \
             `repositories` and `tenants`, both lists of texts"
        })?;
        let kind = match (entry.token, entry.app_id, entry.private_key) {
            (Some(token), None, None) if entry.installation_id.is_none() => {
                let text = token.expose_secret();
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err("has a token that can't be one");
                }
                Kind::Token(token)
            }
            (None, Some(id), Some(key)) => Kind::App {
                id,
                installation: entry.installation_id,
                key: EncodingKey::from_rsa_pem(key.expose_secret().as_bytes())
                    .map_err(|_| "has a private key that is no RSA key in PEM")?,
            },
            _ => return Err("must have either a token, or an app_id and a private_key"),
        };
        let is_name = |name: &String| {
            let (owner, name) = name.split_once('/').unwrap_or_default();
            let name = if name == "*" { "any" } else { name };
            Repository::parse(&format!("{owner}/{name}")).is_ok()
        };
        if entry.repositories.is_empty() || !entry.repositories.iter().all(is_name) {
            return Err("must name its repositories: owner/name, or owner/* for all of an owner");
        }
        let is_tenant = |name: &String| {
            let (client, site) = name.split_once('#').unwrap_or_default();
            TenantId::new(client, if site == "*" { "any" } else { site }).is_ok()
        };
        if entry.tenants.is_empty() || !entry.tenants.iter().all(is_tenant) {
            return Err("must name its tenants: client#site, or client#* for all of a client");
        }
        Ok(Self {
            kind,
            repositories: entry.repositories,
            tenants: entry.tenants,
        })
    }

    /// Whether it may be used for a tenant's site in a repository, so that no tenant writes to another one's.
    pub(super) fn fits(&self, tenant: &TenantId, repository: &Repository) -> bool {
        let of_tenant = self.tenants.iter().any(|name| {
            let (client, site) = name.split_once('#').unwrap_or_default();
            client == tenant.client_id() && (site == "*" || site == tenant.site_id())
        });
        // GitHub takes no notice of case in these names.
        let of_repository = self.repositories.iter().any(|known| {
            let (owner, name) = known.split_once('/').unwrap_or_default();
            owner.eq_ignore_ascii_case(repository.owner())
                && (name == "*" || name.eq_ignore_ascii_case(repository.name()))
        });
        of_tenant && of_repository
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Credential>, String> {
        Credential::read_all(&text.into())
    }

    #[test]
    fn a_credential_is_for_its_tenants_and_repositories_alone() {
        let read = read(
            r#"[{"token": "github_pat_1", "repositories": ["acme/site", "Other/*"], "tenants": ["acme#blog", "other#*"]}]"#,
        );
        let credential = &read.unwrap()[0];
        for (tenant, repository, expected) in [
            ("acme#blog", "acme/site", true),
            ("acme#blog", "ACME/Site", true),
            ("acme#blog", "other/any", true),
            ("other#x", "acme/site", true),
            ("acme#shop", "acme/site", false),
            ("acme#blog", "acme/site2", false),
            ("acme#blog", "acme2/site", false),
            ("x#other", "acme/site", false),
        ] {
            let tenant = TenantId::parse(tenant).unwrap();
            let repository = Repository::parse(repository).unwrap();
            assert_eq!(
                credential.fits(&tenant, &repository),
                expected,
                "{tenant} {repository}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_a_secret() {
        let rest = r#""repositories": ["a/b"], "tenants": ["a#b"]"#;
        for (secret, expected) in [
            ("hidden".to_owned(), "no JSON at line 1"),
            ("7".to_owned(), "entry 1 must be an object"),
            (
                format!(r#"{{"token": ["hidden"], {rest}}}"#),
                "entry 1 must be an object",
            ),
            (
                format!(r#"{{"token": "hidden", "hidden": 1, {rest}}}"#),
                "entry 1 must be an object",
            ),
            (
                format!(r#"{{"token": "hid den", {rest}}}"#),
                "a token that can't be one",
            ),
            (
                format!(r#"{{"token": "hidden", "app_id": 1, {rest}}}"#),
                "either a token, or",
            ),
            (
                format!(r#"{{"app_id": 1, "private_key": "hidden", {rest}}}"#),
                "no RSA key",
            ),
            (
                r#"{"token": "hidden"}"#.to_owned(),
                "`repositories` and `tenants`",
            ),
            (
                r#"{"token": "hidden", "repositories": ["*/*"], "tenants": ["a#b"]}"#.to_owned(),
                "name its repositories",
            ),
            (
                r#"{"token": "hidden", "repositories": ["a/b"], "tenants": []}"#.to_owned(),
                "name its tenants",
            ),
            (
                r#"{"token": "hidden", "repositories": ["a/b"], "tenants": ["*"]}"#.to_owned(),
                "name its tenants",
            ),
        ] {
            let why = read(&secret).unwrap_err();
            assert!(why.contains(expected), "{secret}: {why}");
            assert!(!why.contains("hid"), "{why}");
        }
    }

    #[test]
    fn a_credential_is_not_printed() {
        let read = read(r#"{"token": "hidden", "repositories": ["a/b"], "tenants": ["a#b"]}"#);
        assert!(!format!("{read:?}").contains("hidden"));
    }
}
