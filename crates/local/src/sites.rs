//! The git repositories of sites.

use std::path::PathBuf;
use std::sync::Arc;

use domain::Clock;
use domain::site::LocalSites;
use git_target::GitTarget;
use site_target::OpenGit;

/// Opens the repository of each site in a folder.
#[must_use]
pub fn git_sites(folder: PathBuf, clock: Clock) -> OpenGit {
    let sites = LocalSites {
        folder,
        public_url: String::new(),
    };
    Arc::new(move |tenant| {
        let path = sites.repository(tenant);
        Ok(Box::new(GitTarget::new(path, clock.clone())))
    })
}
