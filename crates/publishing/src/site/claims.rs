//! Which file of the site belongs to whom.

use std::collections::HashMap;

use super::names;

/// The places that are taken, by keys that are the same where a file system would take two names for one.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    files: HashMap<String, String>,
    folders: HashMap<String, String>,
}

impl Claims {
    /// Takes a place for `owner`.
    ///
    /// # Errors
    /// Who has it: the same place, a folder of this name, or a file that would have to be a folder.
    pub(crate) fn take(&mut self, path: &str, owner: &str) -> Result<(), String> {
        let key = names::key(path);
        if let Some(other) = self.files.get(&key).or_else(|| self.folders.get(&key)) {
            return Err(other.clone());
        }
        let folders = || key.match_indices('/').map(|(at, _)| &key[..at]);
        if let Some(other) = folders().find_map(|folder| self.files.get(folder)) {
            return Err(other.clone());
        }
        for folder in folders() {
            if !self.folders.contains_key(folder) {
                self.folders.insert(folder.to_owned(), owner.to_owned());
            }
        }
        self.files.insert(key, owner.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once() {
        let mut claims = Claims::default();
        assert_eq!(claims.take("a/index.html", "a.md"), Ok(()));
        assert_eq!(claims.take("A/Index.html", "b"), Err("a.md".to_owned()));
        assert_eq!(claims.take("a", "c"), Err("a.md".to_owned()));
        assert_eq!(claims.take("a/index.html/x", "d"), Err("a.md".to_owned()));
        assert_eq!(claims.take("a/x", "e"), Ok(()));
    }
}
