//! `/_local/site/…`: the pages that were made of Markdown.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as Key, State};
use axum::response::{Html, IntoResponse as _, Response};

use super::nothing;
use crate::{Surroundings, data_dir};

/// The folder of the site's bucket; none where no function has one.
#[derive(Clone)]
pub(super) struct Folder(Option<Arc<Path>>);

impl Folder {
    pub(super) fn of(surroundings: &Surroundings) -> Self {
        let mut environments = surroundings.environment.values();
        let bucket = environments.find_map(|variables| variables.get("SITE_BUCKET"));
        let root = surroundings.data.file(data_dir::OBJECTS);
        Self(bucket.map(|bucket| root.join(bucket).into()))
    }

    /// The file of a key, unless the key would lead out of the folder.
    fn file(&self, key: &str) -> Option<PathBuf> {
        let mut parts = Path::new(key).components();
        let is_inside = parts.all(|part| matches!(part, Component::Normal(_)));
        self.0
            .as_ref()
            .filter(|_| is_inside)
            .map(|folder| folder.join(key))
    }
}

/// A page of the site. What it may load is said by the guard, as for every page here.
pub(super) async fn page(State(folder): State<Folder>, Key(key): Key<String>) -> Response {
    match folder.file(&key).map(std::fs::read) {
        Some(Ok(page)) => Html(page).into_response(),
        _ => nothing().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leads_out_of_the_folder() {
        let folder = Folder(Some(Path::new("/data/site").into()));
        let file = folder.file("posts/a.html").unwrap();
        assert_eq!(file, Path::new("/data/site/posts/a.html"));
        for key in ["/etc/passwd", "..", "../keys.json", "a/../../keys.json"] {
            assert_eq!(folder.file(key), None, "{key}");
        }
    }
}
