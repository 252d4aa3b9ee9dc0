//! Sites on a laptop.

use std::path::PathBuf;

use crate::site::{Setup, Target, Theme};
use crate::tenant::BaseUrl;
use crate::{Invalid, TenantId};

/// What a laptop's platform has for sites besides what AWS has: git repositories, which it serves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSites {
    /// The folder of the bare repositories.
    pub folder: PathBuf,
    /// Where the platform is found.
    pub public_url: String,
}

impl LocalSites {
    /// The bare repository of a site, whether it is there or not.
    #[must_use]
    pub fn repository(&self, tenant: &TenantId) -> PathBuf {
        let name = format!("{}.git", tenant.site_id());
        self.folder.join(tenant.client_id()).join(name)
    }

    /// What a site has that nobody set up: a git repository of its own, looked at where the platform serves it.
    ///
    /// # Errors
    /// Where the platform's address is none that a site may have.
    pub fn setup(&self, tenant: &TenantId) -> Result<Setup, Invalid> {
        let (client, site) = (tenant.client_id(), tenant.site_id());
        let public_url = self.public_url.trim_end_matches('/');
        let base_url = format!("{public_url}/_local/sites/{client}/{site}");
        Ok(Setup {
            target: Target::Git {},
            base_url: BaseUrl::parse(&base_url)?,
            theme: Theme::default(),
            trusted_authors: false,
            notify: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_where_the_platform_serves_it() {
        let tenant = TenantId::new("acme", "shop").unwrap();
        let at = |public_url: &str| LocalSites {
            folder: PathBuf::new(),
            public_url: public_url.to_owned(),
        };
        let setup = at("http://127.0.0.1:3000/").setup(&tenant).unwrap();
        assert_eq!(setup.target, Target::Git {});
        let expected = "http://127.0.0.1:3000/_local/sites/acme/shop";
        assert_eq!(setup.base_url.as_str(), expected);
        let repository = at("").repository(&tenant);
        assert_eq!(repository, PathBuf::from("acme/shop.git"));
        assert!(at("ftp://127.0.0.1").setup(&tenant).is_err());
    }
}
